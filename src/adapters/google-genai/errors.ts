import { type ErrorOptions, ReelstateError } from '../../core/errors.ts';
import { rowFor } from './classification.ts';
import type { LazyClient } from './client.ts';
import { type Attempt, chain, type Failure, neverConnected, parseBody, retryAfter, safeCause } from './failure.ts';

/** What an adapter knows of the call that failed. */
export interface Call {
  readonly client: LazyClient;
  readonly attempt?: Attempt;
  readonly signal?: AbortSignal | undefined;
  /** The model that was asked, and what follows it: for the cure. */
  readonly model?: { readonly id: string; readonly successor?: string };
}

/** Anything that the SDK threw as a ReelstateError, by the classification table. */
export function googleError(error: unknown, call: Call): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const failure = failureOf(error, call);
  const row = rowFor(failure);
  const successor = call.model?.successor;
  const aboutModel = row.code === 'model-retired' || row.code === 'model-not-found';
  const cure = aboutModel && successor !== undefined ? `${row.cure} The successor is ${successor}.` : row.cure;
  const details = {
    ...(failure.http === undefined ? {} : { http: failure.http }),
    ...(failure.status === undefined ? {} : { status: failure.status }),
    ...(call.model === undefined ? {} : { model: call.model.id }),
    ...(row.kind === 'refused' ? refusalDetails(failure.text) : {}),
  };
  const options: ErrorOptions = {
    code: row.code,
    effect: call.attempt?.sent === false ? 'none' : row.effect,
    details,
    cause: safeCause(error, call.client.secrets),
  };
  const retryAfterMs = failure.retryAfterMs ?? row.retryAfterMs;
  return new ReelstateError(row.kind, row.message, {
    ...options,
    ...(cure === undefined ? {} : { cure }),
    ...(retryAfterMs === undefined || row.kind === 'permanent' ? {} : { retryAfterMs }),
  });
}

const refusalDetails = (text: string) => ({ supportCodes: supportCodes(text), audio: isAboutAudio(text) });

/** With support codes it is the picture or the prompt that was refused, whatever else the text speaks of. */
export const isAboutAudio = (text: string): boolean => supportCodes(text).length === 0 && /\baudio\b/i.test(text);

/** `Support codes: 58061214, 17301594` as a list. */
export function supportCodes(text: string): readonly string[] {
  const found = /support codes?:\s*([\d, ]+)/i.exec(text)?.[1] ?? '';
  return [...new Set(found.split(/[, ]+/).filter((code) => code !== ''))];
}

function failureOf(error: unknown, call: Call): Failure {
  const text = error instanceof Error ? error.message : String(error);
  if (call.signal?.aborted) return { how: 'aborted', text };
  const http = httpStatus(error);
  if (http !== undefined) return httpFailure(error, http, text, call.attempt);
  if (neverConnected(error)) return { how: 'not-connected', text };
  if (noCredentials(error)) return { how: 'no-credentials', text };
  if (call.attempt?.sent === false) return { how: failedOnTheWire(error) ? 'not-connected' : 'not-sent', text };
  if (chain(error).some(isTimeout)) return { how: 'timeout', text };
  if (error instanceof SyntaxError || /JSON|validation|unreadable/i.test(text)) return { how: 'unreadable', text };
  return { how: 'lost', text };
}

function httpFailure(error: unknown, http: number, text: string, attempt: Attempt | undefined): Failure {
  const raw =
    typeof error === 'object' && error !== null && 'body' in error && typeof error.body === 'string'
      ? error.body
      : text;
  const retryAfterMs = attempt?.retryAfterMs ?? retryAfter(headersOf(error)?.get('retry-after') ?? null);
  return { how: 'http', http, ...parseBody(raw), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

/** The Interactions client's errors carry the answer's headers; the other ones do not. */
const headersOf = (error: unknown) =>
  typeof error === 'object' && error !== null && 'headers' in error && error.headers instanceof Headers
    ? error.headers
    : undefined;

function httpStatus(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { status, statusCode } = error as { status?: unknown; statusCode?: unknown };
  const http = typeof status === 'number' ? status : statusCode;
  return typeof http === 'number' && http >= 400 && http < 600 ? http : undefined;
}

/** Classes of the Interactions client keep their names in their constructors alone. */
const isTimeout = (cause: unknown) =>
  cause instanceof Error && /AbortError|TimeoutError|UserAbort/.test(`${cause.name} ${cause.constructor.name}`);

/** google-auth-library has no error class for it. */
const credentialTexts =
  /default credentials|access token|invalid_grant|unauthorized_client|service account|credentials? /i;

function noCredentials(error: unknown): boolean {
  return chain(error).some((cause) => cause instanceof Error && credentialTexts.test(cause.message));
}

/** The token or metadata server could not be asked: a matter of the network, not of the request. */
function failedOnTheWire(error: unknown): boolean {
  return chain(error).some(
    (cause) =>
      (cause instanceof Error &&
        /abort|timeout|timed out|network|socket|fetch failed/i.test(`${cause.name} ${cause.message}`)) ||
      (typeof cause === 'object' &&
        cause !== null &&
        'code' in cause &&
        /^(E[A-Z]+|UND_ERR_\w+)$/.test(String(cause.code))),
  );
}
