/** The paid check itself, against the loopback vendor: both readings of an extension, and a launch whose answer never comes. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import { tinyMp4 } from '../../src/adapters/memory/tiny-mp4.ts';
import { veoOn } from '../google-genai/helpers.ts';
import { startGcsServer } from '../support/gcs-server.ts';
import { startVertexServer } from '../support/vertex-server.ts';
import { droppingFetch, priceUsd, verify } from './verify.ts';

const nameOf = (uri: string) => uri.slice('gs://films/'.length);

async function check(extension: 'combined' | 'new-only', finishes: boolean) {
  const bucket = await startGcsServer({ buckets: ['films'] });
  await using google = await startVertexServer({
    extension,
    latencyMs: 50,
    render: async (_job, { seconds }) => tinyMp4({ durationMs: seconds * 1000, width: 720, height: 1280 }),
    onDeliver: (uri, bytes) => void bucket.seed('films', nameOf(uri), bytes, { contentType: 'video/mp4' }),
    readInput: (uri) => bucket.read('films', nameOf(uri)),
  });
  if (!finishes) google.outcome({ kind: 'done' }, 2);
  if (!finishes) google.outcome({ kind: 'never' });
  const storage = gcs({ bucket: 'films', apiEndpoint: bucket.url });
  try {
    const answers = await verify({
      storage,
      video: veoOn(google),
      dropped: veoOn(google, { fetch: droppingFetch(20) }),
      place: 'verify-live/test/',
      tell: () => undefined,
      everyMs: 20,
      patienceMs: finishes ? 20_000 : 300,
    });
    return { answers, jobs: google.jobs.length };
  } finally {
    await bucket.close();
  }
}

test('an extension that comes back whole, and a lost launch that finishes', async () => {
  const { answers, jobs } = await check('combined', true);
  expect(answers).toMatchObject({
    model: 'veo-3.1-fast-generate-001',
    first: { durationMs: 8000 },
    extension: { durationMs: 15_000, comesAs: 'combined', keepsPortrait: true },
    dropped: { effect: 'unknown', finished: true, durationMs: 4000 },
  });
  expect(jobs).toBe(3);
});

test('new seconds alone, and a lost launch that never comes', async () => {
  const { answers, jobs } = await check('new-only', false);
  expect(answers).toMatchObject({
    extension: { comesAs: 'new-seconds' },
    dropped: { effect: 'unknown', finished: false },
  });
  expect(jobs).toBe(3);
});

test('the price is said and nothing is bought without a yes', async () => {
  expect(priceUsd(veoOn({ url: 'http://127.0.0.1:9' }))).toBeCloseTo(1.9);
  const run = (env: Readonly<Record<string, string>>) =>
    promisify(execFile)(process.execPath, [fileURLToPath(new URL('./verify-live.ts', import.meta.url))], {
      env: { ...process.env, ...env },
    });
  const set = { GOOGLE_CLOUD_PROJECT: 'demo', BUCKET_NAME: 'films' };
  await expect(run(set)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('about $1.90') });
  await expect(run({ GOOGLE_CLOUD_PROJECT: '', BUCKET_NAME: '' })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('BUCKET_NAME'),
  });
});
