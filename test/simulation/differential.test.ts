import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { firestore } from '../../src/adapters/google-cloud/index.ts';
import { sqlite } from '../../src/adapters/local/index.ts';
import { memoryState } from '../../src/adapters/memory/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Role, StateStore } from '../../src/core/ports.ts';
import { emulatorForTests, freshProject } from '../support/firestore-emulator.ts';

/** One command to a store; revisions are named by the order in which they were given, so that two stores can be compared. */
type Step =
  | {
      readonly do: 'save';
      readonly film: number;
      readonly over: number;
      readonly value: number;
      readonly wake: number;
      readonly add: number;
      readonly limit: number | undefined;
    }
  | { readonly do: 'load'; readonly film: number }
  | { readonly do: 'claim'; readonly now: number; readonly limit: number; readonly roles: readonly Role[] }
  | { readonly do: 'list'; readonly owner: number | undefined; readonly limit: number }
  | { readonly do: 'count'; readonly add: number; readonly limit: number | undefined }
  | { readonly do: 'remember'; readonly key: number; readonly value: number }
  | { readonly do: 'remove'; readonly film: number };

const film = fc.integer({ min: 1, max: 3 });
const limit = fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined });
const role = fc.constantFrom<Role>('script', 'video', 'monitor', 'assembler');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('save' as const),
      film,
      over: fc.integer({ min: -1, max: 2 }),
      value: fc.nat(9),
      wake: fc.nat(100),
      add: fc.integer({ min: -3, max: 5 }),
      limit,
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('load' as const), film }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      now: fc.nat(120),
      limit: fc.integer({ min: 1, max: 3 }),
      roles: fc.uniqueArray(role, { minLength: 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('list' as const),
      owner: fc.option(film, { nil: undefined }),
      limit: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('count' as const), add: fc.integer({ min: -2, max: 4 }), limit }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remember' as const), key: fc.nat(2), value: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), film }) },
);

const idOf = (number: number): string => `film-number-${number}`;
const COUNTER = 'spend/day/2026-01-01';
const limited = (value: number | undefined) => (value === undefined ? {} : { limit: value });

/** What a store answers to these commands, with revisions as numbers. */
async function answers(store: StateStore, steps: readonly Step[]): Promise<readonly unknown[]> {
  const given: string[] = [];
  const nameOf = (revision: string): number =>
    given.includes(revision) ? given.indexOf(revision) : given.push(revision) - 1;
  const latest = new Map<string, string[]>();
  const one = async (wanted: Step): Promise<unknown> => {
    switch (wanted.do) {
      case 'save': {
        const videoId = idOf(wanted.film);
        // -1: create; 0: over the newest revision; more: over one that is older.
        const known = latest.get(videoId) ?? [];
        const ifRevision = wanted.over < 0 ? null : (known.at(-1 - wanted.over) ?? null);
        const { revision } = await store.save({
          videoId,
          ifRevision,
          state: { value: wanted.value },
          wakes: { monitor: wanted.wake, script: wanted.wake + 30 },
          index: { status: 'running', owner: `owner-${wanted.film}`, metadata: {}, createdAt: wanted.film },
          counters: [{ key: COUNTER, add: wanted.add, ...limited(wanted.limit) }],
        });
        latest.set(videoId, [...known, revision]);
        return nameOf(revision);
      }
      case 'load': {
        const stored = await store.load(idOf(wanted.film));
        return stored && [stored.state, nameOf(stored.revision)];
      }
      case 'claim':
        return store.claimDue({ now: wanted.now, limit: wanted.limit, roles: wanted.roles, leaseMs: 50 });
      case 'list': {
        const filter = wanted.owner === undefined ? {} : { owner: `owner-${wanted.owner}` };
        const first = await store.list(filter, { limit: wanted.limit });
        const next = first.next === undefined ? undefined : await store.list(filter, { limit: 3, after: first.next });
        return [first.videoIds, next?.videoIds];
      }
      case 'count':
        await store.counters.change([{ key: COUNTER, add: wanted.add, ...limited(wanted.limit) }]);
        return store.counters.read([COUNTER, 'nobody-wrote-this']);
      case 'remember':
        await store.kv.set(`key-${wanted.key}`, { value: wanted.value });
        return store.kv.get(`key-${(wanted.key + 1) % 3}`);
      case 'remove':
        await store.remove(idOf(wanted.film));
        latest.delete(idOf(wanted.film));
        return undefined;
    }
  };
  const said: unknown[] = [];
  for (const wanted of steps) {
    said.push(
      await one(wanted).catch((error: unknown) => {
        if (!ReelstateError.is(error)) throw error;
        return { kind: error.kind, code: error.code, effect: error.effect };
      }),
    );
  }
  return said;
}

const emulator = await emulatorForTests();
const scratch = mkdtempSync(join(tmpdir(), 'reelstate-differential-'));
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await emulator?.stop();
});

describe('the same commands to different stores', () => {
  test('memory and SQLite give the same answers', { timeout: 120_000 }, async () => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        number += 1;
        const other = sqlite(join(scratch, `${number}.db`));
        try {
          expect(await answers(other, steps)).toEqual(await answers(memoryState(), steps));
        } finally {
          await other.close?.();
        }
      }),
      { numRuns: 150, seed: 20_261_123 },
    );
  });

  test.skipIf(emulator === undefined)('memory and Firestore give the same answers', { timeout: 180_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const other = firestore({ projectId: freshProject(), emulatorHost: emulator?.host ?? '', retryDelayMs: 10 });
        try {
          expect(await answers(other, steps)).toEqual(await answers(memoryState(), steps));
        } finally {
          await other.close?.();
        }
      }),
      { numRuns: 12, seed: 20_261_123 },
    );
  });
});
