import type { HttpOptions } from '@google/genai';
import type { LazyClient } from './client.ts';

/** What is known about one HTTP call beside its answer. */
export interface Attempt {
  /** Whether a request may have left; only a client of ours can tell, else it counts as sent. */
  sent: boolean;
  retryAfterMs: number | undefined;
}

export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Options for exactly one HTTP request. A client of ours gets a `fetch` that notes whether anything was sent, reads
 * `Retry-After` (the SDK's errors have no headers) and never follows a redirect with the key in its headers; one that was
 * passed in keeps its own `fetch` and has its retries turned off for this call.
 */
export function oneRequest(client: LazyClient, limits: CallLimits): { httpOptions: HttpOptions; attempt: Attempt } {
  if (!client.ours) {
    const attempt: Attempt = { sent: true, retryAfterMs: undefined };
    return { attempt, httpOptions: { timeout: limits.timeoutMs, retryOptions: { attempts: 1 } } };
  }
  const attempt: Attempt = { sent: false, retryAfterMs: undefined };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    if (attempt.sent) throw new Error('A second request was stopped.');
    attempt.sent = true;
    const signals = [init?.signal, limits.signal].filter((signal) => signal instanceof AbortSignal);
    const response = await client.fetch(input, { ...init, redirect: 'error', signal: AbortSignal.any(signals) });
    attempt.retryAfterMs = retryAfter(response.headers.get('retry-after'));
    return response;
  };
  return { attempt, httpOptions: { timeout: limits.timeoutMs, fetch } };
}

/** `Retry-After` in milliseconds: seconds or an HTTP date. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const milliseconds = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, Math.round(milliseconds)) : undefined;
}

/** Rejects with the signal's reason as soon as it fires: not every SDK method listens to one. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
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
