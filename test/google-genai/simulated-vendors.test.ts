/** Real media through the real client libraries: a film's two blocks, looked at and listened to. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { whisper } from '../../src/adapters/openai/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import { spoken, startSimulatedServers } from '../support/simulated-vendors.ts';
import { geminiOn, launchRequest, veoOn } from './helpers.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'reelstate-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a prompt is read back as what is seen and what is said', () => {
  expect(
    spoken('A baker. The speaker says in French: Bonjour: à tous. No subtitles, no captions, no on-screen text.'),
  ).toEqual({
    visual: 'A baker.',
    language: 'fr',
    dialogue: 'Bonjour: à tous.',
  });
});

test('Veo films and extends, Whisper hears what is said', async () => {
  const bucket = new Map<string, Uint8Array>();
  await using servers = await startSimulatedServers({
    folder: path.join(folder, 'vendors'),
    size: { width: 90, height: 160 },
    google: { onDeliver: (uri, bytes) => void bucket.set(uri, bytes), readInput: (uri) => bucket.get(uri) },
  });
  const video = veoOn(servers.google);
  const start = await video.launch(launchRequest({ seconds: 4 }));
  const first = await video.look(start.operation);
  const uri = first.status === 'done' ? first.output.uri : '';
  const prompt = { dialogue: 'The bread is ready', language: 'en', visual: 'A loaf' };
  const input = { uri, revision: '1', durationMs: 4000, operation: start.operation };
  const more = await video.launch(launchRequest({ prompt, seconds: 7, extends: input }));
  const second = await video.look(more.operation);
  const bytes = bucket.get(second.status === 'done' ? second.output.uri : '') ?? new Uint8Array();
  expect(await measureMp4(sourceOf(bytes))).toMatchObject({
    durationMs: 11_000,
    width: 90,
    height: 160,
    hasAudio: true,
  });

  const file = path.join(folder, 'film.mp4');
  await writeFile(file, bytes);
  const audio = await ffmpeg().audio(
    { ...sourceOf(bytes), path: file },
    { fromMs: 4000, durationMs: 7000, timeoutMs: 60_000 },
  );
  try {
    const heard = await whisper({ baseURL: servers.openai.baseURL }).transcribe(audio, {
      language: 'en',
      durationMs: 7000,
    });
    expect(heard.words.map((word) => word.text).join(' ')).toMatch(/The bread is ready/i);
    expect(heard.words.every((word) => word.endMs <= 7000)).toBe(true);
  } finally {
    await audio.dispose();
  }
});

test('Gemini answers with a script that can be filmed', async () => {
  await using servers = await startSimulatedServers({ folder: path.join(folder, 'writer') });
  const schema = { type: 'object', properties: { title: { type: 'string' } }, required: ['title'] };
  const { value } = await geminiOn(servers.google).generate({
    instructions: 'Answer with a title.',
    input: 'Bread',
    schema,
  });
  expect(value).toEqual({ title: expect.any(String) });
});
