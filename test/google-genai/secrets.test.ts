import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { resolveAccess } from '../../src/adapters/google-genai/client.ts';
import { redact } from '../../src/adapters/google-genai/failure.ts';
import { gemini, omni, veo } from '../../src/adapters/google-genai/index.ts';
import { startVertexServer } from '../support/vertex-server.ts';
import { launchRequest, rejection, token, vertexAccess } from './helpers.ts';

const canary = 'canary-key-0123456789';

/** Everything that a logger, a serialiser or a debugger could make of an error. */
const everythingIn = (error: Error) =>
  [
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    String(error),
    error.stack,
    String((error.cause as Error)?.message),
  ].join('\n');

describe('a server that echoes the credentials', () => {
  test('an API key shows up nowhere in the error', async () => {
    await using server = await startVertexServer({ credentials: { apiKey: 'another' } });
    const access = { apiKey: canary, baseUrl: server.url };
    const errors = [
      await rejection(gemini(undefined, access).generate({ instructions: 'i', input: 'x', schema: {} })),
      await rejection(omni(undefined, access).launch(launchRequest())),
      await rejection(omni(undefined, access).look('abc')),
      await rejection(veo(undefined, { ...access, project: 'demo' }).launch(launchRequest())),
    ];
    expect(server.calls.map(({ headers }) => headers['x-goog-api-key'])).toEqual([canary, canary, canary, canary]);
    for (const error of errors) {
      expect(error).toMatchObject({ kind: 'permanent', code: 'not-authenticated' });
      expect(everythingIn(error)).not.toContain(canary);
    }
  });

  test('nor does a token', async () => {
    await using server = await startVertexServer({ credentials: { token: 'another' } });
    const error = await rejection(veo(undefined, vertexAccess(server)).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'permanent', code: 'not-authenticated' });
    expect(everythingIn(error)).not.toContain(token);
  });

  test('nor a key that the server echoes without being asked', async () => {
    await using server = await startVertexServer();
    server.fault({
      on: 'launch',
      kind: { status: 500, body: `AIza${'x'.repeat(35)} Authorization: Bearer ${token} ${'QUJD'.repeat(100)}` },
    });
    const error = await rejection(veo(undefined, vertexAccess(server)).launch(launchRequest()));
    expect(everythingIn(error)).not.toMatch(/AIza|ya29|QUJDQUJD/);
  });
});

test('an error keeps what the vendor said in its cause alone', async () => {
  await using server = await startVertexServer();
  const message = 'A very particular sentence of the vendor.';
  server.fault({
    on: 'launch',
    kind: { status: 400, body: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } },
  });
  const error = await rejection(veo(undefined, vertexAccess(server)).launch(launchRequest()));
  expect(JSON.stringify([error.message, error.cure, error.details, { ...error }])).not.toContain('particular');
  expect((error.cause as Error).message).toContain('particular');
});

test.for([
  'https://x/y?key=abcdefgh&x=1',
  'x-goog-api-key: abcdefgh',
  '"authorization":"Basic abcdefgh"',
  'https://storage/x?X-Goog-Signature=abcdefgh',
  'https://storage/upload?upload_id=abcdefgh',
  'eyJabcdefgh.eyJabcdefgh.abcdefgh',
  'sk-abcdefghijklm',
])('redacted: %s', (text) => {
  expect(redact(text, [])).not.toContain('abcdefgh');
});

describe('whose credentials are used', () => {
  test.for([
    [{ apiKey: 'k' }, { GOOGLE_CLOUD_PROJECT: 'p' }, { vertex: false, apiKey: 'k' }],
    [{ project: 'q' }, { GEMINI_API_KEY: 'k' }, { vertex: true, project: 'q', location: 'us-central1' }],
    [{ project: 'q', apiKey: 'k' }, {}, { vertex: true, project: 'q', location: 'us-central1', apiKey: 'k' }],
    [{}, { GCP_PROJECT: 'p', GEMINI_API_KEY: 'k' }, { vertex: true, project: 'p', location: 'us-central1' }],
    [{}, { GEMINI_API_KEY: 'k' }, { vertex: false, apiKey: 'k' }],
    [{}, { GOOGLE_CLOUD_PROJECT: 'p', GOOGLE_CLOUD_LOCATION: 'eu' }, { vertex: true, project: 'p', location: 'eu' }],
  ] as const)('%j with %j', ([options, environment, expected]) => {
    expect(resolveAccess(options, environment, 'us-central1')).toEqual(expected);
  });

  test('an environment variable cannot redirect the calls', async () => {
    await using server = await startVertexServer();
    process.env.GOOGLE_GEMINI_BASE_URL = server.url;
    try {
      const asked: string[] = [];
      const fetch: typeof globalThis.fetch = async (input) => {
        asked.push(new URL(String(input)).origin);
        return Response.json({ candidates: [{ content: { parts: [{ text: '{}' }] }, finishReason: 'STOP' }] });
      };
      await gemini(undefined, { apiKey: canary, fetch }).generate({ instructions: 'i', input: 'x', schema: {} });
      expect(asked).toEqual(['https://generativelanguage.googleapis.com']);
    } finally {
      delete process.env.GOOGLE_GEMINI_BASE_URL;
    }
    expect(server.calls).toEqual([]);
  });
});
