import assert from 'node:assert/strict';
import { OAuth2Client } from 'google-auth-library';
import {
  type GeminiOptions,
  gemini,
  type OmniOptions,
  omni,
  type VeoOptions,
  veo,
} from '../../src/adapters/google-genai/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { LaunchRequest } from '../../src/core/ports.ts';

export const token = 'ya29.canary-token';

/** Vertex AI with a token of our own: no lookup of default credentials. */
export function vertexAccess(server: { readonly url: string }) {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token });
  return { project: 'demo', location: 'us-central1', baseUrl: server.url, googleAuthOptions: { authClient } };
}

export const veoOn = (server: { readonly url: string }, options: VeoOptions = {}, id = 'veo-3.1-fast-generate-001') =>
  veo(id, { ...vertexAccess(server), retryDelayMs: 1, ...options });

export const geminiOn = (server: { readonly url: string }, options: GeminiOptions = {}, id?: string) =>
  gemini(id, { apiKey: 'canary-key', baseUrl: server.url, retryDelayMs: 1, ...options });

export const place = 'gs://films/video_1/takes/1-1/';

export const launchRequest = (changes: Partial<LaunchRequest> = {}): LaunchRequest => ({
  prompt: { dialogue: 'Bonjour à tous', language: 'fr', visual: 'A baker opens her shop at dawn' },
  seconds: 8,
  aspectRatio: '9:16',
  resolution: '720p',
  outputPlace: place,
  labels: { film: 'video_1', block: '1', take: '1' },
  ...changes,
});

/** What a call rejects with, which must be a ReelstateError. */
export async function rejection(promise: Promise<unknown>): Promise<ReelstateError> {
  const error: unknown = await promise.then(
    (value) => assert.fail(`Resolved with ${JSON.stringify(value)}`),
    (reason) => reason,
  );
  assert(ReelstateError.is(error), `Not a ReelstateError: ${String(error)}`);
  return error;
}

export const omniOn = (server: { readonly url: string }, options: OmniOptions = {}, id?: string) =>
  omni(id, { apiKey: 'canary-key', baseUrl: server.url, retryDelayMs: 1, ...options });

/** What a function throws, which must be a ReelstateError. */
export function caught(run: () => unknown): ReelstateError {
  try {
    run();
  } catch (error) {
    assert(ReelstateError.is(error), `Not a ReelstateError: ${String(error)}`);
    return error;
  }
  return assert.fail('It did not throw.');
}
