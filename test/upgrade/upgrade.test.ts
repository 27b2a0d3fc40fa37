import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sqlite } from '../../src/adapters/local/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import { remove } from '../../src/admin/index.ts';
import { defineStep } from '../../src/core/define-step.ts';
import type { Step } from '../../src/core/machine.ts';
import type { StateStore } from '../../src/core/ports.ts';
import { defaultSteps } from '../../src/core/steps/index.ts';
import { studio } from '../support/studio.ts';
import { scenarios } from './scenarios.ts';
import { type Frozen, world } from './world.ts';

const root = new URL('./fixtures/', import.meta.url);
const releases = readdirSync(root);

for (const release of releases) {
  describe(`a film of ${release}`, () => {
    const files = readdirSync(new URL(`${release}/`, root));

    for (const file of files) {
      const frozen = JSON.parse(readFileSync(new URL(`${release}/${file}`, root), 'utf8')) as Frozen;
      it(`frozen at ${frozen.scenario} goes on to its end and buys nothing twice`, async () => {
        const scenario = scenarios.find(({ name }) => name === frozen.scenario);
        assert.ok(scenario, 'a scenario that was frozen stays');
        const later = await world(scenario, frozen);
        expect(await later.end(frozen.videoId)).toEqual(frozen.end);
      });
    }
  });
}

describe('a state of a newer schema', () => {
  const newer = { schema: 2, videoId: 'from-the-future', blocks: [], anything: { we: 'do not know' } };
  const stores: Readonly<Record<string, (folder: string) => StateStore>> = {
    memory: () => memoryState(),
    sqlite: (folder) => sqlite(join(folder, 'films.db')),
  };
  for (const [name, make] of Object.entries(stores)) {
    it(`is refused in ${name} by everything, and stays as it is`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'reelstate-upgrade-'));
      try {
        const state = make(folder);
        const { host } = studio();
        const films = host({ state });
        const { videoId } = newer;
        const index = { status: 'running', metadata: {}, createdAt: 0 };
        await state.save({ videoId, ifRevision: null, state: newer, wakes: { script: 0, monitor: 0 }, index });
        const before = await state.load(videoId);
        const refused = { kind: 'permanent', code: 'state-newer' };
        await expect(films.get(videoId)).rejects.toMatchObject(refused);
        await expect(films.advance(videoId)).rejects.toMatchObject(refused);
        await expect(films.send(videoId, { type: 'cancel' })).rejects.toMatchObject(refused);
        await expect(films.create({ videoId, theme: 'Bees', durationSeconds: 8 })).rejects.toMatchObject(refused);
        await expect(remove(films, videoId, { force: true })).rejects.toMatchObject(refused);
        expect(await films.tick()).toEqual({ checked: 1, processed: 0, failed: [videoId] });
        expect(await state.load(videoId)).toEqual(before);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});

describe('a changed list of steps', () => {
  const note = (name: string, log: string[]): Step =>
    defineStep({
      name,
      perform: async () => {
        log.push(name);
        return 'done';
      },
    });

  it('leaves a film under way with its own list', async () => {
    const log: string[] = [];
    const { films, host, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    const later = host({ steps: [...defaultSteps(), note('thumbnail', log)] });
    const film = await run(videoId, () => false, later);
    expect(film).toMatchObject({ status: 'completed' });
    expect(film.steps.map(({ name }) => name)).not.toContain('thumbnail');
    expect(log).toEqual([]);
    expect(video.posts).toHaveLength(2);
  });

  it('on a host that lacks a step of the film leaves it to the hosts that have it', async () => {
    const log: string[] = [];
    const { films: plain, host, run, video, clock } = studio();
    const full = host({ steps: [...defaultSteps(), note('thumbnail', log)] });
    const { videoId } = await full.create({ theme: 'Bees', durationSeconds: 15 });
    for (let turn = 0; turn < 40; turn += 1) {
      const film = await plain.advance(videoId);
      expect(film.status).toBe('waiting');
      await clock.advance(15_000);
    }
    expect(log).toEqual([]);
    expect(await run(videoId, () => false, full)).toMatchObject({ status: 'completed' });
    expect(log).toEqual(['thumbnail']);
    expect(video.posts).toHaveLength(2);
  });

  it('in another order does not change the order of a film under way', async () => {
    const log: string[] = [];
    const { host, run } = studio();
    const steps = [...defaultSteps(), note('one', log), note('two', log)];
    const films = host({ steps });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const turned = host({ steps: [...defaultSteps(), note('two', log), note('one', log)] });
    const film = await run(videoId, () => false, turned);
    expect(film.steps.map(({ name }) => name)).toEqual(films.steps);
    expect(film.status).toBe('completed');
    expect(log.toSorted()).toEqual(['one', 'two']);
  });
});
