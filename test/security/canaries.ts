/** Secrets in every form that a vendor, a client or an environment may spill them, each with a part that may show up nowhere. */
import { inspect } from 'node:util';
import type { LogFields, Logger } from '../../src/core/ports.ts';

export const canaries: Readonly<Record<string, { readonly text: string; readonly needle: string }>> = {
  'Google API key': { text: `AIza${'CanaryA1'.repeat(4)}xyz`, needle: 'CanaryA1CanaryA1' },
  'OpenAI key': { text: 'sk-proj-CanaryB2CanaryB2CanaryB2', needle: 'CanaryB2' },
  'access token': { text: 'ya29.a0CanaryC3-CanaryC3_x', needle: 'CanaryC3' },
  'bearer token': { text: 'Authorization: Bearer CanaryD4CanaryD4', needle: 'CanaryD4' },
  'id token': { text: 'eyJhbGciOiJSUzI1NiJ9.eyJlbWFpbCI6IkNhbmFyeUU1In0.CanaryE5', needle: 'CanaryE5' },
  'signed URL': {
    text: 'https://storage.googleapis.com/b/o?X-Goog-Credential=CanaryF6&X-Goog-Signature=CanaryF6CanaryF6',
    needle: 'CanaryF6',
  },
  'upload session': {
    text: 'https://storage.googleapis.com/upload?uploadType=resumable&upload_id=CanaryG7',
    needle: 'CanaryG7',
  },
  'key in a URL': { text: 'GET https://example.googleapis.com/v1/x?key=CanaryH8&alt=sse', needle: 'CanaryH8' },
  'key in JSON': { text: '{"x-goog-api-key": "CanaryI9", "client_secret":"CanaryI9"}', needle: 'CanaryI9' },
  'password in a URL': { text: 'connect to http://proxyuser:CanaryJ0@10.0.0.1:3128 failed', needle: 'CanaryJ0' },
  'private key': {
    text: '-----BEGIN PRIVATE KEY-----\nCanaryK1CanaryK1\n-----END PRIVATE KEY-----',
    needle: 'CanaryK1',
  },
  'inline bytes': { text: `data: ${'CanaryL2'.repeat(60)}`, needle: 'CanaryL2' },
};

export const allSecrets = Object.values(canaries)
  .map(({ text }) => text)
  .join(' | ');

/** Which canaries a text holds. */
export const spilled = (text: string): readonly string[] =>
  Object.entries(canaries).flatMap(([name, { needle }]) => (text.includes(needle) ? [name] : []));

/** Everything that a logger, a serialiser or a debugger could make of a value. */
export function everythingIn(value: unknown): string {
  const parts = [inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null })];
  for (let at = value, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    parts.push(String(at), at.stack ?? '', JSON.stringify(at) ?? '', JSON.stringify({ ...at }) ?? '');
  }
  return parts.join('\n');
}

/** An error as HTTP clients throw them: the request and the answer hang on it. */
export function leakyError(): Error {
  const inner = Object.assign(new Error(`inner: ${allSecrets}`), { config: { url: allSecrets } });
  return Object.assign(new Error(`Request failed: ${allSecrets}`, { cause: inner }), {
    code: 'ERR_BAD_RESPONSE',
    config: { headers: { Authorization: allSecrets, 'x-goog-api-key': allSecrets } },
    response: { status: 500, headers: { 'set-cookie': allSecrets }, data: allSecrets },
    [allSecrets]: allSecrets,
  });
}

/** A logger that keeps its lines. */
export function keepingLogger(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const log =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push(JSON.stringify({ level, message, ...fields }));
    };
  return { lines, debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
}
