/** A process that makes one film on a folder and a SQLite file, until it is done or killed: `node child.ts FOLDER VENDOR-URL`. */
import { join } from 'node:path';
import { folder, sqlite } from '../../../src/adapters/local/index.ts';
import { fakeLlm, fakeMedia, fakeTranscriber } from '../../../src/adapters/memory/index.ts';
import { createPipeline } from '../../../src/core/pipeline.ts';
import { machineClock, quickModel, VIDEO } from './setting.ts';
import { vendorAt } from './vendor-client.ts';

const [place = '', url = ''] = process.argv.slice(2);
const pipeline = createPipeline({
  storage: folder(join(place, 'films')),
  state: sqlite(join(place, 'state.db')),
  video: vendorAt(url),
  model: quickModel,
  llm: fakeLlm(),
  transcription: fakeTranscriber(),
  media: fakeMedia(),
  clock: machineClock,
  leaseMs: 500,
});

await pipeline.create({ theme: 'Lighthouses', durationSeconds: 15, videoId: VIDEO, maxUsd: 50 });
console.info('begun');
for (;;) {
  const film = await pipeline.advance(VIDEO);
  if (film.status !== 'waiting') {
    console.info(film.status === 'needs-input' ? `${film.status}: ${film.reason.message}` : film.status);
    break;
  }
  await machineClock.sleep(Math.max(1, Math.min(200, film.wakeAt - machineClock.now())));
}
