import { expect, test } from 'vitest';
import { gemini, omni, veo } from '../../src/adapters/google-genai/index.ts';
import { llmContract } from '../../src/adapters/testing/index.ts';
import type { LaunchRequest } from '../../src/core/ports.ts';
import { rejection } from '../google-genai/helpers.ts';
import { live } from './support.ts';

const MINUTE = 60_000;
const bucket = process.env.BUCKET_NAME ?? '';
const place = `gs://${bucket}/reelstate-live/${Date.now()}/`;
const nobody = '00000000-0000-4000-8000-000000000000';

const request = (changes: Partial<LaunchRequest> = {}): LaunchRequest => ({
  prompt: {
    dialogue: 'The bread is ready.',
    language: 'en',
    visual: 'A loaf of bread on a wooden table, morning light',
  },
  seconds: 4,
  aspectRatio: '9:16',
  resolution: '720p',
  outputPlace: place,
  labels: { film: 'live-check', block: '1', take: '1' },
  ...changes,
});

live('gemini() with an API key', ['GEMINI_API_KEY'], () => {
  const llm = () => gemini(undefined, { apiKey: process.env.GEMINI_API_KEY ?? '' });
  test.each(llmContract(() => ({ llm: llm() })))('$name', { timeout: 3 * MINUTE }, ({ run }) => run());
});

live('gemini() on Vertex AI', ['GOOGLE_CLOUD_PROJECT'], () => {
  test.each(llmContract(() => ({ llm: gemini() })))('$name', { timeout: 3 * MINUTE }, ({ run }) => run());
});

live('veo(), what is free', ['GOOGLE_CLOUD_PROJECT', 'BUCKET_NAME'], () => {
  test('an operation that nobody launched is gone', async () => {
    const project = process.env.GOOGLE_CLOUD_PROJECT;
    const name = `projects/${project}/locations/us-central1/publishers/google/models/veo-3.1-fast-generate-001/operations/${nobody}`;
    expect(await veo().look(name)).toEqual({ status: 'gone' });
  });

  test('a model that never was is not launched', async () => {
    const { limits, timing, pricePerSecond, asOf } = veo().model;
    const error = await rejection(
      veo('veo-0.0-generate-001', { model: { limits, timing, pricePerSecond, asOf } }).launch(request()),
    );
    expect(error).toMatchObject({ kind: 'permanent', effect: 'none' });
  });
});

live('veo(), 4 s for about $0.40', ['REELSTATE_LIVE_VIDEO', 'GOOGLE_CLOUD_PROJECT', 'BUCKET_NAME'], () => {
  test('launches, and finds the result in its place', { timeout: 15 * MINUTE }, async () => {
    const { operation } = await veo().launch(request());
    await expect
      .poll(async () => (await veo().look(operation, { outputPlace: place })).status, {
        timeout: 12 * MINUTE,
        interval: 10_000,
      })
      .toBe('done');
  });
});

live('omni(), what is free', ['GEMINI_API_KEY'], () => {
  test('an interaction that nobody launched is gone', async () => {
    expect(await omni(undefined, { apiKey: process.env.GEMINI_API_KEY ?? '' }).look(nobody)).toEqual({
      status: 'gone',
    });
  });
});

live('omni(), 4 s for about $0.40', ['REELSTATE_LIVE_VIDEO', 'GEMINI_API_KEY'], () => {
  test('launches, and gives the bytes of an mp4', { timeout: 15 * MINUTE }, async () => {
    const video = omni(undefined, { apiKey: process.env.GEMINI_API_KEY ?? '' });
    const { operation } = await video.launch(request());
    let uri = '';
    const look = async () => {
      const found = await video.look(operation);
      if (found.status === 'done') uri = found.output.uri;
      return found.status;
    };
    await expect.poll(look, { timeout: 12 * MINUTE, interval: 10_000 }).toBe('done');
    const source = await video.open?.({ uri });
    const head = new Uint8Array(await new Response(source?.open({ start: 4, end: 8 })).arrayBuffer());
    expect(new TextDecoder().decode(head)).toBe('ftyp');
  });
});
