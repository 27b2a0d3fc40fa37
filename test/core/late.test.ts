import { strict as assert } from 'node:assert';
import { describe, it } from 'vitest';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { killSwitch } from '../../src/admin/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { VideoVendor } from '../../src/core/ports.ts';
import { outcomes, studio } from '../support/studio.ts';

const PAST_DEADLINE = 1_000_000;
const unanswered = () => new ReelstateError('retryable', 'The vendor does not answer.', { code: 'unavailable' });
const result = () => sourceOf(tinyMp4({ durationMs: 8_000, width: 720, height: 1280 }));
const film = { theme: 'Bees', durationSeconds: 8, maxUsd: 3 };

/** A film whose only take was launched, and a host whose vendor answers no looks. */
async function launched(options: Parameters<typeof studio>[0] = {}) {
  const made = studio(options);
  const { films, host, run, video } = made;
  const { videoId } = await films.create(film);
  await run(videoId, () => video.posts.length === 1);
  const log = faults().on('look', { error: unanswered });
  const deaf = host({ video: withFaults(video as VideoVendor, log) });
  /** Turns of that host until well past the deadline. */
  const waitInVain = async () => {
    await made.clock.advance(PAST_DEADLINE);
    for (let turn = 0; turn < 8; turn += 1) {
      await deaf.advance(videoId);
      await made.clock.advance(60_000);
    }
    assert.ok(log.happened > 0);
  };
  return { ...made, videoId, waitInVain };
}

describe('a take that the vendor does not speak of', () => {
  it('is brought in from its place: nothing is bought again', async () => {
    const { films, videoId, video, waitInVain } = await launched();
    await waitInVain();
    assert.equal((await films.get(videoId)).status, 'completed');
    assert.equal(video.posts.length, 1);
  });

  it('is late where its place is empty, and the next one is bought', async () => {
    const { films, videoId, video, waitInVain } = await launched({ outcomes: outcomes('running') });
    await waitInVain();
    assert.equal((await films.get(videoId)).blocks[0]?.takes[0]?.status, 'late');
    assert.equal(video.posts.length, 2);
  });

  it('is asked after as late as the vendor wants', async () => {
    const { films, host, run, clock, video } = studio();
    const { videoId } = await films.create(film);
    let looks = 0;
    const look = async () => {
      looks += 1;
      throw new ReelstateError('throttled', 'Slow down.', { code: 'too-many-requests', retryAfterMs: 60_000 });
    };
    const slow = host({ video: { ...video, look } });
    const { wakeAt } = (await run(videoId, () => looks === 1, slow)) as { wakeAt: number };
    assert.ok(wakeAt >= clock.now() + 60_000);
  });

  it('is waited for where only the vendor could tell', async () => {
    const { films, videoId, video, waitInVain, run } = await launched({ adopting: false });
    await waitInVain();
    assert.equal((await films.get(videoId)).blocks[0]?.takes[0]?.status, 'launched');
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 1);
  });
});

describe('a take that comes while everybody stands still', () => {
  it('is found by the look before the next one is bought', async () => {
    const { films, host, run, clock, video } = studio();
    const { videoId } = await films.create(film);
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(PAST_DEADLINE);
    let looks = 0;
    const look: VideoVendor['look'] = async (...of) => {
      looks += 1;
      return looks === 1 ? { status: 'running' } : video.look(...of);
    };
    const end = await run(videoId, () => false, host({ video: { ...video, look } }));
    assert.equal(end.status, 'completed');
    const takes = end.blocks[0]?.takes.map(({ status, code }) => code ?? status);
    assert.deepEqual(takes, ['finished', 'late-take']);
    assert.equal(video.posts.length, 1);
  });

  it('is found where it lies, whatever the vendor says of it', async () => {
    const { films, run, clock, video, storage } = studio({ outcomes: outcomes('running') });
    const { videoId } = await films.create(film);
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(100_000);
    await storage.put(`${videoId}/takes/1-1/000000000001/sample_0.mp4`, result(), { ifRevision: null });
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 1);
  });

  it('is found after it was given up for lost, while the next launch was held back', async () => {
    const { films, run, video, storage } = studio({ outcomes: outcomes('gone') });
    const { videoId } = await films.create(film);
    await run(videoId, () => video.posts.length === 1);
    await killSwitch(films, true);
    await run(videoId, (view) => view.blocks[0]?.takes[0]?.status === 'lost');
    await storage.put(`${videoId}/takes/1-1/000000000001/sample_0.mp4`, result(), { ifRevision: null });
    await killSwitch(films, false);
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 1);
  });

  it('has its whole time from the vendor’s answer, however long ago it was intended', async () => {
    const { films, host, run, clock, video } = studio();
    const { videoId } = await films.create(film);
    const log = faults().on('launch', { delayMs: PAST_DEADLINE, clock, times: 1 });
    let left = false;
    const slow = host({ video: withFaults(video as VideoVendor, log) })
      .advance(videoId)
      .finally(() => {
        left = true;
      });
    while (!left) await clock.advance(1_000);
    await slow;
    const end = await run(videoId);
    assert.equal(end.status, 'completed');
    assert.deepEqual(
      end.blocks[0]?.takes.map((take) => take.status),
      ['finished'],
    );
    assert.equal(video.posts.length, 1);
  });
});
