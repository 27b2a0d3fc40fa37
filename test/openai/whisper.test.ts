import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { OpenAI } from 'openai';
import { afterAll, describe, expect, test } from 'vitest';
import { classification, rowFor } from '../../src/adapters/openai/classification.ts';
import { transcriptionNotice, whisper } from '../../src/adapters/openai/index.ts';
import { whisperLanguage } from '../../src/adapters/openai/whisper.ts';
import { transcriptionContract } from '../../src/adapters/testing/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { type OpenaiServer, openaiError, startOpenaiServer } from '../support/openai-server.ts';
import { apiKey, audio, call, rejection, sound, whisperOn } from './helpers.ts';

describe('what is sent', () => {
  test('one FLAC with its length, word and segment times wanted', async () => {
    await using server = await startOpenaiServer({ apiKey });
    await whisperOn(server).transcribe(audio(), { ...call, language: 'pt-BR', prompt: 'Olá, mundo.' });
    const [upload] = server.uploads;
    expect(upload?.sized).toBe(true);
    expect(upload?.file).toEqual({ name: 'audio.flac', type: 'audio/flac', bytes: sound });
    expect(upload?.fields).toEqual({
      model: ['whisper-1'],
      response_format: ['verbose_json'],
      'timestamp_granularities[]': ['word', 'segment'],
      temperature: ['0'],
      language: ['pt'],
      prompt: ['Olá, mundo.'],
    });
  });

  test('a local file by its path', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'reelstate-'));
    try {
      const file = path.join(folder, 'a.flac');
      await writeFile(file, sound);
      await using server = await startOpenaiServer();
      const unopened = { path: file, open: () => expect.unreachable('a file is not streamed') };
      await whisperOn(server).transcribe(unopened, call);
      expect(server.uploads[0]).toMatchObject({ sized: true, file: { bytes: sound } });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test.for([
    ['fr', 'fr'],
    ['fr-CA', 'fr'],
    ['nb', 'no'],
    ['zh-Hant-TW', 'zh'],
    ['fil', 'tl'],
    ['und', undefined],
    ['', undefined],
    ['x-klingon', undefined],
  ] as const)('the language %j is %j to Whisper', ([tag, expected]) => {
    expect(whisperLanguage(tag)).toBe(expected);
  });
});

describe('trouble on the way', () => {
  test.for(['503', 'reset', 'lose', 'truncate', 'corrupt'] as const)(
    '%s twice: the same body is sent again',
    async (kind) => {
      await using server = await startOpenaiServer();
      server.fault({ on: 'transcribe', kind, times: 2 });
      expect((await whisperOn(server).transcribe(audio(), call)).words).toHaveLength(2);
      expect(server.calls).toHaveLength(3);
      expect(server.uploads.at(-1)?.file.bytes).toEqual(sound);
    },
  );

  test('for ever: thrown after the third attempt', async () => {
    await using server = await startOpenaiServer();
    server.fault({ on: 'transcribe', kind: '503', times: 9 });
    expect(await rejection(whisperOn(server).transcribe(audio(), call))).toMatchObject({
      kind: 'retryable',
      code: 'vendor-unavailable',
    });
    expect(server.calls).toHaveLength(3);
  });

  test('a client of the host repeats no more than we do', async () => {
    await using server = await startOpenaiServer();
    server.fault({ on: 'transcribe', kind: '503', times: 9 });
    const client = new OpenAI({ apiKey, baseURL: server.baseURL, maxRetries: 5 });
    await rejection(whisper({ client, maxAttempts: 1 }).transcribe(audio(), call));
    expect(server.calls).toHaveLength(1);
  });

  test('hang: given up after its own timeout', async () => {
    await using server = await startOpenaiServer();
    server.fault({ on: 'transcribe', kind: 'hang', times: 9 });
    const error = await rejection(whisperOn(server, { timeoutMs: 40, maxAttempts: 2 }).transcribe(audio(), call));
    expect(error).toMatchObject({ kind: 'retryable', code: 'vendor-timeout' });
  });

  test('connection refused', async () => {
    const server = await startOpenaiServer();
    await server.close();
    expect(await rejection(whisperOn(server).transcribe(audio(), call))).toMatchObject({
      kind: 'retryable',
      code: 'not-connected',
    });
  });

  test('an abort ends it at once, also between two attempts', async () => {
    await using server = await startOpenaiServer();
    server.fault({ on: 'transcribe', kind: 'hang' });
    const controller = new AbortController();
    const first = rejection(whisperOn(server).transcribe(audio(), { ...call, signal: controller.signal }));
    await expect.poll(() => server.calls.length).toBe(1);
    controller.abort();
    expect(await first).toMatchObject({ kind: 'cancelled', code: 'aborted' });
    server.fault({ on: 'transcribe', kind: '503' });
    const later = new AbortController();
    const second = rejection(
      whisperOn(server, { retryDelayMs: 60_000 }).transcribe(audio(), { ...call, signal: later.signal }),
    );
    await expect.poll(() => server.calls.length).toBe(2);
    setTimeout(() => later.abort(), 20);
    expect(await second).toMatchObject({ kind: 'cancelled', code: 'aborted' });
  });
});

describe('audio for which one request is too small', () => {
  test('is not sent', async () => {
    await using server = await startOpenaiServer();
    const error = await rejection(whisperOn(server).transcribe({ ...audio(), size: 26_148_865 }, call));
    expect(error).toMatchObject({ kind: 'permanent', code: 'audio-too-long', details: { limit: 26_148_864 } });
    expect(error.cure).toContain('silences');
    expect(server.calls).toEqual([]);
  });

  test('nor where its size shows only when it is read', async () => {
    await using server = await startOpenaiServer();
    const { open } = sourceOf(new Uint8Array(26_148_865));
    expect(await rejection(whisperOn(server).transcribe({ open }, call))).toMatchObject({ code: 'audio-too-long' });
    expect(server.calls).toEqual([]);
  });

  test("a server's own, smaller limit says the same", async () => {
    await using server = await startOpenaiServer({ limit: 100 });
    expect(await rejection(whisperOn(server).transcribe(audio(), call))).toMatchObject({
      kind: 'permanent',
      code: 'audio-too-long',
    });
    expect(server.calls).toHaveLength(1);
  });
});

test.for([apiKey, 'a-local-key-of-no-known-shape'])(
  'the key %s, which the server echoes, shows up nowhere in the error',
  async (key) => {
    await using server = await startOpenaiServer({ apiKey: 'sk-another' });
    const error = await rejection(whisperOn(server, { apiKey: key }).transcribe(audio(), call));
    expect(error).toMatchObject({ kind: 'permanent', code: 'not-authenticated' });
    const shown = inspect(error, { depth: 20, showHidden: true });
    const everything = [shown, JSON.stringify(error), error.stack, String((error.cause as Error).message)];
    expect(everything.join('\n')).not.toContain(key);
  },
);

test("OpenAI's key does not go to another server, and its base URL cannot be set by the environment", async () => {
  await using server = await startOpenaiServer();
  const saved = [process.env.OPENAI_API_KEY, process.env.OPENAI_BASE_URL];
  process.env.OPENAI_API_KEY = apiKey;
  process.env.OPENAI_BASE_URL = server.baseURL;
  try {
    await whisper({ baseURL: server.baseURL }).transcribe(audio(), call);
    expect(server.calls[0]?.headers.authorization).not.toContain(apiKey);
    const asked: string[] = [];
    const fetch: typeof globalThis.fetch = async (input) => {
      // The SDK first asks a data: URL what fetch can do.
      if (!String(input).startsWith('data:')) asked.push(new URL(String(input)).origin);
      return Response.json({ text: '', segments: [] });
    };
    await whisper({ fetch }).transcribe(audio(), call);
    expect(asked).toEqual(['https://api.openai.com']);
  } finally {
    for (const [at, name] of (['OPENAI_API_KEY', 'OPENAI_BASE_URL'] as const).entries()) {
      if (saved[at] === undefined) delete process.env[name];
      else process.env[name] = saved[at];
    }
  }
});

describe('models and prices', () => {
  test("OpenAI's price for its model, none for a server of one's own, the host's own wins", () => {
    expect(whisper({ apiKey })).toMatchObject({ id: 'whisper-1', pricePerMinute: 6000, priceDate: '2026-11-13' });
    expect(whisper({ baseURL: 'http://127.0.0.1:1/v1', model: 'Systran/faster-whisper-small' })).toMatchObject({
      pricePerMinute: 0,
    });
    expect(whisper({ apiKey, pricePerMinute: 4000 }).pricePerMinute).toBe(4000);
  });

  test.for(['gpt-transcribe', 'gpt-4o-transcribe'])('%s has no word times and is refused at once', (model) => {
    expect(() => whisper({ apiKey, model })).toThrow(
      expect.objectContaining({ code: 'no-word-times', kind: 'permanent' }),
    );
  });

  test.for([
    ['whisper-1', '2026-11-23', 'retiring'],
    ['whisper-1', '2027-02-26', 'may-be-retired'],
    ['gpt-transcribe', '2026-11-23', 'current'],
    ['tiny.en', '2026-11-23', 'unknown'],
  ] as const)('doctor hears of %s on %s: %s', ([id, day, status]) => {
    expect(transcriptionNotice(id, day)).toMatchObject({ status, message: expect.stringContaining(id) });
  });
});

const recorded = [
  [
    'rate limit',
    openaiError(
      429,
      'Rate limit reached for whisper-1 in organization org-x on requests per min (RPM): Limit 50.',
      'requests',
      'rate_limit_exceeded',
    ),
    'throttled',
    'rate-limited',
  ],
  [
    'used-up credit',
    openaiError(
      429,
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
    'permanent',
    'quota-exhausted',
  ],
  [
    'used-up credit in words alone',
    openaiError(429, 'You exceeded your current quota, please check your plan.', 'requests', null),
    'permanent',
    'quota-exhausted',
  ],
  [
    'body too large',
    openaiError(413, 'Maximum content size limit (26214400) exceeded (36264744 bytes read)', 'server_error', null),
    'permanent',
    'audio-too-long',
  ],
  [
    'body too large as 400',
    openaiError(400, 'Maximum content size limit (26214400) exceeded', 'invalid_request_error', null),
    'permanent',
    'audio-too-long',
  ],
  [
    'bad audio',
    openaiError(
      400,
      'The audio file could not be decoded or its format is not supported.',
      'invalid_request_error',
      null,
    ),
    'permanent',
    'request-rejected',
  ],
  [
    'wrong key',
    openaiError(401, 'Incorrect API key provided: sk-ab**cd.', 'invalid_request_error', 'invalid_api_key'),
    'permanent',
    'not-authenticated',
  ],
  ['payment', openaiError(402, 'Payment required', 'billing', null), 'permanent', 'billing-disabled'],
  [
    'no access',
    openaiError(403, 'Project does not have access to model whisper-1', 'invalid_request_error', 'model_not_found'),
    'permanent',
    'permission-denied',
  ],
  [
    'unknown model',
    openaiError(404, 'The model `whisper-9` does not exist', 'invalid_request_error', 'model_not_found'),
    'permanent',
    'model-not-found',
  ],
  [
    'retired model',
    openaiError(404, 'The model `whisper-1` has been deprecated', 'invalid_request_error', 'model_not_found'),
    'permanent',
    'model-retired',
  ],
  ['request timeout', openaiError(408, 'Request timeout', 'server_error', null), 'retryable', 'vendor-timeout'],
  ['conflict', openaiError(409, 'Conflict', 'server_error', null), 'retryable', 'vendor-unavailable'],
  ['unprocessable', openaiError(422, 'Unprocessable', 'invalid_request_error', null), 'permanent', 'request-rejected'],
  [
    'internal',
    openaiError(500, 'The server had an error while processing your request.', 'server_error', null),
    'retryable',
    'vendor-unavailable',
  ],
  [
    "whisper.cpp's error, a string",
    { status: 400, body: { error: 'FFmpeg conversion failed.' } },
    'permanent',
    'request-rejected',
  ],
  [
    'a path that is not there',
    { status: 404, body: 'File Not Found (/v1/audio/transcriptions)' },
    'permanent',
    'model-not-found',
  ],
  ['an assertion of speaches', { status: 500, body: 'Internal Server Error' }, 'retryable', 'vendor-unavailable'],
] as const;

describe('recorded refusals', () => {
  test.for(recorded)('%s', async ([, answer, kind, code]) => {
    await using server = await startOpenaiServer();
    server.fault({ on: 'transcribe', kind: answer, times: 9 });
    const error = await rejection(whisperOn(server, { maxAttempts: 2 }).transcribe(audio(), call));
    expect({ kind: error.kind, code: error.code }).toEqual({ kind, code });
    expect(server.calls).toHaveLength(kind === 'retryable' ? 2 : 1);
  });

  test('every row of HTTP has a recorded body that it is the first to match', async () => {
    const matched = recorded.map(([, { status, body }]) => {
      const { error } = (typeof body === 'string' ? { error: body } : body) as {
        error: string | { message: string; code: string | null };
      };
      const { message, code } = typeof error === 'string' ? { message: error, code: null } : error;
      return rowFor({ how: 'http', http: status, text: message, ...(code === null ? {} : { code }) });
    });
    expect(
      classification.filter(({ when }) => (when.how ?? 'http') === 'http').filter((row) => !matched.includes(row)),
    ).toEqual([]);
  });

  test('the time to wait is handed on', async () => {
    await using server = await startOpenaiServer();
    const body = openaiError(429, 'Rate limit reached', 'requests', 'rate_limit_exceeded');
    server.fault({ on: 'transcribe', kind: { ...body, headers: { 'retry-after': '3' } } });
    server.fault({ on: 'transcribe', kind: { ...body, headers: { 'retry-after-ms': '1234' } } });
    expect((await rejection(whisperOn(server).transcribe(audio(), call))).retryAfterMs).toBe(3000);
    expect((await rejection(whisperOn(server).transcribe(audio(), call))).retryAfterMs).toBe(1234);
  });
});

describe('the contract of transcribers', () => {
  const servers: OpenaiServer[] = [];
  afterAll(() => Promise.all(servers.map((server) => server.close())));
  const silence = new Uint8Array([1, 2, 3]);
  describe.each(['openai', 'speaches', 'whisper.cpp', 'localai'] as const)('in the dialect of %s', (dialect) => {
    const cases = transcriptionContract(async () => {
      const heard = [
        { text: 'Bonjour', start: 0.1, end: 0.6 },
        { text: 'à', start: 0.6, end: 0.6 },
        { text: 'tous', start: 0.5, end: 1.2 },
      ];
      const server = await startOpenaiServer({
        dialect,
        hear: ({ file }) => (file.bytes.length === silence.length ? [] : heard),
      });
      servers.push(server);
      return { transcriber: whisperOn(server), audio: audio(), silence: sourceOf(silence), durationMs: 8000 };
    });
    test.each(cases)('$name', ({ run }) => run());
  });
});
