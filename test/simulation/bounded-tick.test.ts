import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

/** A film that was just ordered, as it is saved. */
async function ordered(): Promise<SaveState> {
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
  const wakes = { script: base.clock.now() };
  return { ...first, videoId: idOf(0), state: { ...first.state, videoId: idOf(0) }, wakes, counters: [] };
}

/** Ten thousand copies of it, the last one due first. */
async function filledMemory(): Promise<StateStore> {
  const store = memoryState();
  const { wakes, state, ...first } = await ordered();
  for (let number = 1; number <= FILMS; number += 1) {
    const videoId = idOf(number);
    const earlier = { script: (wakes.script ?? 0) - number };
    await store.save({ ...first, videoId, state: { ...state, videoId }, wakes: earlier });
  }
  return store;
}

/** The same, copied by the database itself: ten thousand commits would only measure its disk. */
async function filledSqlite(): Promise<StateStore> {
  const file = join(scratch, 'tick.db');
  const store = sqlite(file);
  await store.save(await ordered());
  await store.close?.();
  const database = new DatabaseSync(file);
  database.exec(`
    CREATE TEMP TABLE numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FILMS})
      SELECT i, printf('due-film-%05d', i) AS name FROM n;
    INSERT INTO films (video_id, revision, status, owner, created_at, listing, roles, state)
      SELECT name, revision || i, status, owner, created_at, listing, roles, replace(state, video_id, name) FROM films, numbers;
    INSERT INTO wakes (video_id, role, at, early, by) SELECT name, role, at - i, early, by FROM wakes, numbers;
    DELETE FROM wakes WHERE video_id = '${idOf(0)}';`);
  database.close();
  return sqlite(file);
}

describe.each([
  ['memory', filledMemory],
  ['SQLite', filledSqlite],
] as const)(`a tick with ${FILMS} films due on %s`, (_, open) => {
  test('takes the oldest, no more than its limit, and asks the store for nothing else', {
    timeout: 120_000,
  }, async () => {
    const store = await open();
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
