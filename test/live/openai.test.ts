import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { whisper } from '../../src/adapters/openai/index.ts';
import { simulated } from '../../src/adapters/simulated/index.ts';
import { transcriptionContract } from '../../src/adapters/testing/index.ts';
import { readAll, sourceOf } from '../../src/core/bytes.ts';
import type { TemporarySource } from '../../src/core/ports.ts';
import { launchRequest } from '../google-genai/helpers.ts';
import { live } from './support.ts';

live('whisper(), a few seconds for less than a cent', ['OPENAI_API_KEY'], () => {
  const durationMs = 8000;
  let folder: string;
  let audio: TemporarySource;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'reelstate-'));
    const { video } = simulated({ folder, speedUp: 1_000_000, background: false, size: { width: 90, height: 160 } });
    const prompt = {
      dialogue: 'The bread is ready, and the whole street can smell it.',
      language: 'en',
      visual: 'A loaf',
    };
    const { operation } = await video.launch(launchRequest({ prompt, outputPlace: `file://${folder}/` }));
    const look = await video.look(operation);
    if (look.status !== 'done') throw new Error(`The simulated vendor says ${look.status}.`);
    const bytes = await readAll((await video.open(look.output)).open());
    const film = path.join(folder, 'film.mp4');
    await writeFile(film, bytes);
    audio = await ffmpeg().audio({ ...sourceOf(bytes), path: film }, { fromMs: 0, durationMs, timeoutMs: 60_000 });
  });
  afterAll(async () => {
    await audio?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  const cases = transcriptionContract(() => ({ transcriber: whisper(), audio, durationMs }));
  test.each(cases)('$name', { timeout: 120_000 }, ({ run }) => run());
});
