/** A French film through the real client libraries: Gemini writes, Veo films into the bucket, Whisper hears, ffmpeg cuts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import { whisper } from '../../src/adapters/openai/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import { createPipeline, runToEnd } from '../../src/index.ts';
import { startGcsServer } from '../support/gcs-server.ts';
import { startSimulatedServers } from '../support/simulated-vendors.ts';
import { geminiOn, veoOn } from './helpers.ts';

const nameOf = (uri: string) => uri.slice('gs://films/'.length);
/** Real media on a busy machine takes seconds, and so may everything that waits for it. */
const timing = {
  floorMs: 100,
  worstMs: 60_000,
  deadlineMs: 60_000,
  giveUpMs: 120_000,
  launchTimeoutMs: 15_000,
  launchWithinMs: 15_000,
  lookDelayMs: 50,
};

test('two blocks, each bought once, though every vendor stumbles', { timeout: 180_000 }, async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelstate-'));
  const bucket = await startGcsServer({ buckets: ['films'] });
  await using servers = await startSimulatedServers({
    folder,
    size: { width: 90, height: 160 },
    google: {
      latencyMs: 200,
      onDeliver: (uri, bytes) => void bucket.seed('films', nameOf(uri), bytes, { contentType: 'video/mp4' }),
      readInput: (uri) => bucket.read('films', nameOf(uri)),
    },
  });
  const { google, openai } = servers;
  google.fault({ on: 'generate', kind: 'lose' });
  google.fault({ on: 'launch', kind: '429', retryAfter: 0 });
  google.fault({ on: 'look', kind: 'truncate', times: 2 });
  openai.fault({ on: 'transcribe', kind: 'reset' });
  const films = createPipeline({
    storage: gcs({ bucket: 'films', apiEndpoint: bucket.url }),
    state: memoryState(),
    llm: geminiOn(google),
    video: veoOn(google, { model: { timing } }),
    transcription: whisper({ baseURL: openai.baseURL, retryDelayMs: 1 }),
    media: ffmpeg(),
  });
  try {
    const { videoId } = await films.create({ theme: 'Intelligence artificielle', durationSeconds: 15, language: 'fr' });
    const film = await runToEnd(films, videoId);
    expect(film).toMatchObject({ status: 'completed', output: { durationMs: 15_000 } });
    expect(google.jobs.map(({ seconds, inputSeconds, labels }) => [seconds, inputSeconds, labels.block])).toEqual([
      [8, 0, '1'],
      [7, 8, '2'],
    ]);
    expect(google.chargedMicroUsd).toBe(1_500_000);
    expect(google.jobs[1]?.prompt).toContain('The speaker says in French: ');
    const final = bucket.read('films', `${videoId}/final.mp4`) ?? new Uint8Array();
    expect(await measureMp4(sourceOf(new Uint8Array(final)))).toMatchObject({ durationMs: 15_000, hasAudio: true });
    expect(String(bucket.read('films', `${videoId}/captions.srt`))).toContain('artificielle');
  } finally {
    await bucket.close();
    await rm(folder, { recursive: true, force: true });
  }
});
