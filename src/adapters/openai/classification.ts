import type { ErrorKind } from '../../core/errors.ts';

/** A failed transcription in one shape, whatever the SDK threw. */
export interface Failure {
  readonly how: 'http' | 'not-connected' | 'timeout' | 'aborted' | 'lost' | 'unreadable';
  readonly http?: number;
  /** OpenAI's own word, `insufficient_quota`. */
  readonly code?: string;
  /** The server's text: for matching only, it never leaves the adapter unredacted. */
  readonly text: string;
  readonly retryAfterMs?: number;
}

/** What a failure means. The first row that matches holds, so the specific ones come first. */
export interface Row {
  readonly when: {
    readonly how?: Failure['how'];
    readonly http?: number | readonly [from: number, to: number];
    readonly code?: RegExp;
    readonly text?: RegExp;
  };
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
  /** Where the server names no time itself. */
  readonly retryAfterMs?: number;
}

const tooLong = {
  kind: 'permanent',
  code: 'audio-too-long',
  message: 'The audio is larger than the 25 MiB that one request may have.',
  cure: 'Split it at silences and transcribe the pieces, or use a server of your own without that limit.',
} as const;

export const classification: readonly Row[] = [
  { when: { how: 'aborted' }, kind: 'cancelled', code: 'aborted', message: 'The call was aborted by its signal.' },
  {
    when: { how: 'not-connected' },
    kind: 'retryable',
    code: 'not-connected',
    message: 'The transcription server could not be reached.',
    cure: 'Check the network and baseURL.',
  },
  {
    when: { how: 'timeout' },
    kind: 'retryable',
    code: 'vendor-timeout',
    message: 'The transcription server did not answer in time.',
  },
  {
    when: { how: 'lost' },
    kind: 'retryable',
    code: 'connection-lost',
    message: 'The connection to the transcription server broke.',
  },
  {
    when: { how: 'unreadable' },
    kind: 'retryable',
    code: 'answer-unreadable',
    message: 'The transcription server answered with something that cannot be read.',
  },
  {
    when: { http: 429, code: /insufficient_quota|billing/ },
    kind: 'permanent',
    code: 'quota-exhausted',
    message: "OpenAI's credit is used up (insufficient_quota).",
    cure: 'Add credit to the OpenAI account, then resume.',
  },
  // Servers that put the code into the text alone.
  {
    when: { http: 429, text: /insufficient_quota|exceeded your current quota/i },
    kind: 'permanent',
    code: 'quota-exhausted',
    message: "OpenAI's credit is used up (insufficient_quota).",
    cure: 'Add credit to the OpenAI account, then resume.',
  },
  {
    when: { http: 429 },
    kind: 'throttled',
    code: 'rate-limited',
    message: 'The transcription server asked to slow down (429).',
    retryAfterMs: 10_000,
  },
  { when: { http: 413 }, ...tooLong },
  { when: { http: 400, text: /maximum content size/i }, ...tooLong },
  {
    when: { http: 401 },
    kind: 'permanent',
    code: 'not-authenticated',
    message: 'The transcription server did not accept the API key.',
    cure: 'Set a valid OPENAI_API_KEY, then resume.',
  },
  {
    when: { http: 402 },
    kind: 'permanent',
    code: 'billing-disabled',
    message: 'The transcription server wants a payment (402).',
    cure: 'Check billing of the account, then resume.',
  },
  {
    when: { http: 403 },
    kind: 'permanent',
    code: 'permission-denied',
    message: 'This API key may not use the transcription model.',
    cure: "Give the key's project access to the model, then resume.",
  },
  {
    when: { http: [400, 404], text: /deprecat|shut ?down|retired|no longer available/i },
    kind: 'permanent',
    code: 'model-retired',
    message: 'The transcription model is no longer served.',
    cure: 'Run a Whisper of your own and pass its baseURL, then resume.',
  },
  {
    when: { http: 404 },
    kind: 'permanent',
    code: 'model-not-found',
    message: 'The transcription server does not know the model or the path.',
    cure: 'Check the model and baseURL (it ends in /v1); whisper.cpp needs --inference-path /v1/audio/transcriptions.',
  },
  {
    when: { http: 408 },
    kind: 'retryable',
    code: 'vendor-timeout',
    message: 'The transcription server gave up on the request (408).',
  },
  {
    when: { http: 409 },
    kind: 'retryable',
    code: 'vendor-unavailable',
    message: 'The transcription server was busy with the same request (409).',
  },
  {
    when: { http: [400, 499] },
    kind: 'permanent',
    code: 'request-rejected',
    message: 'The transcription server rejected the request as invalid.',
    cure: 'Check that the server takes FLAC and the model gives word times (verbose_json).',
  },
  {
    when: { http: [500, 599] },
    kind: 'retryable',
    code: 'vendor-unavailable',
    message: 'The transcription server had an internal problem or was overloaded.',
  },
];

export function rowFor(failure: Failure): Row {
  const row = classification.find(({ when }) => matches(when, failure));
  return (
    row ?? {
      when: {},
      kind: 'retryable',
      code: 'answer-unreadable',
      message: 'The transcription server failed in an unknown way.',
    }
  );
}

function matches(when: Row['when'], failure: Failure): boolean {
  if (failure.how !== (when.how ?? 'http')) return false;
  if (when.http !== undefined) {
    const [from, to] = typeof when.http === 'number' ? [when.http, when.http] : when.http;
    if (failure.http === undefined || failure.http < from || failure.http > to) return false;
  }
  if (when.code && !(failure.code !== undefined && when.code.test(failure.code))) return false;
  return when.text === undefined || when.text.test(failure.text);
}
