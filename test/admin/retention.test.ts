import { describe, expect, it } from 'vitest';
import { rebuild, retention, spend } from '../../src/admin/index.ts';
import type { Pipeline } from '../../src/core/pipeline.ts';
import { outcomes, studio } from '../support/studio.ts';

const DAY_MS = 86_400_000;

/** A finished film with a take that it does not show. */
async function rerolled(base: ReturnType<typeof studio>): Promise<string> {
  const { videoId } = await base.make({ theme: 'Bees', durationSeconds: 15, owner: 'me' });
  await base.films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1 });
  expect((await base.run(videoId)).status).toBe('completed');
  return videoId;
}

const videosOf = async ({ storage }: ReturnType<typeof studio>, videoId: string) =>
  (await storage.list(`${videoId}/takes/`))
    .filter(({ name }) => name.endsWith('.mp4'))
    .map(({ name }) => name.split('/')[2]);

describe('retention of takes', () => {
  it('deletes the videos that a finished film does not show, after so many days, and keeps marks and published files', async () => {
    const base = studio();
    const videoId = await rerolled(base);
    const before = (await base.storage.list(`${videoId}/`)).map(({ name }) => name);
    await base.clock.advance(29 * DAY_MS);
    expect(await retention(base.films, { keepTakesDays: 30 })).toEqual({
      checked: 1,
      removed: [],
      objects: 0,
      failed: [],
    });
    await base.clock.advance(DAY_MS);
    expect(await retention(base.films, { keepTakesDays: 30 }, { dryRun: true })).toMatchObject({ objects: 1 });
    expect(await videosOf(base, videoId)).toEqual(['1-1', '2-1', '2-2']);
    expect(await retention(base.films, { keepTakesDays: 30 })).toMatchObject({ objects: 1 });
    expect(await videosOf(base, videoId)).toEqual(['1-1', '2-2']);
    const after = (await base.storage.list(`${videoId}/`)).map(({ name }) => name);
    expect(before.filter((name) => !after.includes(name))).toEqual([expect.stringMatching(/\/takes\/2-1\/.*\.mp4$/)]);
    expect(await retention(base.films, { keepTakesDays: 30 })).toMatchObject({ objects: 0 });
  });

  it('leaves a film that can still be shown, looked at, rebuilt and re-rolled', async () => {
    const base = studio();
    const videoId = await rerolled(base);
    await retention(base.films, { keepTakesDays: 0 });
    expect(await base.films.get(videoId)).toMatchObject({ status: 'completed' });
    await rebuild(base.films, videoId);
    await base.films.send(videoId, { type: 'resume' });
    expect((await base.run(videoId)).status).toBe('completed');
    expect(base.video.posts).toHaveLength(3);
    await base.films.send(videoId, { type: 'reroll', block: 1, maxUsd: 2 });
    expect((await base.run(videoId)).status).toBe('completed');
  });

  it('keeps what a failed film would go on from, and nothing of a cancelled one', async () => {
    const base = studio({ outcomes: (_, number) => (number === 2 ? 'rejected' : 'done') });
    const { films, run, clock, video } = base;
    const failed = await films.create({ theme: 'Bees', durationSeconds: 24, chaining: 'independent', captions: false });
    expect((await run(failed.videoId)).status).toBe('failed');
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(30_000);
      await films.advance(failed.videoId);
    }
    const cancelled = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(cancelled.videoId, (film) => film.blocks[0]?.takes[0]?.status === 'launched');
    await films.send(cancelled.videoId, { type: 'cancel' });
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(30_000);
      await films.advance(cancelled.videoId);
    }
    expect(await videosOf(base, cancelled.videoId)).toEqual(['1-1']);
    const before = await videosOf(base, failed.videoId);
    expect(before.length).toBeGreaterThan(0);
    await retention(films, { keepTakesDays: 0 });
    expect(await videosOf(base, cancelled.videoId)).toEqual([]);
    expect(await videosOf(base, failed.videoId)).toEqual(before);
    const launches = video.posts.length;
    await films.send(failed.videoId, { type: 'resume' });
    // Three tasks at once meet in the store, and back off by the clock.
    let isOver = false;
    const end = run(failed.videoId).finally(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(20);
    expect((await end).status).toBe('completed');
    expect(video.posts.length - launches).toBe(3 - before.length);
  });

  it('touches nothing of films that are made, wait for a person, or have takes under way', async () => {
    const base = studio({ outcomes: outcomes('done', 'running') });
    const { films, run, clock, storage } = base;
    const running = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(running.videoId, (film) => film.blocks[1]?.takes[0]?.status === 'launched');
    const asking = await films.create({ theme: 'Bees', durationSeconds: 8, approval: true });
    await films.advance(asking.videoId);
    const cancelled = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(cancelled.videoId, (film) => film.blocks[0]?.takes[0]?.status === 'launched');
    await films.send(cancelled.videoId, { type: 'cancel' });
    const before = await storage.list('');
    await clock.advance(1000);
    const swept = await retention(films, { keepTakesDays: 0, removeFinalAfterDays: 0 });
    expect(swept).toMatchObject({ removed: [], objects: 0, failed: [] });
    expect(await storage.list('')).toEqual(before);
  });
});

describe('retention of films', () => {
  it('removes what is finished for so long, with its themes and transcripts, and keeps what it cost', async () => {
    const base = studio();
    const old = await rerolled(base);
    const { usd } = await spend(base.films, { owner: 'me' });
    const day = new Date(base.clock.now()).toISOString().slice(0, 10);
    await base.clock.advance(90 * DAY_MS);
    const young = await rerolled(base);
    expect(await retention(base.films, { removeFinalAfterDays: 90 }, { dryRun: true })).toMatchObject({
      removed: [old],
    });
    expect(await base.films.get(old)).toMatchObject({ status: 'completed' });
    expect(await retention(base.films, { removeFinalAfterDays: 90 })).toMatchObject({ removed: [old], failed: [] });
    expect(await base.storage.list(`${old}/`)).toEqual([]);
    await expect(base.films.get(old)).rejects.toMatchObject({ code: 'film-not-found' });
    expect(await base.films.get(young)).toMatchObject({ status: 'completed' });
    expect((await spend(base.films, { owner: 'me', day })).usd).toBe(usd);
  });

  it('goes through all films in bounded calls, each once', async () => {
    const { films, make, run } = studio({ outcomes: () => 'done' });
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.push((await make({ theme: 'Bees', durationSeconds: 8 })).videoId);
    const cancelled = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await films.send(cancelled.videoId, { type: 'cancel' });
    await run(cancelled.videoId);
    const seen: string[] = [];
    let calls = 0;
    for (let after: string | undefined; ; calls += 1) {
      const swept = await retention(
        films,
        { removeFinalAfterDays: 0 },
        { limit: 2, dryRun: true, ...(after === undefined ? {} : { after }) },
      );
      expect(swept.checked).toBeLessThanOrEqual(2);
      seen.push(...swept.removed);
      if (swept.next === undefined) break;
      after = swept.next;
    }
    expect(seen.toSorted()).toEqual([...ids, cancelled.videoId].toSorted());
    expect(calls).toBeLessThan(6);
  });

  it('goes on past a film that cannot be read', async () => {
    const { films, make, state } = studio();
    const fine = (await make({ theme: 'Bees', durationSeconds: 8 })).videoId;
    const index = { status: 'completed', metadata: {}, createdAt: Number.MAX_SAFE_INTEGER };
    await state.save({ videoId: 'from-the-future', ifRevision: null, state: { schema: 99 }, wakes: {}, index });
    expect(await retention(films, { removeFinalAfterDays: 0 })).toMatchObject({
      removed: [fine],
      failed: ['from-the-future'],
    });
  });

  it('ends with its signal', async () => {
    const { films, make } = studio();
    await make({ theme: 'Bees', durationSeconds: 8 });
    const swept = await retention(films, { removeFinalAfterDays: 0 }, { signal: AbortSignal.abort() });
    expect(swept).toEqual({ checked: 0, removed: [], objects: 0, failed: [], next: 'completed' });
  });

  it('refuses days that are none', async () => {
    const { films } = studio();
    const sweep = (policy: Parameters<typeof retention>[1], by: Pipeline = films) => retention(by, policy);
    for (const days of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(sweep({ keepTakesDays: days })).rejects.toMatchObject({ code: 'invalid-retention' });
      await expect(sweep({ removeFinalAfterDays: days })).rejects.toMatchObject({ code: 'invalid-retention' });
    }
    await expect(retention(films, {}, { after: 'running x' })).rejects.toMatchObject({ code: 'invalid-retention' });
  });
});
