/** Denial of wallet: what strangers say cannot raise a cap, and caps hold when everybody is at it at once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../src/adapters/local/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import { killSwitch, spend } from '../../src/admin/index.ts';
import type { Limits } from '../../src/core/ledger.ts';
import type { StateStore } from '../../src/core/ports.ts';
import type { Command } from '../../src/core/state.ts';
import { outcomes, studio } from '../support/studio.ts';

describe('a command that came as JSON from anywhere', () => {
  const hostile: readonly unknown[] = [
    { type: 'resume', maxUsd: Number.NaN },
    { type: 'resume', maxUsd: Number.POSITIVE_INFINITY },
    { type: 'resume', maxUsd: -1 },
    { type: 'resume', maxUsd: 0 },
    { type: 'resume', maxUsd: '100' },
    { type: 'resume', maxUsd: 1e12 },
    { type: 'resume', maxUsd: { valueOf: () => 100 } },
    { type: 'reroll', block: 1 },
    { type: 'reroll', block: 1, maxUsd: 0.5 },
    { type: 'reroll', block: 0, maxUsd: 5 },
    { type: 'reroll', block: 1.5, maxUsd: 5 },
    { type: 'reroll', block: '1', maxUsd: 5 },
    { type: 'reroll', block: '__proto__', maxUsd: 5 },
    { type: 'pick', block: '1', take: 1 },
    { type: 'pick', block: 1, take: '1' },
    { type: 'approve', scriptHash: 'x', maxUsd: 100 },
    { type: 'revise', blocks: [{ block: 1, dialogue: 7 }] },
    { type: 'revise', blocks: [{ block: 1, dialogue: 'word '.repeat(200) }] },
    { type: 'revise', blocks: [{ block: 1, visual: 'x'.repeat(10_000) }] },
    { type: 'revise', blocks: { length: 1 } },
    { type: 'revise', blocks: 'all' },
    { type: 'revise', notes: 'x'.repeat(10_000) },
    { type: 'revise', notes: { a: 1 } },
    { type: 'constructor' },
    { type: '__proto__' },
    { type: 'raise-cap', maxUsd: 100 },
  ];
  for (const command of hostile) {
    it(`${JSON.stringify(command).slice(0, 70)} is refused and changes nothing`, async () => {
      const { films, make, state } = studio();
      const { videoId } = await make();
      const before = await state.load(videoId);
      await expect(films.send(videoId, command as Command)).rejects.toMatchObject({ kind: 'permanent' });
      expect(await state.load(videoId)).toEqual(before);
    });
  }

  it('a revision brings nothing but texts into the script', async () => {
    const { films, make, video } = studio();
    const { videoId } = await make();
    const blocks = [{ block: 2, dialogue: 'A **bee**, home.', seconds: 60, model: 'x', path: '../x' }];
    await films.send(videoId, { type: 'revise', blocks, maxUsd: 5 });
    expect(Object.keys((await films.get(videoId)).script?.blocks[1] ?? {}).sort()).toEqual([
      'continuity',
      'dialogue',
      'visual',
    ]);
    expect((await films.get(videoId)).script?.blocks[1]?.dialogue).toBe('A bee, home.');
    expect(video.posts).toHaveLength(2);
  });

  it('sent a hundred times under one id is one command', async () => {
    const { films, make, run, video } = studio();
    const { videoId } = await make();
    const reroll: Command = { type: 'reroll', block: 2, maxUsd: 1 };
    await Promise.all(Array.from({ length: 100 }, () => films.send(videoId, reroll, { id: 'click-1' })));
    expect((await run(videoId)).status).toBe('completed');
    expect(video.posts).toHaveLength(3);
  });
});

it('a film whose takes fail for ever stops at its attempts, and below its cap', async () => {
  const { make } = studio({ outcomes: () => 'failed', pipeline: { limits: { maxAttempts: 3 } } });
  const film = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 100 });
  expect(film.status).toBe('failed');
  expect(film.blocks[0]?.takes).toHaveLength(3);
});

it('a film whose takes are lost for ever stops at its cap, what may have been paid counted', async () => {
  const { make, video } = studio({
    outcomes: () => 'lost-answer',
    adopting: false,
    pipeline: { onUnknownTake: 'relaunch' },
  });
  const film = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 1.7 });
  expect(film.status === 'needs-input' && film.reason.code).toBe('budget');
  expect(video.books).toHaveLength(2);
});

describe('budgets that many films share', () => {
  const stores: Readonly<Record<string, (folder: string) => StateStore>> = {
    memory: () => memoryState(),
    sqlite: (folder) => sqlite(join(folder, 'films.db')),
  };
  const budgets: readonly (readonly [string, Partial<Limits>])[] = [
    ['all films of a day', { perDayUsd: 2.5 }],
    ['an owner’s day', { ownerPerDayUsd: 2.5 }],
    ['launches under way', { launchesUnderWay: 3 }],
  ];
  for (const [store, make] of Object.entries(stores)) {
    for (const [what, limits] of budgets) {
      it(`${what}, on ${store}: 20 films at once on four hosts launch three`, async () => {
        const folder = mkdtempSync(join(tmpdir(), 'reelstate-wallet-'));
        try {
          const { host, video, clock } = studio();
          const state = make(folder);
          const hosts = Array.from({ length: 4 }, () => host({ state, limits, clock: clock.host() }));
          const films = await Promise.all(
            Array.from({ length: 20 }, (_, n) =>
              (hosts[n % 4] ?? host()).create({
                theme: 'Bees',
                durationSeconds: 8,
                owner: 'one-owner',
                captions: false,
                script: { blocks: [{ dialogue: 'A bee.', visual: 'A bee.' }] },
              }),
            ),
          );
          const all = Promise.all(films.flatMap(({ videoId }) => hosts.map((by) => by.advance(videoId))));
          let isOver = false;
          void all.finally(() => {
            isOver = true;
          });
          while (!isOver) await clock.advance(5);
          await all;
          expect(video.posts).toHaveLength(3);
          const { usd, launchesUnderWay } = await spend(hosts[0] ?? host(), {});
          expect([Number(usd.toFixed(6)), launchesUnderWay]).toEqual([2.4, 3]);
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      });
    }
  }
});

it('the kill switch stops a launch between its intent and its POST', async () => {
  const base = studio();
  const films = base.host({
    storage: {
      ...base.storage,
      put: async (name, body, options) => {
        if (name.endsWith('intent.json')) await killSwitch(base.films, true);
        return base.storage.put(name, body, options);
      },
    },
  });
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  for (let turn = 0; turn < 20; turn += 1) {
    await films.advance(videoId);
    await base.clock.advance(60_000);
  }
  expect(base.video.posts).toHaveLength(0);
  expect((await films.get(videoId)).cost).toMatchObject({ reservedUsd: 0, unknownUsd: 0 });
  await killSwitch(base.films, false);
  expect((await base.run(videoId)).status).toBe('completed');
});

it('a model that keeps failing is left alone by all films, until its ten minutes are over', async () => {
  const { films, run, video } = studio({
    outcomes: () => 'failed',
    pipeline: { limits: { failuresPerTenMinutes: 5, maxAttempts: 4 } },
  });
  const ids = await Promise.all(
    Array.from(
      { length: 10 },
      async () => (await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 50 })).videoId,
    ),
  );
  for (const videoId of ids) await run(videoId, (film) => film.status === 'waiting' && film.on === 'time');
  expect(video.posts.length).toBeLessThanOrEqual(10);
  expect(outcomes()).toEqual([]);
});
