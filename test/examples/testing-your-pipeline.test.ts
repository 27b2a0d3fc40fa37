// The tests that docs/testing-your-pipeline.md shows.
import assert from 'node:assert/strict';
import { createPipeline, type PipelineOptions } from 'reelstate';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
} from 'reelstate/memory';
import { Crash, faults, stateContract, storageContract, withFaults } from 'reelstate/testing';
import { describe, test } from 'vitest';

/** Everything in memory; a test replaces what it is about. */
function studio(outcomes: NonNullable<Parameters<typeof fakeVideo>[0]>['outcomes'] = []) {
  const clock = manualClock();
  const storage = memoryStorage();
  const video = fakeVideo({ storage, clock, outcomes });
  const ports = {
    clock,
    storage,
    state: memoryState(),
    llm: fakeLlm(),
    video,
    transcription: fakeTranscriber(),
    media: fakeMedia(),
  };

  /** Advances until the film rests, moving the time to each wake. */
  async function run(videoId: string, replaced: Partial<PipelineOptions> = {}) {
    const films = createPipeline({ ...ports, ...replaced });
    for (;;) {
      const film = await films.advance(videoId);
      if (film.status !== 'waiting') return film;
      await clock.advance(Math.max(1, film.wakeAt - clock.now()));
    }
  }

  return { ...ports, films: createPipeline(ports), run };
}

test('a take that fails inside the vendor is made again, and is free', async () => {
  const { films, run, video } = studio(['failed', 'done']);
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  const film = await run(videoId);
  assert.equal(film.status, 'completed');
  assert.equal(video.posts.length, 2);
  assert.ok(film.cost.chargedUsd < 0.85); // one block of $0.80, the script and the transcription
});

test('a bucket that hiccups costs time and no money', async () => {
  const { films, run, storage, video } = studio();
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
  const bad = faults().on('put', { error: new Error('503'), times: 3, after: 2 });
  const film = await run(videoId, { storage: withFaults(storage, bad) });
  assert.equal(bad.happened, 3);
  assert.equal(film.status, 'completed');
  assert.equal(video.books.length, 2);
});

test('a process that dies right after a launch does not buy it again', async () => {
  const { films, run, storage, state, video } = studio();
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
  const death = faults().on('launch', { crash: true, moment: 'after' });
  // A dead process writes nothing any more: all its ports share its death.
  const dying = {
    video: withFaults(video, death),
    storage: withFaults(storage, death),
    state: withFaults(state, death),
  };
  await assert.rejects(run(videoId, dying), Crash);
  const film = await run(videoId); // another process finds the film
  assert.equal(film.status, 'completed');
  assert.equal(video.books.length, 2); // two blocks, two launches
});

test('the daily budget of an owner is kept', async () => {
  const { films, run } = studio();
  const limits = { ownerPerDayUsd: 1 };
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15, owner: 'alice' });
  const film = await run(videoId, { limits });
  assert.equal(film.status, 'completed'); // block 2 waited for the next day
  assert.ok(film.updatedAt - film.createdAt > 3_600_000);
});

describe('adapters of ours keep the contracts', () => {
  for (const { name, run } of storageContract(() => memoryStorage())) test(name, run);
  for (const { name, run } of stateContract(() => memoryState())) test(name, run);
});
