import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { memoryState, tinyMp4 } from '../../src/adapters/memory/index.ts';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { StateStore, VideoVendor } from '../../src/core/ports.ts';
import type { FilmState } from '../../src/core/state.ts';
import type { Film } from '../../src/core/view.ts';
import { outcomes, studio } from '../support/studio.ts';

const TIMING = { deadlineMs: 120_000, giveUpMs: 86_400_000 };

/** A film whose first take is late and whose second one is under way. */
async function twoTakes() {
  const timing = { ...studio().video.model.timing, ...TIMING };
  const made = studio({ outcomes: outcomes('running', 'done'), model: { timing } });
  const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 8 });
  await made.run(videoId, (film: Film) => film.blocks[0]?.takes.at(-1)?.take === 2);
  const { film } = await engineOf(made.films).films.load(videoId);
  return { made, videoId, takes: film.blocks[0]?.takes ?? [] };
}

const markOf = async ({ storage }: ReturnType<typeof studio>, videoId: string, token: string) => {
  const name = `${videoId}/takes/1-1/sample_0.mp4`;
  const video = tinyMp4({ durationMs: 8_000, width: 720, height: 1280 });
  const { revision } = await storage.put(name, sourceOf(video), { ifRevision: null });
  const mark = JSON.stringify({ take: 1, token, name, revision, operation: null });
  await storage.put(`${videoId}/accepted/1-r1.json`, mark, { ifRevision: null, metadata: { token, take: '1' } });
};

/** The states that were saved, in order. */
function recorded(): { readonly state: StateStore; readonly saves: FilmState[] } {
  const inner = memoryState();
  const saves: FilmState[] = [];
  const state: StateStore = {
    ...inner,
    save: async (request) => {
      const saved = await inner.save(request);
      saves.push(request.state as unknown as FilmState);
      return saved;
    },
  };
  return { state, saves };
}

describe('an acceptance', () => {
  it('is told in one save with the take’s end and the next intent, its mark before it', async () => {
    const { state, saves } = recorded();
    const { films, run, storage } = studio({ pipeline: { state } });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId);
    const finished = saves.findIndex((film) => film.blocks[0]?.takes[0]?.outcome?.kind === 'finished');
    const [before, after] = [saves[finished - 1], saves[finished]];
    assert.equal(before?.blocks[0]?.accepted, undefined);
    assert.equal(after?.blocks[0]?.accepted?.fixed, true);
    assert.equal(after?.published[`${videoId}/block_1.mp4`]?.token, after?.blocks[0]?.takes[0]?.token);
    assert.equal(after?.blocks[1]?.takes.length, 1);
    assert.ok(await storage.head(`${videoId}/accepted/1-r1.json`));
  });

  it('follows the mark of another take of the round, measured where the state has not seen it', async () => {
    const { made, videoId, takes } = await twoTakes();
    await markOf(made, videoId, takes[0]?.token ?? '');
    const film = await made.run(videoId);
    assert.equal(film.status, 'completed');
    assert.equal(film.blocks[0]?.acceptedTake, 1);
    assert.deepEqual(
      film.orphans.map(({ take }) => take),
      [2],
    );
    const shown = await made.storage.head(`${videoId}/block_1.mp4`);
    assert.equal(shown?.metadata.token, takes[0]?.token);
  });

  it('by a worker that stood still and knows nothing of the take that was shown meanwhile changes nothing', async () => {
    const timing = { ...studio().video.model.timing, ...TIMING };
    const { films, host, run, clock, storage, video } = studio({ model: { timing } });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 8 });
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(100_000);
    const isMark = (name: string): boolean => name.includes('/accepted/');
    const log = faults().on('put', { delayMs: 1_000_000, clock, times: 1, when: isMark } as never);
    const slow = host({ storage: withFaults(storage, log) }).advance(videoId);
    const { film: begun } = await engineOf(films).films.load(videoId);
    const look: VideoVendor['look'] = async (operation, options) =>
      operation === begun.blocks[0]?.takes[0]?.operation ? { status: 'running' } : video.look(operation, options);
    const film = await run(videoId, undefined, host({ video: { ...video, look, outputs: /nowhere/ } }));
    assert.equal(film.blocks[0]?.acceptedTake, 2);
    await clock.advance(1_000_000);
    await slow;
    assert.equal(log.happened, 1);
    const end = await films.get(videoId);
    assert.equal(end.status, 'completed');
    assert.equal(end.blocks[0]?.acceptedTake, 2);
  });

  it('stops where the mark names a take that is known to have failed', async () => {
    const made = studio({ outcomes: outcomes('failed', 'done') });
    const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 8 });
    await made.run(videoId, (film: Film) => film.blocks[0]?.takes[0]?.status === 'launched');
    const { film } = await engineOf(made.films).films.load(videoId);
    await made.run(videoId, (present: Film) => present.blocks[0]?.takes.at(-1)?.take === 2);
    await markOf(made, videoId, film.blocks[0]?.takes[0]?.token ?? '');
    const end = await made.run(videoId);
    assert.equal(end.status === 'needs-input' && end.reason.code, 'rebuild');
  });

  it('stops where the mark names a take that the state does not know', async () => {
    const { made, videoId } = await twoTakes();
    await markOf(made, videoId, 'of an older database');
    const film = await made.run(videoId);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'rebuild');
  });

  it('that does not work out at once costs the take nothing: its end is told, and it is accepted later', async () => {
    const down = () => new ReelstateError('retryable', 'Down.', { code: 'storage-unavailable', effect: 'unknown' });
    const log = faults().on('copy', { error: down, times: 2 });
    const made = studio();
    const films = made.host({ storage: withFaults(made.storage, log) });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const film = await made.run(videoId, undefined, films);
    assert.equal(film.status, 'completed');
    assert.equal(made.video.posts.length, 1);
    assert.ok(log.happened > 0);
  });
});
