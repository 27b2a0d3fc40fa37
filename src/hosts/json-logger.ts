/** One JSON object per line, as Cloud Logging reads it from stdout. */
import type { LogFields, Logger } from '../core/ports.ts';

/** How lines are written. */
export interface JsonLoggerOptions {
  /** @default standard output */
  readonly write?: (line: string) => void;
  /** Left out: what is below it. @default 'info' */
  readonly level?: 'debug' | 'info' | 'warn' | 'error';
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const SEVERITIES = { debug: 'DEBUG', info: 'INFO', warn: 'WARNING', error: 'ERROR' } as const;
const LONGEST = 2000;

/** Keys, tokens and signed links, whoever put them into a message. */
const SECRETS: readonly RegExp[] = [
  /eyJ[\w-]{5,}\.[\w-]+\.?[\w-]*/g,
  /AIza[0-9A-Za-z_-]{35}/g,
  /\bya29\.[\w.-]+/g,
  /\bsk-[\w-]{16,}/g,
  /((?:[?&]|\b)(?:key|access_token|upload_id|X-Goog-Signature|X-Goog-Credential|x-goog-api-key|authorization)["']?\s*[=:]\s*)(?:Bearer\s+)?[^\s&"',}]+/gi,
];

/** The same text without what must not be in a log. */
export const redacted = (text: string): string =>
  SECRETS.reduce(
    (clean, secret) => clean.replace(secret, (_, kept: unknown) => `${typeof kept === 'string' ? kept : ''}[redacted]`),
    text,
  ).slice(0, LONGEST);

/** `severity`, `message` and the fields beside them: `videoId`, `block`, `take`, `step`, `usd` … Secrets are taken out. */
export function jsonLogger({
  write = (line) => void process.stdout.write(`${line}\n`),
  level = 'info',
}: JsonLoggerOptions = {}): Logger {
  const log =
    (at: (typeof LEVELS)[number]) =>
    (message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(at) < LEVELS.indexOf(level)) return;
      const clean = Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? redacted(value) : value,
      ]);
      write(JSON.stringify({ ...Object.fromEntries(clean), severity: SEVERITIES[at], message: redacted(message) }));
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
