/** A film's state behind compare-and-swap. */
import { describe, expect, it, vi } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { createOnce } from '../../src/core/marks.ts';
import { paths } from '../../src/core/paths.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { SaveState, StateStore } from '../../src/core/ports.ts';
import { SCHEMA } from '../../src/core/state.ts';
import { intended, videoId } from '../support/intended.ts';
import { studio } from '../support/studio.ts';

const conflict = () => new ReelstateError('retryable', 'Conflict.', { code: 'state-conflict' });
const pause: Fact = { type: 'command', record: { id: 'p', at: 1, command: { type: 'pause' } } };

/** A film whose saves are seen, or refused. */
async function stored(save: (request: SaveState, number: number) => Promise<void> = async () => {}) {
  const made = await intended();
  const requests: SaveState[] = [];
  const state: StateStore = {
    ...made.state,
    save: async (request) => {
      requests.push(request);
      await save(request, requests.length);
      return made.state.save(request);
    },
  };
  const store = (changes = {}) => engineOf(made.host({ state, ...changes })).films;
  return { ...made, requests, store };
}

describe('a film that cannot be read', () => {
  it.each<[string, object, string]>([
    ['is of a newer version', { schema: SCHEMA + 1 }, 'state-newer'],
    ['is of no version', { schema: 'x' }, 'state-corrupt'],
    ['is of another version', { schema: SCHEMA - 1 }, 'state-corrupt'],
    ['is another film', { videoId: 'another-film' }, 'state-corrupt'],
    ['has no blocks', { blocks: undefined }, 'state-corrupt'],
  ])('because it %s is left untouched', async (_, changes, code) => {
    const { state, store, requests } = await stored();
    const load: StateStore['load'] = async (id) => {
      const there = await state.load(id);
      return there && { ...there, state: { ...there.state, ...changes } as typeof there.state };
    };
    const films = store({ state: { ...state, load } });
    await expect(films.update(videoId, () => [pause])).rejects.toMatchObject({
      code,
      kind: 'permanent',
      cure: expect.any(String),
    });
    expect(requests).toEqual([]);
  });

  it('because there is none says so', async () => {
    const { store } = await stored();
    await expect(store().load('no-such-film')).rejects.toMatchObject({
      code: 'film-not-found',
      cure: expect.any(String),
    });
    expect(await store().find('no-such-film')).toBeUndefined();
  });
});

describe('an update', () => {
  it('that finds nothing to say saves nothing', async () => {
    const { store, requests } = await stored();
    expect(await store().update(videoId, () => [])).toMatchObject({ saved: false });
    expect(requests).toEqual([]);
  });

  it('is one save over the state that it was found in', async () => {
    const { store, requests, state } = await stored();
    const before = await state.load(videoId);
    const { saved, revision, film, persisted } = await store().update(videoId, () => [pause]);
    expect([saved, film.paused, persisted]).toEqual([true, true, film]);
    expect(requests.map(({ ifRevision }) => ifRevision)).toEqual([before?.revision]);
    expect((await state.load(videoId))?.revision).toBe(revision);
  });

  it('that meets others is found anew each time, and given up at the hundredth', async () => {
    const { store, requests, clock } = await stored((_, number) =>
      number > 3 ? Promise.resolve() : Promise.reject(conflict()),
    );
    const change = vi.fn((): readonly Fact[] => [pause]);
    const updated = store().update(videoId, change);
    for (let turn = 0; turn < 5; turn += 1) await clock.advance(1_000);
    expect(await updated).toMatchObject({ saved: true });
    expect([change.mock.calls.length, requests.length]).toEqual([4, 4]);
    const never = await stored(() => Promise.reject(conflict()));
    const failed = never
      .store()
      .update(videoId, () => [pause])
      .catch((error: unknown) => error);
    for (let turn = 0; turn < 120; turn += 1) await never.clock.advance(1_000);
    expect(await failed).toMatchObject({ code: 'state-conflict', kind: 'retryable', effect: 'none' });
    expect(never.requests).toHaveLength(100);
  });

  it('that fails otherwise is not repeated', async () => {
    const { store, requests } = await stored(() =>
      Promise.reject(new ReelstateError('retryable', 'Down.', { code: 'state-unavailable' })),
    );
    await expect(store().update(videoId, () => [pause])).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(requests).toHaveLength(1);
  });

  it('without limits holds none', async () => {
    const made = await stored();
    const limits = { perDayUsd: 100 };
    const take = { ...made.take, take: 2, token: 'two' };
    const films = made.store({ limits });
    for (const isLimited of [true, false]) {
      const fact: Fact = { type: 'take-intended', block: 1, take };
      await films.update(videoId, () => [fact], { isLimited });
    }
    const limited = made.requests.map(({ counters = [] }) => counters.some(({ limit }) => limit !== undefined));
    expect(limited).toEqual([true, false]);
    expect(made.requests[1]?.counters?.every(({ add }) => add !== 0)).toBe(true);
  });
});

describe('a film that becomes final', () => {
  const cancel: Fact = { type: 'command', record: { id: 'c', at: 1, command: { type: 'cancel' } } };

  it('is compared with its marks, read before its state', async () => {
    const made = await stored();
    const order: string[] = [];
    const { storage, state } = made;
    const list: typeof storage.list = async (prefix) => {
      order.push('marks');
      return storage.list(prefix);
    };
    const load: typeof state.load = async (id) => {
      order.push('state');
      return state.load(id);
    };
    const films = made.store({ storage: { ...storage, list }, state: { ...state, load } });
    await createOnce(storage, paths.intent(videoId, 2, 1), {}, { token: 'lost' });
    const { film } = await films.update(videoId, () => [cancel]);
    expect(film.disagreement).toContain('take 1 of block 2');
    expect(order).toEqual(['state', 'marks', 'state']);
    await films.update(videoId, () => [pause]);
    expect(order.filter((read) => read === 'marks')).toHaveLength(1);
  });
});

describe('a film’s wakes', () => {
  it('are those of its own roles, and of whoever looks for others soon', async () => {
    const made = await stored();
    const wakesOf = async (owns: object) => {
      await made.store({ owns }).update(videoId, () => [pause]);
      return made.requests.at(-1)?.wakes ?? {};
    };
    const now = made.clock.now();
    const all = await wakesOf({});
    expect(Object.keys(all).sort()).toEqual(['monitor', 'video']);
    expect(await wakesOf({ video: false })).toEqual({ monitor: now + 15_000 });
    expect(await wakesOf({ video: false, monitor: false })).toEqual({ assembler: now + 15_000 });
    expect(await wakesOf({ script: false, video: false, monitor: false, assembler: false })).toEqual(all);
    expect(await wakesOf({ script: false })).toEqual(all);
  });
});

describe('a rebuilt film', () => {
  it('takes the place of the old one, whose small calls stay spent, whatever the limits', async () => {
    const made = await stored();
    const before = await made.engine.films.load(videoId);
    const { film } = before;
    expect(film.calls).not.toEqual([]);
    const films = made.store({ limits: { perDayUsd: 0.000001 } });
    const rebuilt = { ...film, calls: [], rebuilt: true };
    await films.replace(rebuilt, before);
    expect(made.requests[0]).toMatchObject({
      ifRevision: before.revision,
      state: { calls: film.calls, rebuilt: true },
    });
    await expect(films.replace(rebuilt, before)).rejects.toMatchObject({ code: 'state-conflict' });
    const empty = engineOf(studio().films).films;
    await empty.replace(film, undefined);
    expect((await empty.load(videoId)).film.calls).toEqual(film.calls);
  });
});
