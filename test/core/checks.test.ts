import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { fakeMedia, tinyMp4 } from '../../src/adapters/memory/index.ts';
import type { Inspection, Media } from '../../src/core/ports.ts';
import { outcomes, studio } from '../support/studio.ts';

const fine: Inspection = { hasAudio: true, black: [], frozen: [], silent: [] };
const inspecting = (...answers: readonly Partial<Inspection>[]): Media => {
  let calls = 0;
  return {
    ...fakeMedia(),
    inspect: async () => {
      const answer = answers[calls] ?? {};
      calls += 1;
      return { ...fine, ...answer };
    },
  };
};

describe('a check of a block that is to be continued', () => {
  for (const [what, found, code] of [
    ['a black end', { black: [{ startMs: 7000, endMs: 8000 }] }, 'black-end'],
    ['a picture that stands still', { frozen: [{ startMs: 6000, endMs: 8000 }] }, 'frozen-end'],
    ['silence where there is a dialogue', { silent: [{ startMs: 0, endMs: 8000 }] }, 'silent'],
    ['no sound at all', { hasAudio: false }, 'silent'],
  ] as const) {
    it(`stops the chain at ${what}, before the next block is bought`, async () => {
      const { films, make, run, video } = studio({ pipeline: { media: inspecting(found) } });
      const film = await make();
      assert.equal(film.status === 'needs-input' && film.reason.code, 'check');
      assert.equal(video.posts.length, 1);
      assert.ok(film.events.some((event) => event.type === 'check-failed' && event.detail === code));
      await films.send(film.videoId, { type: 'resume' });
      assert.equal((await run(film.videoId)).status, 'completed');
      assert.equal(video.posts.length, 2);
    });
  }

  it('is made again for the take that a reroll brings', async () => {
    const { films, make, run } = studio({ pipeline: { media: inspecting({ hasAudio: false }) } });
    const { videoId } = await make();
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 2 });
    const film = await run(videoId);
    assert.equal(film.status, 'completed');
    assert.equal(film.blocks[0]?.acceptedTake, 2);
  });

  it('lets a black moment in the middle pass', async () => {
    const { make } = studio({ pipeline: { media: inspecting({ black: [{ startMs: 2000, endMs: 4000 }] }) } });
    assert.equal((await make()).status, 'completed');
  });

  it('is waited for only so long where the host that inspects is away', async () => {
    const { films, host, run, clock, video } = studio({ pipeline: { media: inspecting() } });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    const monitor = host({ owns: { assembler: false } });
    await run(videoId, () => video.posts.length === 1, monitor);
    const waits = await run(videoId, (film) => film.blocks[0]?.status === 'accepted', monitor);
    assert.equal(video.posts.length, 1);
    const before = clock.now();
    assert.equal(waits.status, 'waiting');
    await run(videoId, () => video.posts.length === 2, monitor);
    assert.ok(clock.now() - before <= 2 * video.model.timing.floorMs);
  });

  it('finds a picture of the wrong shape and length without any media', async () => {
    const wide = tinyMp4({ durationMs: 8000, width: 1280, height: 720, audio: true });
    const { make } = studio({ outcomes: outcomes({ bytes: wide }) });
    const film = await make();
    assert.equal(film.status === 'needs-input' && film.reason.code, 'check');
    assert.match(film.status === 'needs-input' ? film.reason.message : '', /1280x720/);
  });
});
