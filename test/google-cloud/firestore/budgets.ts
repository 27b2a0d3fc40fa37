import { Firestore } from '@google-cloud/firestore';
import { afterAll, describe, expect, test } from 'vitest';
import type { FirestoreState } from '../../../src/adapters/google-cloud/index.ts';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import type { CounterChange } from '../../../src/core/ports.ts';
import { freshProject } from '../../support/firestore-emulator.ts';

const DAY = 'spend/day/2026-11-23';

/** A day's budget is spread over several documents; its limit must hold as if it were one. */
export function budgetCases(emulatorHost: string): void {
  describe('budgets in shards', () => {
    const opened: (() => Promise<void>)[] = [];
    afterAll(async () => {
      for (const close of opened) await close();
    });
    function open(): { store: FirestoreState; client: Firestore } {
      const client = new Firestore({ projectId: freshProject(), host: emulatorHost, ssl: false });
      opened.push(() => client.terminate());
      return { client, store: firestore({ client, retryDelayMs: 5 }) };
    }
    const outcome = (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'ok',
        (error: { code: string }) => error.code,
      );
    const many = (store: FirestoreState, count: number, change: Omit<CounterChange, 'key'>): Promise<string[]> =>
      Promise.all(Array.from({ length: count }, () => outcome(store.counters.change([{ key: DAY, ...change }]))));
    const accepted = (outcomes: readonly string[]): number => outcomes.filter((text) => text === 'ok').length;

    test('exactly as many racers get in as the limit has room for', async () => {
      const { store } = open();
      const outcomes = await many(store, 16, { add: 3, limit: 30 });
      expect(accepted(outcomes)).toBe(10);
      expect(new Set(outcomes)).toEqual(new Set(['ok', 'counter-full']));
      expect(await store.counters.read([DAY])).toEqual([30]);
    });

    test("an amount larger than any shard's part still fits while there is room in all", async () => {
      const { store } = open();
      await store.counters.change([{ key: DAY, add: 10, limit: 100 }]);
      await store.counters.change([{ key: DAY, add: 90, limit: 100 }]);
      expect(await outcome(store.counters.change([{ key: DAY, add: 1, limit: 100 }]))).toBe('counter-full');
    });

    test('what is given back can be spent again, whichever shard it came from', async () => {
      const { store } = open();
      await many(store, 10, { add: 10, limit: 100 });
      await many(store, 5, { add: -10 });
      expect(await store.counters.read([DAY])).toEqual([50]);
      expect(accepted(await many(store, 8, { add: 10, limit: 100 }))).toBe(5);
      expect(await store.counters.read([DAY])).toEqual([100]);
    });

    test('a limit that is lowered or raised holds from the next change on', async () => {
      const { store } = open();
      await many(store, 4, { add: 10, limit: 100 });
      expect(accepted(await many(store, 6, { add: 10, limit: 60 }))).toBe(2);
      expect(accepted(await many(store, 6, { add: 10, limit: 50 }))).toBe(0);
      expect(accepted(await many(store, 6, { add: 10, limit: 90 }))).toBe(3);
      expect(await store.counters.read([DAY])).toEqual([90]);
    });

    test('spending past the limit by order leaves no room in any shard', async () => {
      const { store } = open();
      await store.counters.change([{ key: DAY, add: 10, limit: 100 }]);
      await store.counters.change([{ key: DAY, add: 140 }]);
      expect(accepted(await many(store, 4, { add: 1, limit: 100 }))).toBe(0);
      await store.counters.change([{ key: DAY, add: -20 }]);
      expect(accepted(await many(store, 4, { add: 1, limit: 100 }))).toBe(0);
      await store.counters.change([{ key: DAY, add: -31 }]);
      expect(accepted(await many(store, 4, { add: 1, limit: 100 }))).toBe(1);
      expect(await store.counters.read([DAY])).toEqual([100]);
    });

    test('a budget without a limit counts on, and a guard on it sees the sum', async () => {
      const { store } = open();
      await many(store, 6, { add: 5 });
      expect(await store.counters.read([DAY])).toEqual([30]);
      expect(await outcome(store.counters.change([{ key: DAY, add: 0, limit: 29 }]))).toBe('counter-full');
      expect(await outcome(store.counters.change([{ key: DAY, add: 0, limit: 30 }]))).toBe('ok');
    });

    test('a random mix of changes under several limits never passes the limit of a change that got in', async () => {
      const { store } = open();
      let seed = 20_261_123;
      const random = (): number => {
        seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
        return seed / 2 ** 31;
      };
      let sum = 0;
      for (let round = 0; round < 60; round += 1) {
        const add = Math.floor(random() * 40) - 12;
        const limit = random() < 0.7 ? { limit: [60, 100, 140][Math.floor(random() * 3)] ?? 100 } : {};
        const expected = limit.limit !== undefined && sum + add > limit.limit ? 'counter-full' : 'ok';
        expect(await outcome(store.counters.change([{ key: DAY, add, ...limit }])), `round ${round}`).toBe(expected);
        if (expected === 'ok') sum += add;
      }
      expect(await store.counters.read([DAY])).toEqual([sum]);
    });

    test("a day's budget lies in several documents, an owner's in one", async () => {
      const { store, client } = open();
      await many(store, 12, { add: 1, limit: 100 });
      await store.counters.change([{ key: 'spend/owner/ada/2026-11-23', add: 1, limit: 5 }]);
      const { docs } = await client.collection('reelstate_films_counters').get();
      const names = docs.map(({ id }) => decodeURIComponent(id));
      expect(names.filter((name) => name.startsWith(DAY))).toHaveLength(4);
      expect(names.filter((name) => name.includes('owner'))).toHaveLength(1);
    });
  });
}
