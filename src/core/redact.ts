/**
 * Secrets out of texts that leave us: log lines, states, causes. The last line of defence and not the first: adapters classify what vendors
 * say and keep none of it. Imports nothing.
 */
import type { Logger } from './ports.ts';

/** What a secret looks like, whoever made it. Sources: the key formats of Google and OpenAI, RFC 6750, RFC 7519, the clouds' signed URLs. */
const SHAPES: readonly RegExp[] = [
  /AIza[\w-]{20,}/g,
  /\bya29\.[\w.-]+/g,
  /\bsk-[\w*-]{6,}/g,
  /\bGOOG1[\w-]{8,}/g,
  /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g,
  /\b(?:Bearer|Basic)\s+[^\s"',}]{6,}/gi,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  // Values of parameters, headers and properties that name a secret.
  /\b(?:x-(?:goog|amz)-(?:api-key|signature|credential|security-token)|upload_id|api[_-]?key|(?:access|refresh|id)_?token|client_?secret|private_?key|password|(?:proxy-)?authorization|(?:set-)?cookie)["']?\s*[=:]\s*["']?[^\s&"',}]+/gi,
  /(?<=[?&](?:key|sig|signature|token|access_token|code)=)[^\s&"'#]+/gi,
  // User and password in a URL.
  /(?<=:\/\/)[^\s/:@]*:[^\s/@]+(?=@)/g,
  /[A-Za-z0-9+/]{200,}={0,2}/g,
];

/** A text without what looks like a secret. */
export const redact = (text: string): string => SHAPES.reduce((clean, shape) => clean.replace(shape, '…'), text);

const PLAIN = /^[A-Za-z]\w{0,40}$/;

/** What may be said of an error that nobody knows: its name and code, where they are no more than that. */
export function foreignName(error: unknown): string {
  const { name, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const known = [name, code].filter((part) => typeof part === 'string' && PLAIN.test(part));
  return known.length === 0 ? `a thrown ${typeof error}` : known.join(' ');
}

const DEEPEST = 5;
const LONGEST = 10_000;

/** A foreign error as far as it may be kept: name, code, message and stack, redacted, and nothing of what a client hung on it. */
export function withoutSecrets(cause: unknown, depth = 0): unknown {
  if (typeof cause === 'string') return redact(cause.slice(0, LONGEST));
  if (!(cause instanceof Error)) return typeof cause === 'object' ? undefined : cause;
  // One of ours was made clean when it was made.
  if (Symbol.for('reelstate.error') in cause) return cause;
  const { name, message, stack } = cause;
  const copy = new Error(redact(message.slice(0, LONGEST)));
  if (name !== 'Error' && PLAIN.test(name))
    Object.defineProperty(copy, 'name', { value: name, enumerable: false, configurable: true });
  Object.defineProperty(copy, 'stack', {
    value: redact((stack ?? '').slice(0, LONGEST)),
    enumerable: false,
    configurable: true,
  });
  const { code, cause: inner } = cause as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'number' || (typeof code === 'string' && PLAIN.test(code))) Object.assign(copy, { code });
  if (inner !== undefined && depth < DEEPEST) {
    const value = withoutSecrets(inner, depth + 1);
    Object.defineProperty(copy, 'cause', { value, enumerable: false, configurable: true });
  }
  return copy;
}

type Fields = Parameters<Logger['info']>[1];

const redacted = (fields: Fields): Fields =>
  fields &&
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? redact(value) : value]),
  );

/** A logger whose lines hold no secret that can be told by its shape. */
export const redactingLogger = (logger: Logger): Logger => ({
  debug: (message, fields) => logger.debug(redact(message), redacted(fields)),
  info: (message, fields) => logger.info(redact(message), redacted(fields)),
  warn: (message, fields) => logger.warn(redact(message), redacted(fields)),
  error: (message, fields) => logger.error(redact(message), redacted(fields)),
});
