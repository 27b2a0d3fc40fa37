import type { ErrorEffect, ErrorKind } from '../../core/errors.ts';
import type { Failure } from './failure.ts';

/** What a failure of a Google call means. The first row that matches holds, so the specific ones come first. */
export interface Row {
  readonly when: {
    readonly how?: Failure['how'];
    readonly http?: number | readonly [from: number, to: number];
    readonly status?: string;
    readonly text?: RegExp;
  };
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
  /** Whether a launch that failed so may have started something. */
  readonly effect: ErrorEffect;
  /** Where the vendor names no time itself. */
  readonly retryAfterMs?: number;
}

/** Texts in which Google refuses content. */
export const policyText =
  /support codes?:|usage guidelines|responsible ai|prohibited use policy|violat\w+ .{0,40}polic|safety (?:filter|setting|polic|reason)/i;
const zeroQuota =
  /quota (?:limit|value)?\W{0,3}0\b|limit: 0\b|"quota_limit_value":\s*"0"|per ?day|daily|\bspend|tier cap|prepay/i;
const launchBackoffMs = 45_000;

export const classification: readonly Row[] = [
  {
    when: { how: 'aborted' },
    kind: 'cancelled',
    code: 'aborted',
    message: 'The call was aborted by its signal.',
    effect: 'unknown',
  },
  {
    when: { how: 'not-connected' },
    kind: 'retryable',
    code: 'not-connected',
    message: 'Google could not be reached; nothing was sent.',
    cure: 'Check the network, the region and the base URL.',
    effect: 'none',
  },
  {
    when: { how: 'no-credentials' },
    kind: 'permanent',
    code: 'not-authenticated',
    message: 'There are no usable Google credentials; nothing was sent.',
    cure: 'Set up application default credentials or a service account, or pass googleAuthOptions or client.',
    effect: 'none',
  },
  {
    when: { how: 'not-sent' },
    kind: 'permanent',
    code: 'request-rejected',
    message: 'The Google client refused the request; nothing was sent.',
    cure: 'Take out the option that the model does not support; the cause has its name.',
    effect: 'none',
  },
  {
    when: { how: 'timeout' },
    kind: 'retryable',
    code: 'vendor-timeout',
    message: 'Google did not answer in time.',
    effect: 'unknown',
  },
  {
    when: { how: 'lost' },
    kind: 'retryable',
    code: 'connection-lost',
    message: 'The connection to Google broke before its answer was read.',
    effect: 'unknown',
  },
  {
    when: { how: 'unreadable' },
    kind: 'retryable',
    code: 'answer-unreadable',
    message: 'Google answered with something that cannot be read.',
    effect: 'unknown',
  },
  // Before the plain 400, 403 and 429: a refusal names itself in the text, whatever its status.
  {
    when: { http: [400, 499], text: policyText },
    kind: 'refused',
    code: 'prompt-refused',
    message: "The prompt was refused under Google's usage guidelines.",
    cure: 'Reword the block, or let the pipeline soften it.',
    effect: 'none',
  },
  {
    when: { http: 429, text: zeroQuota },
    kind: 'permanent',
    code: 'quota-exhausted',
    message: 'The quota of this project is zero, or used up for the day or by a spending cap.',
    cure: 'Raise the quota of the model in this region (IAM & Admin, Quotas) or the spending cap, then resume.',
    effect: 'none',
  },
  {
    when: { http: 429 },
    kind: 'throttled',
    code: 'rate-limited',
    message: 'Google asked to slow down (429).',
    cure: 'Wait, or raise the quota of the model in this region.',
    effect: 'none',
    retryAfterMs: launchBackoffMs,
  },
  {
    when: { http: 400, text: /api key not valid|api_key_invalid|api key expired/i },
    kind: 'permanent',
    code: 'not-authenticated',
    message: 'Google did not accept the API key.',
    cure: 'Set a valid GEMINI_API_KEY, then resume.',
    effect: 'none',
  },
  {
    when: { http: 401 },
    kind: 'permanent',
    code: 'not-authenticated',
    message: 'Google did not accept the credentials.',
    cure: 'Renew the credentials or the API key, then resume.',
    effect: 'none',
  },
  {
    when: { http: [400, 403], text: /billing/i },
    kind: 'permanent',
    code: 'billing-disabled',
    message: 'Billing is off for this Google project.',
    cure: 'Enable billing for the project, then resume.',
    effect: 'none',
  },
  {
    when: { http: 402 },
    kind: 'permanent',
    code: 'billing-disabled',
    message: 'Google wants a payment before it goes on (402).',
    cure: 'Check billing and prepaid credit of the project, then resume.',
    effect: 'none',
  },
  {
    when: {
      http: [400, 404],
      text: /bucket.{0,80}(?:not (?:exist|found)|does not exist)|(?:not exist|not found).{0,80}bucket/i,
    },
    kind: 'permanent',
    code: 'bucket-missing',
    message: 'Google does not find the bucket that the film is to be written to.',
    cure: 'Create the bucket or correct its name, then resume.',
    effect: 'none',
  },
  {
    when: {
      http: [400, 403],
      text: /storage\.(?:objects|buckets)\.|service agent|gs:\/\/.{0,200}(?:permission|access|denied)|(?:permission|access|denied).{0,200}(?:gs:\/\/|bucket)/i,
    },
    kind: 'permanent',
    code: 'bucket-permission-denied',
    message: "Vertex AI may not read or write the film's bucket.",
    cure: 'Grant the Vertex AI service agent (service-PROJECT_NUMBER@gcp-sa-aiplatform.iam.gserviceaccount.com) the role roles/storage.objectAdmin on the bucket, then resume.',
    effect: 'none',
  },
  {
    when: { http: 403 },
    kind: 'permanent',
    code: 'permission-denied',
    message: 'These credentials may not use the model.',
    cure: 'Enable aiplatform.googleapis.com and grant the caller roles/aiplatform.user, then resume.',
    effect: 'none',
  },
  {
    when: {
      http: 404,
      text: /no longer available|not supported for predictlongrunning|retired|shut ?down|deprecated/i,
    },
    kind: 'permanent',
    code: 'model-retired',
    message: 'Google no longer serves this model.',
    cure: 'Choose its successor, then resume.',
    effect: 'none',
  },
  {
    when: { http: 404 },
    kind: 'permanent',
    code: 'model-not-found',
    message: 'Google does not know this model in this project and region.',
    cure: 'Check the model id, the project and the region (Veo: us-central1); a retired model answers so too.',
    effect: 'none',
  },
  // The Gemini API's race: the operation is done, its file is not.
  {
    when: { http: 400, text: /has been processed|still (?:processing|in progress)/i },
    kind: 'throttled',
    code: 'input-not-ready',
    message: 'Google is still processing the video that is to be extended.',
    effect: 'none',
    retryAfterMs: 20_000,
  },
  {
    when: { http: 400, text: /user location is not supported/i },
    kind: 'permanent',
    code: 'location-unsupported',
    message: 'Google does not offer this API in this location.',
    cure: 'Use Vertex AI in a supported region.',
    effect: 'none',
  },
  {
    when: { http: 408 },
    kind: 'retryable',
    code: 'vendor-timeout',
    message: 'Google gave up on the request (408).',
    effect: 'unknown',
  },
  // CANCELLED on Google's side says nothing about what was done before.
  {
    when: { http: 499 },
    kind: 'retryable',
    code: 'vendor-unavailable',
    message: 'Google cancelled the request on its own side (499).',
    effect: 'unknown',
  },
  {
    when: { http: [400, 499] },
    kind: 'permanent',
    code: 'request-rejected',
    message: 'Google rejected the request as invalid.',
    cure: 'Take out the option that the model does not support; the cause has its name.',
    effect: 'none',
  },
  {
    when: { http: [500, 599] },
    kind: 'retryable',
    code: 'vendor-unavailable',
    message: 'Google had an internal problem or was overloaded.',
    effect: 'unknown',
  },
];

export function rowFor(failure: Failure): Row {
  const row = classification.find(({ when }) => matches(when, failure));
  return (
    row ?? {
      when: {},
      kind: 'retryable',
      code: 'answer-unreadable',
      message: 'Google failed in an unknown way.',
      effect: 'unknown',
    }
  );
}

function matches(when: Row['when'], failure: Failure): boolean {
  if (failure.how !== (when.how ?? 'http')) return false;
  if (when.http !== undefined) {
    const [from, to] = typeof when.http === 'number' ? [when.http, when.http] : when.http;
    if (failure.http === undefined || failure.http < from || failure.http > to) return false;
  }
  if (when.status !== undefined && failure.status !== when.status) return false;
  return when.text === undefined || when.text.test(failure.text);
}
