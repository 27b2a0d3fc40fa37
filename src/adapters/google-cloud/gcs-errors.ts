import type { ErrorEffect, ErrorKind } from '../../core/errors.ts';
import { ReelstateError } from '../../core/errors.ts';

/** A row of the classification: what Cloud Storage answers and what it means for us. */
export interface GcsRow {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly effect: ErrorEffect;
  readonly message: string;
}

const row = (kind: ErrorKind, code: string, effect: ErrorEffect, message: string): GcsRow => ({
  kind,
  code,
  effect,
  message,
});
const busy = row('retryable', 'storage-unavailable', 'unknown', 'Cloud Storage did not answer properly.');
const broken = row('retryable', 'storage-unavailable', 'unknown', 'The connection to Cloud Storage broke.');
const unreachable = row('retryable', 'not-connected', 'none', 'Cloud Storage could not be reached.');
const refused = row('permanent', 'storage-bad-request', 'none', 'Cloud Storage refused the request.');
const corrupt = row(
  'retryable',
  'storage-corrupt',
  'unknown',
  'The bytes do not have the checksum that Cloud Storage states.',
);
const unauthenticated = row(
  'permanent',
  'storage-unauthenticated',
  'none',
  'Cloud Storage did not accept the credentials.',
);

/**
 * Source: Cloud Storage's JSON API status and error codes and its retry strategy page (408, 429, 5xx and socket errors are worth a
 * repeat); the client's own codes are read in storage 8.4.
 */
export const GCS_ERRORS: Readonly<Record<string, GcsRow>> = {
  400: refused,
  401: unauthenticated,
  403: row('permanent', 'storage-denied', 'none', 'Cloud Storage denies access.'),
  404: row('permanent', 'object-not-found', 'none', 'There is no such object (at that revision).'),
  405: refused,
  408: busy,
  409: row('retryable', 'storage-unavailable', 'none', 'Cloud Storage is busy with another change of the same object.'),
  410: row('retryable', 'upload-session-gone', 'unknown', 'The upload session is gone.'),
  411: refused,
  412: row('permanent', 'precondition-failed', 'none', 'The object is not at the expected revision.'),
  413: refused,
  416: row('permanent', 'range-not-satisfiable', 'none', 'The range lies behind the end of the object.'),
  429: row('throttled', 'storage-throttled', 'none', 'Cloud Storage asks for fewer requests.'),
  499: row('retryable', 'upload-session-gone', 'unknown', 'The upload session was cancelled.'),
  500: busy,
  502: busy,
  503: busy,
  504: busy,
  rateLimitExceeded: row('throttled', 'storage-throttled', 'none', 'Cloud Storage asks for fewer requests.'),
  userRateLimitExceeded: row('throttled', 'storage-throttled', 'none', 'Cloud Storage asks for fewer requests.'),
  ECONNREFUSED: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  ECONNRESET: broken,
  EPIPE: broken,
  ETIMEDOUT: broken,
  ERR_STREAM_PREMATURE_CLOSE: broken,
  CONTENT_DOWNLOAD_MISMATCH: corrupt,
  FILE_NO_UPLOAD: corrupt,
  FILE_NO_UPLOAD_DELETED: corrupt,
  'bucket-missing': row('permanent', 'bucket-missing', 'none', 'The bucket does not exist.'),
  'no-credentials': unauthenticated,
};

/** Where an error happened, for its cure. */
export interface GcsPlace {
  readonly bucket: string;
  /** The permission that the call needs, e.g. `storage.objects.create`. */
  readonly permission: string;
}

interface Wire {
  readonly code?: unknown;
  readonly status?: unknown;
  readonly statusCode?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
  readonly response?: { readonly status?: unknown; readonly statusCode?: unknown; readonly headers?: unknown };
}

const number = (value: unknown): number | undefined => {
  const parsed = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof parsed === 'number' && parsed >= 100 && parsed < 600 ? parsed : undefined;
};

const firstReason = (errors: unknown): string | undefined => {
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const reason = typeof first === 'object' && first !== null && 'reason' in first ? first.reason : undefined;
  return typeof reason === 'string' ? reason : undefined;
};

function retryAfterMs(headers: unknown): number | undefined {
  const value =
    headers instanceof Headers
      ? headers.get('retry-after')
      : typeof headers === 'object' && headers !== null && 'retry-after' in headers
        ? headers['retry-after']
        : undefined;
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

/** The key of {@link GCS_ERRORS} that an error of the client stands for. */
export function gcsErrorKey(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const wire = error as Wire;
  const text = typeof wire.message === 'string' ? wire.message : '';
  const status =
    number(wire.code) ??
    number(wire.status) ??
    number(wire.statusCode) ??
    number(wire.response?.status) ??
    number(wire.response?.statusCode);
  if (status === 404 && /bucket does not exist/i.test(text)) return 'bucket-missing';
  const reason = firstReason(wire.errors);
  if (reason !== undefined && reason in GCS_ERRORS) return reason;
  if (status !== undefined) return String(status);
  if (typeof wire.code === 'string' && wire.code in GCS_ERRORS) return wire.code;
  if (/default credentials|invalid_grant|refresh access token/i.test(text)) return 'no-credentials';
  if (/socket hang up|premature close|network timeout|terminated/i.test(text)) return 'ECONNRESET';
  return wire.cause === undefined ? undefined : gcsErrorKey(wire.cause);
}

const roleFor = (permission: string): string =>
  permission.startsWith('storage.buckets.') ? 'roles/storage.legacyBucketReader' : 'roles/storage.objectAdmin';

function cureOf(found: GcsRow, place: GcsPlace, error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  if (found.code === 'bucket-missing')
    return `Create the bucket ${place.bucket} (gcloud storage buckets create gs://${place.bucket}) or correct its name.`;
  if (found.code === 'storage-denied') {
    const permission = /storage\.[a-zA-Z]+\.[a-zA-Z]+/.exec(text)?.[0] ?? place.permission;
    return `Give the service account ${roleFor(permission)} on gs://${place.bucket}: the call needs ${permission}.`;
  }
  if (found.code === 'storage-unauthenticated')
    return 'Run with a service account, or log in with: gcloud auth application-default login.';
  return undefined;
}

/** Any error of the Cloud Storage client as ours; the vendor's text stays in the cause. */
export function gcsError(error: unknown, place: GcsPlace): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const key = gcsErrorKey(error);
  const status = Number(key);
  const found =
    (key === undefined ? undefined : GCS_ERRORS[key]) ??
    (status >= 400 && status < 500 ? refused : status >= 500 ? busy : undefined);
  const cause = { cause: error };
  if (found === undefined) {
    const unknown = 'Cloud Storage failed in a way that is not known.';
    return new ReelstateError('retryable', unknown, { code: 'storage-unavailable', ...cause });
  }
  const cure = cureOf(found, place, error);
  const wait = retryAfterMs((error as Wire).response?.headers);
  return new ReelstateError(found.kind, `${found.message} (${place.permission} on gs://${place.bucket})`, {
    code: found.code,
    effect: found.effect,
    ...(cure === undefined ? {} : { cure }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
    ...(key === undefined ? {} : { details: { answer: key } }),
    ...cause,
  });
}

/** Our own deadline passed; what the call did is open. */
export const gcsLate = (place: GcsPlace): ReelstateError =>
  new ReelstateError(
    'retryable',
    `Cloud Storage did not answer in time. (${place.permission} on gs://${place.bucket})`,
    {
      code: 'storage-timeout',
    },
  );
