import pRetry from 'p-retry';
import { throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';

/** How one kind of call is bounded and repeated. */
export interface CallRules {
  /** Of one attempt, milliseconds. The vendors' own timeouts do not end a hung call. */
  readonly timeoutMs: number;
  /** The first included. */
  readonly attempts: number;
  /** Before the second attempt; triples from there. */
  readonly minDelayMs: number;
}

/** Two repeats within about three seconds: what takes longer waits for the film's next due time. */
export const DEFAULT_RULES: CallRules = { timeoutMs: 15_000, attempts: 3, minDelayMs: 400 };

const LONGEST_PAUSE_MS = 2_000;

export const aborted = (signal: AbortSignal): ReelstateError =>
  new ReelstateError('cancelled', 'The call was aborted.', { code: 'aborted', cause: signal.reason });

/**
 * Runs `run` and settles when it does, when `timeoutMs` have passed or when `signal` aborts, whichever is first. `run` gets a signal
 * that fires in the latter two cases; a client that cannot be stopped is left behind.
 */
export async function withDeadline<T>(
  run: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  late: () => ReelstateError,
): Promise<T> {
  throwIfAborted(signal);
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let leave: (() => void) | undefined;
  const interrupted = new Promise<never>((_resolve, reject) => {
    const end = (error: ReelstateError): void => {
      reject(error);
      stop.abort(error);
    };
    timer = setTimeout(() => end(late()), timeoutMs);
    if (signal !== undefined) {
      leave = () => end(aborted(signal));
      signal.addEventListener('abort', leave, { once: true });
    }
  });
  try {
    return await Promise.race([run(stop.signal), interrupted]);
  } finally {
    clearTimeout(timer);
    if (leave !== undefined) signal?.removeEventListener('abort', leave);
  }
}

const worthRepeating = (error: unknown): boolean =>
  ReelstateError.is(error) &&
  (error.kind === 'retryable' || error.kind === 'throttled') &&
  (error.retryAfterMs ?? 0) <= LONGEST_PAUSE_MS &&
  error.code !== 'state-conflict' &&
  error.code !== 'counter-full';

/**
 * One call of a port: each attempt under its own deadline, thrown errors classified, retryable ones repeated. Only for calls that
 * may be repeated as they are: reads, and writes under a precondition.
 */
export async function call<T>(
  run: (signal: AbortSignal, attempt: number) => Promise<T>,
  options: {
    readonly rules: CallRules;
    readonly signal?: AbortSignal | undefined;
    readonly classify: (error: unknown) => ReelstateError;
    readonly late: () => ReelstateError;
  },
): Promise<T> {
  const { rules, signal, classify, late } = options;
  throwIfAborted(signal);
  try {
    return await pRetry(
      async (attempt) => {
        try {
          return await withDeadline((inner) => run(inner, attempt), rules.timeoutMs, signal, late);
        } catch (error) {
          throw classify(error);
        }
      },
      {
        retries: rules.attempts - 1,
        minTimeout: rules.minDelayMs,
        maxTimeout: Math.max(rules.minDelayMs, LONGEST_PAUSE_MS),
        factor: 3,
        randomize: rules.minDelayMs > 0,
        shouldRetry: ({ error }) => worthRepeating(error),
        ...(signal === undefined ? {} : { signal }),
      },
    );
  } catch (error) {
    if (signal?.aborted) throw aborted(signal);
    throw error;
  }
}
