import { ReelstateError } from '../../core/errors.ts';
import { type Failure, rowFor } from './classification.ts';

/** Anything that the SDK threw as a ReelstateError, by the classification table. */
export function openaiError(error: unknown, secrets: readonly string[], signal?: AbortSignal): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const failure = failureOf(error, signal);
  const row = rowFor(failure);
  const retryAfterMs = failure.retryAfterMs ?? row.retryAfterMs;
  return new ReelstateError(row.kind, row.message, {
    code: row.code,
    cause: safeCause(error, secrets),
    details: {
      ...(failure.http === undefined ? {} : { http: failure.http }),
      ...(failure.code === undefined ? {} : { code: failure.code }),
    },
    ...(row.cure === undefined ? {} : { cure: row.cure }),
    ...(retryAfterMs === undefined || row.kind === 'permanent' ? {} : { retryAfterMs }),
  });
}

function failureOf(error: unknown, signal: AbortSignal | undefined): Failure {
  const text = error instanceof Error ? error.message : String(error);
  if (signal?.aborted) return { how: 'aborted', text };
  const { status, code, headers } = (typeof error === 'object' && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  if (typeof status === 'number') {
    const retryAfterMs = headers instanceof Headers ? retryAfter(headers) : undefined;
    return {
      how: 'http',
      http: status,
      text,
      ...(typeof code === 'string' && /^[a-z_]{1,60}$/.test(code) ? { code } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }
  const causes = chain(error);
  if (causes.some(isUnreached)) return { how: 'not-connected', text };
  // The SDK's classes share the name Error; their constructors do not.
  const names = causes.map((cause) => (cause instanceof Error ? `${cause.name} ${cause.constructor.name}` : ''));
  if (names.some((name) => /Timeout|AbortError/.test(name))) return { how: 'timeout', text };
  return { how: error instanceof SyntaxError ? 'unreadable' : 'lost', text };
}

const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnreached(cause: unknown): boolean {
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(isUnreached);
  return typeof cause === 'object' && cause !== null && 'code' in cause && unreached.has(String(cause.code));
}

/** `retry-after-ms`, or `Retry-After` as seconds or an HTTP date. */
function retryAfter(headers: Headers): number | undefined {
  const precise = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(precise)) return Math.max(0, precise);
  const header = headers.get('retry-after');
  if (header === null) return undefined;
  const milliseconds = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : undefined;
}

/** An error and its causes, outermost first. */
function chain(error: unknown): readonly unknown[] {
  const found: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && found.length < 8; ) {
    found.push(at);
    at = typeof at === 'object' && 'cause' in at ? at.cause : undefined;
  }
  return found;
}

const secretShapes = [
  /\bsk-[\w*-]{6,}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\bBearer\s+\S+/gi,
  /\b(?:api[_-]?key|authorization)["']?\s*[=:]\s*["']?[^\s&"',}]+/gi,
  /[A-Za-z0-9+/]{200,}={0,2}/g,
];

/** What the server said, without keys and at most 300 characters, and nothing that hangs on the SDK's error. */
function safeCause(error: unknown, secrets: readonly string[]): Error {
  const said = chain(error)
    .map((cause) => (cause instanceof Error ? `${cause.name} ${cause.message}` : String(cause)))
    .join(' ← ');
  const known = secrets
    .filter((secret) => secret.length > 5)
    .reduce((text, secret) => text.replaceAll(secret, '…'), said);
  const cause = new Error(secretShapes.reduce((text, shape) => text.replace(shape, '…'), known).slice(0, 300));
  cause.name = 'VendorError';
  return cause;
}
