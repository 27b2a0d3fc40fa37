import { describe, expect, test } from 'vitest';
import { classification, rowFor } from '../../src/adapters/google-genai/classification.ts';
import { parseBody } from '../../src/adapters/google-genai/failure.ts';
import { omni } from '../../src/adapters/google-genai/index.ts';
import { startVertexServer } from '../support/vertex-server.ts';
import { geminiOn, launchRequest, rejection, veoOn } from './helpers.ts';
import { recorded } from './recorded.ts';

describe('each documented failure of a call, as its recorded body', () => {
  test.for(recorded)('a Veo launch: $name → $kind $code', async ({ answer, kind, code, effect }) => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: answer });
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect({ kind: error.kind, code: error.code, effect: error.effect }).toEqual({ kind, code, effect });
    expect(server.calls).toHaveLength(1);
    expect(server.jobs).toEqual([]);
  });

  test.for(recorded)('an Omni launch: $name → $kind $code', async ({ answer, kind, code, effect }) => {
    await using server = await startVertexServer();
    server.fault({ on: 'interaction-create', kind: answer });
    const error = await rejection(
      omni(undefined, { apiKey: 'canary-key', baseUrl: server.url }).launch(launchRequest()),
    );
    expect({ kind: error.kind, code: error.code, effect: error.effect }).toEqual({ kind, code, effect });
    expect(server.calls).toHaveLength(1);
  });

  test.for(recorded)('a text: $name → $kind $code', async ({ answer, kind, code }) => {
    await using server = await startVertexServer();
    server.fault({ on: 'generate', kind: answer });
    const request = { instructions: 'i', input: 'x', schema: { type: 'object' } };
    const error = await rejection(geminiOn(server, { maxAttempts: 1 }).generate(request));
    expect({ kind: error.kind, code: error.code }).toEqual({ kind, code });
  });

  test('every row of HTTP has a recorded body that it is the first to match', () => {
    const matched = recorded.map(({ answer }) => {
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
      return rowFor({ how: 'http', http: answer.status, ...parseBody(text) });
    });
    const unmatched = classification.filter((row) => (row.when.how ?? 'http') === 'http' && !matched.includes(row));
    expect(unmatched).toEqual([]);
  });
});

test('an unlisted failure counts as one whose effect is unknown', () => {
  expect(rowFor({ how: 'http', http: 302, text: '' })).toMatchObject({ kind: 'retryable', effect: 'unknown' });
});

test('only a proof that nothing was started has no effect', () => {
  const unsure = classification
    .filter((row) => row.effect === 'none' && row.kind === 'retryable')
    .map((row) => row.code);
  expect(unsure).toEqual(['not-connected']);
});

test('a retired model names its successor in the cure', async () => {
  await using server = await startVertexServer({ retired: ['veo-3.1-fast-generate-001', 'gemini-2.5-pro'] });
  const launch = await rejection(veoOn(server).launch(launchRequest()));
  expect(launch.cure).toContain('gemini-omni-1.2-flash');
  const text = await rejection(
    geminiOn(server, {}, 'gemini-2.5-pro').generate({ instructions: 'i', input: 'x', schema: {} }),
  );
  expect(text).toMatchObject({ code: 'model-retired', cure: expect.stringContaining('gemini-3.8-flash') });
});
