import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sqlite } from '../../src/adapters/local/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import type { SaveState, StateStore } from '../../src/core/ports.ts';
import { studio } from '../support/studio.ts';

const FILMS = 10_000;
const LIMIT = 8;
/** Loads, saves and reads of counters that the beginning of a film takes. */
const MOST_CALLS_PER_FILM = 40;

const scratch = mkdtempSync(join(tmpdir(), 'reelstate-tick-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const idOf = (number: number): string => `due-film-${String(number).padStart(5, '0')}`;

/** Counts the calls, and remembers what was claimed. */
function counted(store: StateStore, claims: string[][]) {
  let calls = 0;
  const count =
    <A extends readonly unknown[], R>(act: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> => {
      calls += 1;
      return act(...args);
    };
  const state: StateStore = {
    ...store,
    load: count(store.load),
    save: count(store.save),
    claimDue: async (request) => {
      calls += 1;
      const found = await store.claimDue(request);
      claims.push([...found]);
      return found;
    },
    counters: { read: count(store.counters.read), change: count(store.counters.change) },
    kv: { get: count(store.kv.get), set: count(store.kv.set) },
  };
  return { state, calls: () => calls };
}

/** Ten thousand copies of a film that was just ordered, the last one due first. */
async function fill(store: StateStore): Promise<void> {
  const base = studio();
  let first: SaveState | undefined;
  const state: StateStore = {
    ...base.state,
    save: (request) => {
      first ??= request;
      return base.state.save(request);
    },
  };
  const films = base.host({ state });
  await films.create({ theme: 'Bees', durationSeconds: 8 });
  if (first === undefined) throw new Error('nothing was saved');
  const now = base.clock.now();
  for (let number = 1; number <= FILMS; number += 1) {
    const videoId = idOf(number);
    const wakes = { script: now - number };
    await store.save({ ...first, videoId, state: { ...first.state, videoId }, ifRevision: null, wakes, counters: [] });
  }
}

describe.each([
  ['memory', () => memoryState()],
  ['SQLite', () => sqlite(join(scratch, 'tick.db'))],
] as const)(`a tick with ${FILMS} films due on %s`, (_, open) => {
  test('takes the oldest, no more than its limit, and asks the store for nothing else', {
    timeout: 120_000,
  }, async () => {
    const store = open();
    await fill(store);
    const claims: string[][] = [];
    const { state, calls } = counted(store, claims);
    const films = studio().host({ state });
    for (let tick = 0; tick < 3; tick += 1) {
      const before = calls();
      const { checked, failed } = await films.tick({ limit: LIMIT });
      expect([checked, failed]).toEqual([LIMIT, []]);
      expect(calls() - before).toBeLessThanOrEqual(1 + LIMIT * MOST_CALLS_PER_FILM);
    }
    const oldest = Array.from({ length: 3 * LIMIT }, (__, index) => idOf(FILMS - index));
    expect(claims).toHaveLength(3);
    expect(claims.map((ids) => ids.length)).toEqual([LIMIT, LIMIT, LIMIT]);
    expect(claims.flat()).toEqual(oldest);
    await store.close?.();
  });
});
