import { fakeVideoModel } from '../../../src/adapters/memory/fake-video-model.ts';
import { systemClock } from '../../../src/system-clock.ts';

export const VIDEO = 'film-that-is-killed';

export const FIRST_SECONDS = 3;
export const NEXT_SECONDS = 2;
export const MAX_BLOCKS = 3;

/** So small that an encode takes a twentieth of a second; the core asks for the aspect ratio alone. */
export const SIZE = { width: 72, height: 128 } as const;

/** A vendor in a hurry with short blocks, so that a film takes a second or two. */
export const quickModel = fakeVideoModel({
  limits: {
    ...fakeVideoModel().limits,
    startSeconds: [FIRST_SECONDS],
    extendSeconds: NEXT_SECONDS,
    maxInputSeconds: 30,
    maxChainSeconds: 37,
  },
  timing: {
    floorMs: 60,
    worstMs: 3_000,
    deadlineMs: 60_000,
    giveUpMs: 120_000,
    launchTimeoutMs: 600,
    launchWithinMs: 600,
    lookDelayMs: 20,
  },
});

/** Length of a film of so many blocks, seconds. */
export const secondsOf = (blocks: number): number => FIRST_SECONDS + NEXT_SECONDS * (blocks - 1);

export const machineClock = systemClock();
