import { fakeVideoModel } from '../../../src/adapters/memory/fake-video-model.ts';
import type { Clock } from '../../../src/core/ports.ts';

export const VIDEO = 'film-that-is-killed';

/** A vendor in a hurry, so that a film takes less than a second. */
export const quickModel = fakeVideoModel({
  timing: {
    floorMs: 60,
    worstMs: 1_500,
    deadlineMs: 20_000,
    giveUpMs: 60_000,
    launchTimeoutMs: 600,
    launchWithinMs: 400,
    lookDelayMs: 20,
  },
});

export const machineClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => Math.random(),
  uuid: () => crypto.randomUUID(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
};
