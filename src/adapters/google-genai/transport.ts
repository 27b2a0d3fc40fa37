import { AsyncLocalStorage } from 'node:async_hooks';
import type { GoogleGenAI, HttpOptions } from '@google/genai';
import { throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { LazyClient } from './client.ts';
import { googleError } from './errors.ts';
import { type Attempt, retryAfter } from './failure.ts';

interface Tracked extends Attempt {
  readonly signal: AbortSignal;
  /** Epoch milliseconds after which it must not leave any more. */
  readonly until: number;
  readonly continues: boolean;
}

export interface CallLimits {
  /** For everything together: credentials, connection, request and answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The model that is asked, and what follows it: for the cure. */
  readonly model?: { readonly id: string; readonly successor?: string };
  /** The SDK may go on with further requests, which cost nothing twice. @default false */
  readonly continues?: boolean;
}

export interface CallOptions {
  readonly httpOptions: HttpOptions;
  readonly signal: AbortSignal;
}

const calls = new AsyncLocalStorage<Tracked>();

/**
 * The `fetch` of our own clients. Within `oneRequest` it lets exactly one request pass, in time, notes that it left and reads `Retry-After`,
 * which the SDK's errors lack. It never follows a redirect, which would carry the key along.
 */
export function guardedFetch(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const call = calls.getStore();
    if (!call) return fetch(input, { ...init, redirect: 'error' });
    call.signal.throwIfAborted();
    // A suspended machine stops the timers of the signal, not the wall clock.
    if (Date.now() > call.until) throw new DOMException('It is too late to send the request.', 'TimeoutError');
    if (call.sent && !call.continues) throw new Error('A second request was stopped.');
    call.sent = true;
    const own = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const signal = own ? AbortSignal.any([own, call.signal]) : call.signal;
    const response = await fetch(input, { ...init, redirect: 'error', signal });
    call.retryAfterMs = retryAfter(response.headers.get('retry-after'));
    return response;
  };
}

/**
 * Runs a method of the SDK that makes one request, within one deadline that also bounds what the SDK's own timeout does not: the search for
 * credentials. Whatever fails comes out as a ReelstateError; its effect is `none` where nothing was sent.
 */
export async function oneRequest<T>(
  client: LazyClient,
  limits: CallLimits,
  run: (ai: GoogleGenAI, options: CallOptions) => Promise<T>,
): Promise<T> {
  throwIfAborted(limits.signal);
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  const signal = limits.signal ? AbortSignal.any([limits.signal, deadline]) : deadline;
  const tracked: Tracked = {
    sent: false,
    retryAfterMs: undefined,
    signal,
    until: Date.now() + limits.timeoutMs,
    continues: limits.continues ?? false,
  };
  const httpOptions = {
    timeout: limits.timeoutMs,
    // A client that was passed in may repeat by itself.
    ...(client.ours ? {} : { retryOptions: { attempts: 1 } }),
  };
  try {
    const ai = await untilAborted(client.get(), signal);
    tracked.sent = !client.ours;
    return await untilAborted(
      calls.run(tracked, () => run(ai, { httpOptions, signal })),
      signal,
    );
  } catch (error) {
    throw googleError(error, { ...limits, client, attempt: tracked });
  }
}

/** Rejects with the signal's reason as soon as it fires: not every SDK method listens to one. */
async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort) signal.removeEventListener('abort', abort);
  }
}

/** An error of what had to be read before the request: nothing was sent, whatever it says itself. */
export function unsent(error: unknown): ReelstateError {
  const { kind, message, code, cure, retryAfterMs, details, cause } = ReelstateError.from(error, 'input-unreadable');
  return new ReelstateError(kind, message, {
    code,
    effect: 'none',
    details,
    cause,
    ...(cure === undefined ? {} : { cure }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}
