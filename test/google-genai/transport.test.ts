import type { GoogleGenAI } from '@google/genai';
import { describe, expect, test } from 'vitest';
import type { LazyClient } from '../../src/adapters/google-genai/client.ts';
import { retryAfter } from '../../src/adapters/google-genai/failure.ts';
import { guardedFetch, oneRequest } from '../../src/adapters/google-genai/transport.ts';
import { rejection } from './helpers.ts';

/** A client of ours over a `fetch` that counts; what it does is up to each call. */
function counting() {
  let requests = 0;
  const fetch = guardedFetch(async () => {
    requests += 1;
    return new Response('{}');
  });
  const ai = {} as GoogleGenAI;
  const client: LazyClient = { vertex: true, ours: true, fetch, secrets: [], get: async () => ai };
  return { client, fetch, sent: () => requests };
}

describe('one request', () => {
  test('is all that leaves, even if the SDK wanted another one', async () => {
    const { client, fetch, sent } = counting();
    const twice = async () => {
      await fetch('https://vendor.example/launch', { method: 'POST' });
      return fetch('https://vendor.example/launch', { method: 'POST' });
    };
    expect(await rejection(oneRequest(client, { timeoutMs: 1000 }, twice))).toMatchObject({ effect: 'unknown' });
    expect(sent()).toBe(1);
  });

  test('may be several where the call says that it goes on', async () => {
    const { client, fetch, sent } = counting();
    const twice = async () => {
      await fetch('https://vendor.example/text');
      return fetch('https://vendor.example/text');
    };
    await oneRequest(client, { timeoutMs: 1000, continues: true }, twice);
    expect(sent()).toBe(2);
  });

  test('two at once do not count for each other', async () => {
    const { client, fetch, sent } = counting();
    const once = () => oneRequest(client, { timeoutMs: 1000 }, () => fetch('https://vendor.example/'));
    await Promise.all([once(), once(), once()]);
    expect(sent()).toBe(3);
  });
});

test.for([
  ['7', 7000],
  ['0.5', 500],
  ['Mon, 23 Nov 2026 00:00:10 GMT', 10_000],
  ['Sun, 22 Nov 2026 00:00:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
] as const)('Retry-After %j is %j ms', ([header, expected]) => {
  expect(retryAfter(header, Date.parse('2026-11-23T00:00:00Z'))).toBe(expected);
});
