import assert from 'node:assert/strict';
import { type WhisperOptions, whisper } from '../../src/adapters/openai/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';

export const apiKey = 'sk-canary0123456789';

export const whisperOn = (server: { readonly baseURL: string }, options: WhisperOptions = {}) =>
  whisper({ apiKey, baseURL: server.baseURL, retryDelayMs: 1, ...options });

export const sound = new TextEncoder().encode('fLaC and some audio');
export const audio = () => sourceOf(sound);
export const call = { language: 'fr', durationMs: 8000 } as const;

/** What a call rejects with, which must be a ReelstateError. */
export async function rejection(promise: Promise<unknown>): Promise<ReelstateError> {
  const error: unknown = await promise.then(
    (value) => assert.fail(`Resolved with ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  assert(ReelstateError.is(error), `Not a ReelstateError: ${String(error)}`);
  return error;
}
