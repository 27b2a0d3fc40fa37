/** `make --live`: what it wants, what it asks, and a film by it with the vendors' loopback servers. */
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OAuth2Client } from 'google-auth-library';
import { describe, expect, test } from 'vitest';
import { videoModel } from '../../src/adapters/google-genai/index.ts';
import { becomeLive, liveVendorsOf, openLive, vendorsOf } from '../../src/cli/live.ts';
import { runToEnd } from '../../src/index.ts';
import { caught, rejection } from '../google-genai/helpers.ts';
import { startGcsServer } from '../support/gcs-server.ts';
import { startSimulatedServers } from '../support/simulated-vendors.ts';
import { cli, scratchFolders } from './support.ts';

const scratch = scratchFolders();
const vertex = { GOOGLE_CLOUD_PROJECT: 'demo', BUCKET_NAME: 'films', OPENAI_API_KEY: 'sk-canary000000' };
const none = {
  GOOGLE_CLOUD_PROJECT: '',
  GCP_PROJECT: '',
  BUCKET_NAME: '',
  GEMINI_API_KEY: '',
  GOOGLE_API_KEY: '',
  OPENAI_API_KEY: '',
};

describe('which vendors', () => {
  test('Vertex AI with a bucket, else an API key', () => {
    expect(vendorsOf(vertex)).toEqual({ by: 'vertex', project: 'demo', bucket: 'films' });
    expect(vendorsOf({ GEMINI_API_KEY: 'k', OPENAI_API_KEY: 'k' })).toEqual({ by: 'gemini-api' });
    expect(vendorsOf({ ...vertex, BUCKET_NAME: '', GEMINI_API_KEY: 'k' })).toEqual({ by: 'gemini-api' });
  });

  test('what is missing is named', () => {
    expect(caught(() => vendorsOf({ ...vertex, OPENAI_API_KEY: '' })).message).toContain('OPENAI_API_KEY');
    const { code, cure } = caught(() => vendorsOf({ OPENAI_API_KEY: 'k', GOOGLE_CLOUD_PROJECT: 'demo' }));
    expect([code, cure]).toEqual(['invalid-arguments', expect.stringMatching(/BUCKET_NAME.*GEMINI_API_KEY/)]);
  });

  test('a folder is live or simulated, and stays with its vendors; no key is written down', async () => {
    const out = scratch();
    expect(await liveVendorsOf(out)).toBeUndefined();
    await becomeLive(out, vertex);
    expect(await liveVendorsOf(out)).toEqual({ by: 'vertex', project: 'demo', bucket: 'films' });
    expect(await becomeLive(out, vertex)).toEqual(await liveVendorsOf(out));
    expect((await rejection(becomeLive(out, { ...vertex, BUCKET_NAME: 'other' }))).message).toContain('other vendors');
    const simulated = scratch();
    mkdirSync(join(simulated, '.reelstate-data'));
    writeFileSync(join(simulated, '.reelstate-data/films.db'), '');
    expect((await rejection(becomeLive(simulated, vertex))).message).toContain('simulated films');
  });
});

describe('asking', () => {
  test('without a yes nothing is created, and the price is said', async () => {
    const out = scratch();
    const args = ['make', '--live', '--theme', 'Bees', '--duration', '15', '--out', out];
    const { code, stdout, stderr } = await cli(args, { env: { ...none, ...vertex } });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/\$1\.50\s+video, 2 blocks by veo-3\.1-fast-generate-001/);
    expect(stderr).toMatch(/This spends real money: about \$1\.\d\d, at most \$2\.\d\d\.[\s\S]*--yes/);
    const json = await cli([...args, '--json'], { env: { ...none, ...vertex } });
    expect([json.code, JSON.parse(json.stdout)]).toMatchObject([2, { error: { code: 'invalid-arguments' } }]);
    const { stdout: films } = await cli(['list', '--out', out, '--json'], { env: { ...none, ...vertex } });
    expect(JSON.parse(films)).toMatchObject({ films: [] });
  });

  test('without keys it says which', async () => {
    const { code, stderr } = await cli(['make', '--live', '--theme', 'Bees', '--out', scratch()], { env: none });
    expect([code, stderr]).toEqual([2, expect.stringContaining('OPENAI_API_KEY')]);
  });
});

const timing = {
  ...videoModel('veo-3.1-fast-generate-001').timing,
  floorMs: 300,
  worstMs: 60_000,
  deadlineMs: 60_000,
  giveUpMs: 120_000,
  lookDelayMs: 100,
};

test('a film through Vertex AI and a bucket lies on this machine in the end', { timeout: 180_000 }, async () => {
  const out = scratch();
  const nameOf = (uri: string) => uri.slice('gs://films/'.length);
  const bucket = await startGcsServer({ buckets: ['films'] });
  await using servers = await startSimulatedServers({
    folder: join(out, 'vendors'),
    size: { width: 90, height: 160 },
    google: {
      latencyMs: 300,
      onDeliver: (uri, bytes) => void bucket.seed('films', nameOf(uri), bytes, { contentType: 'video/mp4' }),
      readInput: (uri) => bucket.read('films', nameOf(uri)),
    },
  });
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'loopback' });
  const host = await openLive(out, await becomeLive(out, vertex), {
    storage: { apiEndpoint: bucket.url },
    google: { location: 'us-central1', baseUrl: servers.google.url, googleAuthOptions: { authClient } },
    openai: { baseURL: servers.openai.baseURL },
    model: { timing },
  });
  try {
    expect(host.simulated).toBe(false);
    const { videoId } = await host.films.create({ theme: 'Bees', durationSeconds: 8 });
    const film = await runToEnd(host.films, videoId);
    if (film.status !== 'completed') throw new Error(film.status);
    expect(host.pathOf(film)).toBe(`gs://films/${videoId}/final.mp4`);
    await host.fetch?.(film);
    expect(host.pathOf(film)).toBe(join(out, videoId, 'final.mp4'));
    expect(statSync(host.pathOf(film)).size).toBe(bucket.read('films', `${videoId}/final.mp4`)?.length);
    expect(existsSync(join(out, '.reelstate-data/films.db'))).toBe(true);
  } finally {
    await host.close();
    await bucket.close();
  }
});
