/** A vendor's failure in one shape, whatever the SDK threw. */
export interface Failure {
  readonly how:
    | 'http'
    /** Nothing was sent: the host could not be resolved, reached or trusted. */
    | 'not-connected'
    /** Nothing was sent: there are no usable credentials on this side. */
    | 'no-credentials'
    /** Nothing was sent: the client refused the arguments. */
    | 'not-sent'
    | 'timeout'
    | 'aborted'
    /** Sent, and the connection died. */
    | 'lost'
    /** An answer came that is none. */
    | 'unreadable';
  readonly http?: number;
  /** Google's own word, `RESOURCE_EXHAUSTED`. */
  readonly status?: string;
  /** The vendor's text: for matching only, it never leaves the adapter unredacted. */
  readonly text: string;
  readonly retryAfterMs?: number;
}

/** Codes that say the connection was never made. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EAI_NODATA',
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);
/** These are proof only where the failing system call was `connect`. */
const whileConnecting = new Set(['EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'ECONNRESET', 'EADDRNOTAVAIL', 'EACCES']);
const beforeTls = 'Client network socket disconnected before secure TLS connection was established';

/** True only on proof that the request never left. */
export function neverConnected(error: unknown): boolean {
  const causes = chain(error);
  return causes.some((cause) => {
    const parts = cause instanceof AggregateError ? cause.errors : [cause];
    return parts.length > 0 && parts.every(isUnreached);
  });
}

function isUnreached(cause: unknown): boolean {
  if (typeof cause !== 'object' || cause === null) return false;
  const { code, syscall, message } = cause as { code?: unknown; syscall?: unknown; message?: unknown };
  if (typeof code === 'string' && unreached.has(code)) return true;
  if (message === beforeTls) return true;
  return typeof code === 'string' && syscall === 'connect' && whileConnecting.has(code);
}

/** An error and its causes, outermost first. */
export function chain(error: unknown): readonly unknown[] {
  const found: unknown[] = [];
  for (let at = error; at !== undefined && at !== null && found.length < 8; ) {
    found.push(at);
    at = typeof at === 'object' && 'cause' in at ? at.cause : undefined;
  }
  return found;
}

/** Google's error body as it lies in an SDK error's message: `{"error":{"code":429,"message":"…","status":"…"}}`. */
export function parseBody(message: string): { readonly text: string; readonly status?: string } {
  try {
    const body: unknown = JSON.parse(message);
    const inner = Array.isArray(body) ? body[0] : body;
    const error = typeof inner === 'object' && inner !== null && 'error' in inner ? inner.error : inner;
    if (typeof error === 'string') return { text: error };
    if (typeof error !== 'object' || error === null) return { text: message };
    const { message: text, status, details } = error as { message?: unknown; status?: unknown; details?: unknown };
    // Some refusals keep the telling part in the details.
    const more = details === undefined ? '' : ` ${JSON.stringify(details)}`;
    return {
      text: `${typeof text === 'string' ? text : ''}${more}`,
      ...(typeof status === 'string' ? { status } : {}),
    };
  } catch {
    return { text: message };
  }
}

const secretShapes: readonly RegExp[] = [
  /AIza[0-9A-Za-z_-]{35}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\bya29\.[\w.-]+/g,
  /\bsk-[\w-]{10,}/g,
  /\b(?:Bearer|Basic)\s+\S+/gi,
  /\b(?:key|x-goog-api-key|X-Goog-Signature|X-Goog-Credential|upload_id|authorization)["']?\s*[=:]\s*["']?[^\s&"',}]+/gi,
  /[A-Za-z0-9+/]{200,}={0,2}/g,
];

/** Text without keys, tokens and signatures, at most 300 characters. */
export function redact(text: string, secrets: readonly string[]): string {
  const known = secrets
    .filter((secret) => secret.length > 5)
    .reduce((clean, secret) => clean.replaceAll(secret, '…'), text);
  return secretShapes.reduce((clean, shape) => clean.replace(shape, '…'), known).slice(0, 300);
}

/** What the vendor threw, fit to be kept as a cause: its name, code and redacted text, and nothing that hangs on it. */
export function safeCause(error: unknown, secrets: readonly string[]): Error {
  const lines = chain(error).map((cause) => {
    const { name, message, code } = cause as { name?: unknown; message?: unknown; code?: unknown };
    return [name, code, message].filter((part) => typeof part === 'string' && part !== '').join(' ');
  });
  const cause = new Error(redact(lines.join(' ← '), secrets));
  cause.name = 'VendorError';
  return cause;
}

/** What is known about one HTTP request beside its answer. */
export interface Attempt {
  /** Whether it may have left; only a client of ours can tell, any other one's counts as sent once it was asked. */
  sent: boolean;
  retryAfterMs: number | undefined;
}

/** `Retry-After` in milliseconds: seconds or an HTTP date. */
export function retryAfter(header: string | null, now = Date.now()): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const milliseconds = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(milliseconds) ? Math.max(0, Math.round(milliseconds)) : undefined;
}
