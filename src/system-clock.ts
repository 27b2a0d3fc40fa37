import { ReelstateError } from './core/errors.ts';
import type { Clock } from './core/ports.ts';

// setTimeout takes 2^31 - 1 ms at most and fires at once above it.
const LONGEST_TIMEOUT = 2_147_483_647;

/** The machine's own time and chance: the clock of every real host. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    uuid: () => crypto.randomUUID(),
    sleep,
  };
}

async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  for (let left = ms; left > LONGEST_TIMEOUT; left -= LONGEST_TIMEOUT) await timer(LONGEST_TIMEOUT, signal);
  await timer(ms > LONGEST_TIMEOUT ? ms % LONGEST_TIMEOUT : ms, signal);
}

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(handle);
      reject(aborted(signal));
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

const aborted = (signal: AbortSignal | undefined): unknown =>
  signal?.reason ?? new ReelstateError('cancelled', 'The wait was aborted.', { code: 'aborted', effect: 'none' });
