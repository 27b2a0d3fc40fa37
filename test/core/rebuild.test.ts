import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'vitest';
import { sqlite } from '../../src/adapters/local/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import { killSwitch, orphans, rebuild, remove, spend } from '../../src/admin/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { outcomes, studio } from '../support/studio.ts';

describe('rebuild', () => {
  const phases: readonly (readonly [string, (posts: number, status: string) => boolean])[] = [
    ['the script is written', (posts) => posts === 0],
    ['block 1 is under way', (posts) => posts === 1],
    ['block 2 is under way', (posts) => posts === 2],
    ['the film is completed', (_, status) => status === 'completed'],
  ];
  for (const [what, reached] of phases) {
    it(`brings a film back from its bucket when ${what}, and buys nothing again`, async () => {
      const { films, run, host, video } = studio();
      const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
      await run(videoId, (film) => film.script !== undefined && reached(video.posts.length, film.status));
      const after = host({ state: memoryState() });
      const rebuilt = await rebuild(after, videoId);
      assert.equal(rebuilt.status === 'needs-input' && rebuilt.reason.code, 'rebuild');
      const film = await after.send(videoId, { type: 'resume' }).then(() => run(videoId, () => false, after));
      assert.equal(film.status, 'completed');
      assert.equal(video.posts.length, 2);
    });
  }

  it('from a day-old backup keeps what the bucket knows', async () => {
    const { films, run, state, host, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 22 });
    await run(videoId, () => video.posts.length === 1);
    const old = await state.load(videoId);
    await run(videoId, () => video.posts.length === 3);
    const restored = memoryState();
    const index = { status: 'running', metadata: {}, createdAt: 0 };
    await restored.save({ videoId, ifRevision: null, state: old?.state ?? {}, wakes: {}, index });
    const after = host({ state: restored });
    const found = await run(videoId, () => false, after);
    assert.equal(found.status === 'needs-input' && found.reason.code, 'rebuild');
    await rebuild(after, videoId);
    await after.send(videoId, { type: 'resume' });
    assert.equal((await run(videoId, () => false, after)).status, 'completed');
    assert.equal(video.posts.length, 3);
  });

  it('brings a film back whose stored state is damaged; one of a newer version it leaves alone', async () => {
    const { films, run, state, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 2);
    const overwrite = async (more: JsonObject) => {
      const stored = await state.load(videoId);
      const index = { status: 'running', metadata: {}, createdAt: 0 };
      const ifRevision = stored?.revision ?? null;
      await state.save({ videoId, ifRevision, state: { ...stored?.state, ...more }, wakes: {}, index });
    };
    await overwrite({ schema: 2 });
    await assert.rejects(rebuild(films, videoId), { code: 'state-newer' });
    const counted = () => state.counters.read(['launches-under-way', 'spend/day/2026-01-01']);
    const before = await counted();
    await overwrite({ schema: 1, blocks: 'lost' });
    await assert.rejects(films.advance(videoId), { code: 'state-corrupt' });
    await rebuild(films, videoId);
    assert.deepEqual(await counted(), before);
    await films.send(videoId, { type: 'resume' });
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 2);
    assert.equal((await counted())[0], 0);
  });

  it('brings a film back whose text in the SQLite file is damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reelstate-rebuild-'));
    const state = sqlite(join(folder, 'state.db'));
    try {
      const { films, run, video } = studio({ pipeline: { state } });
      const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
      await run(videoId, () => video.posts.length === 1);
      const file = new DatabaseSync(join(folder, 'state.db'));
      file.exec("UPDATE films SET state = '{'");
      file.close();
      await assert.rejects(films.get(videoId), { code: 'state-corrupt' });
      await rebuild(films, videoId);
      await films.send(videoId, { type: 'resume' });
      assert.equal((await run(videoId)).status, 'completed');
      assert.equal(video.posts.length, 1);
    } finally {
      await state.close?.();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('keeps rounds, refusals and the chosen take', async () => {
    const { films, make, run, host, video } = studio();
    const { videoId } = await make();
    await films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1 });
    await run(videoId);
    await films.send(videoId, { type: 'pick', block: 2, take: 1 });
    await run(videoId);
    const after = host({ state: memoryState() });
    await rebuild(after, videoId);
    await after.send(videoId, { type: 'resume' });
    const film = await run(videoId, () => false, after);
    assert.equal(film.blocks[1]?.acceptedTake, 1);
    assert.equal(film.blocks[1]?.round, 3);
    assert.equal(video.posts.length, 3);
  });

  it('of a film that the bucket does not know says so', async () => {
    const { films } = studio();
    await assert.rejects(rebuild(films, 'nobody-knows-it'), { code: 'film-not-found' });
  });

  it('does not let create begin a film over another one’s marks', async () => {
    const { films, run, host } = studio();
    const input = { theme: 'Bees', durationSeconds: 8, videoId: 'bees-2026' };
    await films.create(input);
    await run('bees-2026');
    await assert.rejects(host({ state: memoryState() }).create(input), { code: 'film-exists' });
  });
});

describe('an operator', () => {
  it('sees every take that nobody shows, with its cost', async () => {
    const { films, make, run } = studio({ outcomes: outcomes('running') });
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 8, owner: 'ann', maxUsd: 3 });
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 1 });
    await run(videoId);
    const found = [];
    for await (const orphan of orphans(films, { owner: 'ann' })) found.push([orphan.block, orphan.take, orphan.charge]);
    assert.deepEqual(found, [[1, 2, 'charged']]);
  });

  it('sees what a day and an owner spent', async () => {
    const { films, make } = studio();
    await make({ theme: 'Bees', durationSeconds: 8, owner: 'ann' });
    await make({ theme: 'Bees', durationSeconds: 8, owner: 'bob' });
    const [all, ann] = [await spend(films), await spend(films, { owner: 'ann' })];
    assert.ok(Math.abs(all.usd - 2 * ann.usd) < 1e-6 && ann.usd > 0.8);
    assert.equal(all.launchesUnderWay, 0);
  });

  it('switches all launches off and on', async () => {
    const { films } = studio();
    assert.equal(await killSwitch(films, true), false);
    assert.equal(await killSwitch(films, true), true);
    assert.equal(await killSwitch(films, false), true);
  });

  it('removes a film that is over, and none that is not', async () => {
    const { films, make, run, storage, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    await assert.rejects(remove(films, videoId), { code: 'film-not-final' });
    const over = await make({ theme: 'Wasps', durationSeconds: 8 });
    const removed = await remove(films, over.videoId);
    assert.ok(removed.objects > 5 && removed.state);
    assert.deepEqual(await storage.list(`${over.videoId}/`), []);
    await assert.rejects(films.get(over.videoId), { code: 'film-not-found' });
  });
});
