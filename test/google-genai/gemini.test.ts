import { describe, expect, test } from 'vitest';
import { blockReasons, finishReasons } from '../../src/adapters/google-genai/gemini-answer.ts';
import { gemini } from '../../src/adapters/google-genai/index.ts';
import { startVertexServer, type VertexServer } from '../support/vertex-server.ts';
import { geminiOn, rejection, token, vertexAccess } from './helpers.ts';

const request = {
  instructions: 'Write a script.',
  input: 'Theme: bread',
  schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
};
const configOf = (server: VertexServer, at = 0) => JSON.parse(String(server.calls[at]?.body)).generationConfig;

describe('what is asked', () => {
  test('JSON by its schema; value, text and every paid token come back', async () => {
    await using server = await startVertexServer();
    const { value, text, usage } = await geminiOn(server).generate({ ...request, seed: 5 });
    expect({ value, text }).toEqual({ value: { ok: true }, text: '{"ok":true}' });
    expect(usage).toEqual({ input: 7, output: 103 });
    expect(server.calls[0]?.url.pathname).toBe('/v1/models/gemini-3.8-flash:generateContent');
    expect(server.calls[0]?.headers['x-goog-api-key']).toBe('canary-key');
    expect(JSON.parse(String(server.calls[0]?.body))).toEqual({
      contents: [{ parts: [{ text: 'Theme: bread' }], role: 'user' }],
      systemInstruction: { parts: [{ text: 'Write a script.' }], role: 'user' },
      generationConfig: {
        maxOutputTokens: 16_384,
        responseMimeType: 'application/json',
        responseJsonSchema: request.schema,
        seed: 5,
        thinkingConfig: { thinkingLevel: 'LOW' },
      },
    });
  });

  test('on Vertex AI with its token', async () => {
    await using server = await startVertexServer();
    await gemini(undefined, vertexAccess(server)).generate(request);
    expect(server.calls[0]?.url.pathname).toBe(
      '/v1beta1/projects/demo/locations/us-central1/publishers/google/models/gemini-3.8-flash:generateContent',
    );
    expect(server.calls[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  test.for([
    ['gemini-2.5-pro', 'low', { thinkingBudget: 1024 }],
    ['gemini-2.5-pro', 0, { thinkingBudget: 128 }],
    ['gemini-2.5-pro', -1, { thinkingBudget: -1 }],
    ['gemini-2.5-flash', 'minimal', { thinkingBudget: 0 }],
    ['gemini-2.5-pro', 99_999, { thinkingBudget: 32_768 }],
    ['gemini-3.8-flash', 'minimal', { thinkingLevel: 'LOW' }],
    ['gemini-3.8-flash', 2000, { thinkingLevel: 'MEDIUM' }],
    ['gemini-3.8-flash', 'high', { thinkingLevel: 'HIGH' }],
    ['gemini-3.8-flash', -1, { thinkingLevel: 'HIGH' }],
    ['gemini-3-flash-preview', 'minimal', { thinkingLevel: 'MINIMAL' }],
  ] as const)('%s thinks %s in the words of its generation', async ([id, thinking, expected]) => {
    await using server = await startVertexServer();
    await geminiOn(server, { thinking }, id).generate(request);
    expect(configOf(server).thinkingConfig).toEqual(expected);
  });

  test.for([
    ['gemini-2.0-unheard-of', { thinkingBudget: 1024 }],
    ['gemini-9-unheard-of', { thinkingLevel: 'LOW' }],
  ] as const)('%s: a model with given prices is asked in the way of its generation', async ([id, expected]) => {
    await using server = await startVertexServer();
    const model = { prices: [{ from: '2026-01-01', inputUsd: 1, outputUsd: 2 }], asOf: '2026-11-01' };
    await geminiOn(server, { model }, id).generate(request);
    expect(configOf(server).thinkingConfig).toEqual(expected);
  });

  test('thinking is not taken for the answer, nor is a Markdown fence', async () => {
    await using server = await startVertexServer();
    const parts = [{ text: 'Let me think', thought: true }, { text: '```json\n{"ok":' }, { text: 'true}\n```' }];
    server.answer({ kind: 'body', body: { candidates: [{ content: { parts }, finishReason: 'STOP' }] } });
    expect(await geminiOn(server).generate(request)).toMatchObject({
      value: { ok: true },
      usage: { input: 0, output: 0 },
    });
  });
});

test('an answer in two parts is put together by the SDK, and both are paid for', async () => {
  await using server = await startVertexServer();
  const part = (text: string, more: object) => ({
    candidates: [{ content: { role: 'model', parts: [{ text }] }, ...more }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 3 },
  });
  server.answer({ kind: 'body', body: part('{"ok":', { finishReason: 'CONTINUATION', continuationToken: 'more' }) });
  server.answer({ kind: 'body', body: part('true}', { finishReason: 'STOP' }) });
  expect(await geminiOn(server).generate(request)).toMatchObject({
    value: { ok: true },
    usage: { input: 10, output: 6 },
  });
});

describe('an answer that did not fit', () => {
  test('is asked for once more with twice the room, and both are paid for', async () => {
    await using server = await startVertexServer();
    server.answer({ kind: 'no-parts', finishReason: 'MAX_TOKENS' });
    const { value, usage } = await geminiOn(server, { maxOutputTokens: 1000 }).generate(request);
    expect(value).toEqual({ ok: true });
    expect(usage).toEqual({ input: 14, output: 203 });
    expect([configOf(server, 0).maxOutputTokens, configOf(server, 1).maxOutputTokens]).toEqual([1000, 2000]);
  });

  test('twice is permanent, and says what was paid', async () => {
    await using server = await startVertexServer();
    server.answer({ kind: 'text', text: '{"ok":', finishReason: 'MAX_TOKENS' }, 2);
    const error = await rejection(geminiOn(server).generate(request));
    expect(error).toMatchObject({
      kind: 'permanent',
      code: 'answer-truncated',
      details: { usage: { input: 14, output: 204 } },
    });
    expect(server.calls).toHaveLength(2);
  });
});

test('an answer that was useless is paid for too', async () => {
  await using server = await startVertexServer();
  server.answer({ kind: 'text', text: 'Sure!!!!' });
  expect((await geminiOn(server).generate(request)).usage).toEqual({ input: 14, output: 205 });
});

describe('why an answer is none', () => {
  test.for(Object.keys(blockReasons))('a prompt blocked for %s', async (reason) => {
    await using server = await startVertexServer();
    server.answer({ kind: 'blocked', reason });
    const error = await rejection(geminiOn(server).generate(request));
    expect(error).toMatchObject({ kind: 'refused', code: 'prompt-blocked', details: { reason } });
    expect(server.calls).toHaveLength(1);
  });

  test.for([
    ['SAFETY', 'refused', 'answer-refused'],
    ['RECITATION', 'refused', 'answer-refused'],
    ['BLOCKLIST', 'refused', 'answer-refused'],
    ['PROHIBITED_CONTENT', 'refused', 'answer-refused'],
    ['SPII', 'refused', 'answer-refused'],
    ['IMAGE_SAFETY', 'refused', 'answer-refused'],
    ['IMAGE_PROHIBITED_CONTENT', 'refused', 'answer-refused'],
    ['IMAGE_RECITATION', 'refused', 'answer-refused'],
    ['LANGUAGE', 'permanent', 'language-unsupported'],
    ['MALFORMED_RESPONSE', 'retryable', 'answer-malformed'],
    ['MALFORMED_FUNCTION_CALL', 'retryable', 'answer-malformed'],
    ['UNEXPECTED_TOOL_CALL', 'retryable', 'answer-malformed'],
    ['TOO_MANY_TOOL_CALLS', 'retryable', 'answer-malformed'],
    ['NO_IMAGE', 'retryable', 'answer-malformed'],
    ['IMAGE_OTHER', 'retryable', 'answer-malformed'],
    ['OTHER', 'retryable', 'answer-malformed'],
    ['FINISH_REASON_UNSPECIFIED', 'retryable', 'answer-malformed'],
    ['A_REASON_OF_THE_FUTURE', 'retryable', 'answer-malformed'],
  ] as const)('an answer that ended with %s is %s', async ([finishReason, kind, code]) => {
    await using server = await startVertexServer();
    server.answer({ kind: 'text', text: '{}', finishReason }, 9);
    const error = await rejection(geminiOn(server, { maxAttempts: 2 }).generate(request));
    expect(error).toMatchObject({ kind, code, details: { reason: finishReason } });
    expect(server.calls).toHaveLength(kind === 'retryable' ? 2 : 1);
  });

  test('no reason is told apart in words alone', () => {
    const messages = [...Object.values(blockReasons), ...Object.values(finishReasons)].map((reason) => reason.message);
    expect(messages.every((message) => message.length > 20)).toBe(true);
  });

  test.for([
    ['text that is no JSON', { kind: 'text', text: 'Here is your script!' }, 'answer-not-json'],
    ['JSON that is cut', { kind: 'text', text: '{"ok":' }, 'answer-not-json'],
    ['no text', { kind: 'text', text: '' }, 'answer-not-json'],
    ['no candidate', { kind: 'body', body: { candidates: [] } }, 'answer-malformed'],
    ['nothing at all', { kind: 'body', body: {} }, 'answer-malformed'],
  ] as const)('%s is asked for again, thrice in all', async ([, answer, code]) => {
    await using server = await startVertexServer();
    server.answer(answer, 9);
    expect(await rejection(geminiOn(server).generate(request))).toMatchObject({ kind: 'retryable', code });
    expect(server.calls).toHaveLength(3);
  });
});

describe('trouble on the way', () => {
  test.for(['503', 'reset', 'lose', 'truncate', 'corrupt'] as const)('%s once is repeated', async (kind) => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind });
    expect(await geminiOn(server).generate(request)).toMatchObject({ value: { ok: true } });
    expect(server.calls).toHaveLength(2);
  });

  test('429 is handed on with the time to wait', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind: '429', retryAfter: 4 });
    expect(await rejection(geminiOn(server).generate(request))).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 4000,
    });
    expect(server.calls).toHaveLength(1);
  });

  test('hang: given up after its own timeout', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind: 'hang', times: 9 });
    const error = await rejection(geminiOn(server, { timeoutMs: 40, maxAttempts: 2 }).generate(request));
    expect(error).toMatchObject({ kind: 'retryable', code: 'vendor-timeout' });
  });

  test('an abort ends it at once', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind: 'hang' });
    const controller = new AbortController();
    const answer = rejection(geminiOn(server).generate({ ...request, signal: controller.signal }));
    await expect.poll(() => server.calls.length).toBe(1);
    controller.abort();
    expect(await answer).toMatchObject({ kind: 'cancelled', code: 'aborted' });
  });

  test('an abort between two attempts too', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind: '503' });
    const controller = new AbortController();
    const answer = rejection(
      geminiOn(server, { retryDelayMs: 60_000 }).generate({ ...request, signal: controller.signal }),
    );
    await expect.poll(() => server.calls.length).toBe(1);
    setTimeout(() => controller.abort(), 20);
    expect(await answer).toMatchObject({ kind: 'cancelled', code: 'aborted' });
  });
});
