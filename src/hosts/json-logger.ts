/** One JSON object per line, as Cloud Logging reads it from stdout. */
import type { LogFields, Logger } from '../core/ports.ts';
import { redact } from '../core/redact.ts';

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

const clean = (value: string): string => redact(value).slice(0, LONGEST);

/** `severity`, `message` and the fields beside them: `videoId`, `block`, `take`, `step`, `usd` … Secrets are taken out. */
export function jsonLogger({
  write = (line) => void process.stdout.write(`${line}\n`),
  level = 'info',
}: JsonLoggerOptions = {}): Logger {
  const log =
    (at: (typeof LEVELS)[number]) =>
    (message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(at) < LEVELS.indexOf(level)) return;
      const safe = Object.entries(fields).map(([name, value]) => [
        name,
        typeof value === 'string' ? clean(value) : value,
      ]);
      write(JSON.stringify({ ...Object.fromEntries(safe), severity: SEVERITIES[at], message: clean(message) }));
    };
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
