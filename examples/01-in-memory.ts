/**
 * A whole film in memory, in milliseconds: fakes for every vendor, and a clock that is moved by hand. Nothing is rendered; what is real is
 * the pipeline: retries, money, recovery. Run it with `npm run example -- examples/01-in-memory.ts`.
 */
import assert from 'node:assert/strict';
import { createPipeline } from 'reelstate';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
} from 'reelstate/memory';

const clock = manualClock();
const storage = memoryStorage();
// The first take fails inside the vendor; the answer to the launch of the second one gets lost on its way.
const video = fakeVideo({ storage, clock, outcomes: ['failed', 'lost-answer', 'done'] });

const films = createPipeline({
  clock,
  storage,
  state: memoryState(),
  llm: fakeLlm(),
  video,
  transcription: fakeTranscriber(),
  media: fakeMedia(),
});

const { videoId } = await films.create({ theme: 'Why is the sky blue?', durationSeconds: 15 });

let film = await films.advance(videoId);
while (film.status === 'waiting') {
  await clock.advance(film.wakeAt - clock.now());
  film = await films.advance(videoId);
}

assert.equal(film.status, 'completed');
// Three launches reached the vendor: the one that failed, the one whose answer was lost (adopted, not bought again), and block 2.
assert.equal(video.books.length, 3);
for (const { type, block, take, detail } of film.events) {
  console.log(type, block ? `block ${block}` : '', take ? `take ${take}` : '', detail ?? '');
}
console.log(`${film.output.durationMs / 1000} s for $${film.cost.chargedUsd.toFixed(2)}`);
