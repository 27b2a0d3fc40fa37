import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readJournal, simulated } from '../../src/adapters/simulated/index.ts';
import { ffmpegOutput, fileSource, LONG_ENOUGH_MS, SMALL, videoSetting } from './support.ts';

test('the three vendors share a folder, a seed and a clock, and misbehave as they are told', async () => {
  const { clock, folder, request } = await videoSetting();
  const vendor = join(folder, 'all');
  const { llm, video, transcription } = simulated({
    folder: vendor,
    seed: 3,
    clock,
    size: SMALL,
    voice: 'hum',
    background: false,
    speedUp: 10,
    misbehave: {
      llm: [{ when: 1, fault: 'refused' }],
      video: [{ when: ({ film }) => film === 'cursed', fault: { type: 'throttled' } }],
    },
    hear: { drop: 1 },
  });

  const order = { task: 'script', theme: 'Tea', language: 'en', blocks: [{ block: 1, seconds: 4 }] };
  const question = { instructions: 'Write.', input: JSON.stringify(order), schema: { type: 'object' } };
  await expect(llm.generate(question)).rejects.toMatchObject({ kind: 'refused' });
  await llm.generate(question);

  await expect(video.launch(request({ labels: { film: 'cursed' } }))).rejects.toMatchObject({ kind: 'throttled' });
  const { operation } = await video.launch(request());
  await clock.advance(LONG_ENOUGH_MS);
  const look = await video.look(operation);
  if (look.status !== 'done') throw new Error(`not done but ${look.status}`);

  const audio = join(folder, 'audio.flac');
  await ffmpegOutput('-i', fileURLToPath(look.output.uri), '-vn', '-ac', '1', '-ar', '16000', audio);
  const heard = await transcription.transcribe(await fileSource(audio), { language: 'en', durationMs: 4000 });
  expect(heard.words).toEqual([]);

  expect((await readJournal(vendor)).map(({ event }) => event)).toEqual([
    'generated',
    'rejected',
    'launched',
    'charged',
    'delivered',
    'transcribed',
  ]);
});
