/** What is remembered between two looks at a film, and what two states share, is never taken for another's. */
import { describe, expect, it, vi } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { evolve, type Fact } from '../../src/core/evolve.ts';
import { checkLimits, counterChanges } from '../../src/core/ledger.ts';
import { advanceState, openTasks, type Step } from '../../src/core/machine.ts';
import { newFilm } from '../../src/core/new-film.ts';
import type { FilmState, Take } from '../../src/core/state.ts';

const NOW = 1_000_000;

const film: FilmState = newFilm(
  { theme: 'Bees', durationSeconds: 15 },
  {
    videoId: 'sharing-test',
    model: fakeVideo().model,
    limits: checkLimits(),
    steps: ['a'],
    checks: false,
    now: NOW,
  },
);

const stepOf = (id: string): Step => ({
  name: 'a',
  after: [],
  tasks: vi.fn(() => [
    { id, role: 'script' as const, input: 'i', kind: 'work' as const, light: false, perform: async () => [] },
  ]),
  isDone: () => false,
});

const due = (dueAt: number): Fact => ({ type: 'task-due', id: 'a', input: 'i', dueAt });
const take: Take = {
  take: 1,
  round: 1,
  token: 't',
  holder: 'h',
  inputHash: 'x',
  seconds: 8,
  microUsd: 800_000,
  day: '2026-01-01',
  at: NOW,
  charge: 'reserved',
};

describe('a film that is asked twice', () => {
  it('answers by its facts, time, fence and steps', () => {
    const steps = [stepOf('a')];
    const facts = [due(1)];
    const fence = { id: 'a', input: 'i', token: 'lost' };
    expect(advanceState(film, facts, { steps, now: NOW + 1 }).updatedAt).toBe(NOW + 1);
    expect(advanceState(film, [due(2)], { steps, now: NOW }).tasks.a?.dueAt).toBe(2);
    expect(advanceState(film, [...facts, due(3)], { steps, now: NOW }).tasks.a?.dueAt).toBe(3);
    expect(advanceState(film, facts, { steps, now: NOW }).tasks.a?.dueAt).toBe(1);
    expect(advanceState(film, facts, { steps, now: NOW, fence }).tasks.a).toBeUndefined();
    const asks = { ...stepOf('a'), asks: () => ({ code: 'paused' as const, message: '', commands: [] }) };
    expect(advanceState(film, facts, { steps: [asks], now: NOW }).status).toBe('needs-input');
  });

  it('finds its tasks once for each list of steps', () => {
    const [one, other] = [[stepOf('one')], [stepOf('other')]];
    const ids = [one, one, other].map((steps) => openTasks(film, steps).map(({ id }) => id));
    expect(ids).toEqual([['one'], ['one'], ['other']]);
    expect(one[0]?.tasks).toHaveBeenCalledTimes(1);
  });
});

describe('two states', () => {
  it('share what no fact spoke of, and nothing that one did', () => {
    const looked = evolve(film, [due(1)]);
    expect(looked.blocks).toBe(film.blocks);
    expect(looked.calls).toBe(film.calls);
    const intended = evolve(looked, [{ type: 'take-intended', block: 1, take }]);
    expect(intended.blocks[0]?.takes).toHaveLength(1);
    expect(film.blocks[0]?.takes).toHaveLength(0);
    const paid = evolve(film, [
      { type: 'call-reserved', call: { id: 'c', what: 'llm', microUsd: 5, day: '2026-01-01', charge: 'reserved' } },
    ]);
    expect(paid.calls).toHaveLength(1);
    const settled = evolve(paid, [{ type: 'call-settled', id: 'c', charge: 'charged', microUsd: 3 }]);
    expect([paid.calls[0]?.charge, settled.calls[0]?.charge, film.calls.length]).toEqual(['reserved', 'charged', 0]);
    const published = evolve(film, [{ type: 'published', name: 'n', revision: 'r', token: 't' }]);
    expect([published.published.n?.revision, film.published.n]).toEqual(['r', undefined]);
    const told = evolve(intended, [
      { type: 'command', record: { id: 'c', at: NOW, command: { type: 'reroll', block: 1 } } },
    ]);
    expect([told.blocks[0]?.round, intended.blocks[0]?.round, intended.commands.length]).toEqual([2, 1, 0]);
  });

  it('that differ in nothing that is counted change no counter; any other does', () => {
    const limits = checkLimits();
    expect(counterChanges(film, evolve(film, [due(1)]), limits)).toEqual([]);
    const intended = evolve(film, [{ type: 'take-intended', block: 1, take }]);
    expect(counterChanges(film, intended, limits).map(({ key }) => key)).toContain('launches-under-way');
    const paid = evolve(film, [
      { type: 'call-reserved', call: { id: 'c', what: 'llm', microUsd: 5, day: '2026-01-01', charge: 'reserved' } },
    ]);
    expect(counterChanges(film, paid, limits)).toEqual([{ key: 'spend/day/2026-01-01', add: 5 }]);
  });

  it('a take that two hosts report is one take, and the report stays what it was', () => {
    const report: Fact = Object.freeze({ type: 'take-intended', block: 1, take: Object.freeze({ ...take }) });
    const output = { name: 'n', revision: 'r', durationMs: 1, width: 1, height: 1, frames: 1, hasAudio: true };
    const facts: Fact[] = [report, { type: 'take-finished', block: 1, token: take.token, output, at: NOW }];
    const twice = evolve(evolve(film, facts), facts);
    expect(twice.blocks[0]?.takes.map(({ outcome }) => outcome?.kind)).toEqual(['finished']);
  });

  it('a block’s name is published by the take and the round that it shows, not by one that came too late', () => {
    const shown = { round: 1, take: 1, token: 't', covers: { fromMs: 0, toMs: 8_000 }, fixed: true };
    const accepted = { ...film, blocks: film.blocks.map((block) => ({ ...block, accepted: shown })) };
    const published = (token: string, round = 1): Fact => ({
      type: 'published',
      name: 'b',
      revision: 'r',
      token,
      of: { block: 1, round },
    });
    expect(evolve(accepted, [published('t')]).published.b?.revision).toBe('r');
    expect(evolve(accepted, [published('other')]).published.b).toBeUndefined();
    expect(evolve(accepted, [published('t', 2)]).published.b).toBeUndefined();
    expect(evolve(film, [published('t')]).published.b).toBeUndefined();
  });
});
