import pRetry from 'p-retry';
import { ReelstateError } from '../../core/errors.ts';

/** Bounds of the repeats inside one call. */
export interface RepeatLimits {
  /** Repeats after the first try. */
  readonly repeats: number;
  /** All of them together, milliseconds. */
  readonly withinMs: number;
  readonly firstDelayMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Looks and reads: 2 repeats, 3 s in all. What is still failing then is for the next due time. */
export const lookRepeats = (
  options: { readonly retryDelayMs?: number },
  signal: AbortSignal | undefined,
): RepeatLimits => ({
  repeats: 2,
  withinMs: 3000,
  firstDelayMs: options.retryDelayMs ?? 250,
  signal,
});

/** Repeats what is free to repeat while it fails as `retryable`; never to be put around a launch. */
export async function repeat<T>(run: () => Promise<T>, limits: RepeatLimits): Promise<T> {
  try {
    return await pRetry(run, {
      retries: limits.repeats,
      minTimeout: limits.firstDelayMs,
      factor: 2,
      randomize: true,
      maxRetryTime: limits.withinMs,
      shouldRetry: ({ error }) => ReelstateError.is(error) && error.kind === 'retryable',
      ...(limits.signal === undefined ? {} : { signal: limits.signal }),
    });
  } catch (error) {
    // Between two attempts p-retry rejects with the signal's own reason.
    if (ReelstateError.is(error) || !limits.signal?.aborted) throw error;
    throw new ReelstateError('cancelled', 'The call was aborted by its signal.', { code: 'aborted' });
  }
}
