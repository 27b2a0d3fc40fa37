import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import type { SaveState, StateStore } from '../../../src/core/ports.ts';
import { freshProject } from '../../support/firestore-emulator.ts';
import type { CallFault, FirestoreFaultProxy, LostAnswer } from '../../support/firestore-fault-proxy.ts';
import { startFirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';

const AMBIGUOUS: readonly LostAnswer[] = ['status-14', 'status-4', 'reset', 'drop'];

const DAY = 'spend/day/2026-11-23';
const OWNER = 'spend/owner/ada/2026-11-23';

const save = (ifRevision: string | null, more: Partial<SaveState> = {}): SaveState => ({
  videoId: 'film-1',
  ifRevision,
  state: { at: ifRevision },
  wakes: {},
  index: { status: 'running', metadata: {}, createdAt: 1 },
  ...more,
});

const money = [
  { key: DAY, add: 7, limit: 100 },
  { key: OWNER, add: 7 },
];
const guard = { key: 'kill-switch', add: 0, limit: 0 };

/** A save of each shape: without a read, with counters, with a guard (a transaction). */
const SHAPES: Readonly<Record<string, Partial<SaveState>>> = {
  'a plain save': {},
  'a save with counters': { counters: money },
  'a save with counters and a guard': { counters: [...money, guard] },
};

/** reliability.md 1.5: the effect happens once, the answer is replaced. Nothing may be applied twice or be reported failed though done. */
export function commitCases(emulatorHost: string): void {
  describe('commits whose answer is lost', () => {
    let proxy: FirestoreFaultProxy;
    let projectId: string;
    const stores: StateStore[] = [];

    beforeAll(async () => {
      proxy = await startFirestoreFaultProxy(emulatorHost);
    });
    afterAll(async () => {
      for (const store of stores) await store.close?.();
      await proxy.close();
    });

    function open(): StateStore {
      projectId = freshProject();
      const store = firestore({ projectId, emulatorHost: proxy.host, retryDelayMs: 5, beside: false });
      stores.push(store);
      proxy.setFault(undefined);
      proxy.setMeanwhile(undefined);
      return store;
    }
    const onCommit = (fault: CallFault, times: number): void =>
      proxy.setFault((method, n) => (method === 'Commit' && n <= times ? fault : undefined));

    for (const fault of AMBIGUOUS) {
      for (const times of [1, 3]) {
        for (const [shape, more] of Object.entries(SHAPES)) {
          test(`${shape} creates the film exactly once (${fault}, ${times} times)`, async () => {
            const store = open();
            onCommit(fault, times);
            const { revision } = await store.save(save(null, more));
            expect((await store.load('film-1'))?.revision).toBe(revision);
            expect(await store.counters.read([DAY, OWNER])).toEqual(more.counters ? [7, 7] : [0, 0]);
          });

          test(`${shape} replaces a revision exactly once (${fault}, ${times} times)`, async () => {
            const store = open();
            const first = await store.save(save(null, { counters: [{ key: DAY, add: 1, limit: 100 }] }));
            await store.load('film-1');
            onCommit(fault, times);
            const second = await store.save(save(first.revision, more));
            const loaded = await store.load('film-1');
            expect(loaded?.revision).toBe(second.revision);
            expect(loaded?.state).toEqual({ at: first.revision });
            expect(await store.counters.read([DAY, OWNER])).toEqual(more.counters ? [8, 7] : [1, 0]);
            // The chain goes on: the revision that was given is the one that counts.
            await store.save(save(second.revision));
          });
        }

        test(`a change of counters counts exactly once (${fault}, ${times} times)`, async () => {
          const store = open();
          onCommit(fault, times);
          await store.counters.change(money);
          expect(await store.counters.read([DAY, OWNER])).toEqual([7, 7]);
        });
      }
    }

    test('a commit that never left is made again', async () => {
      const store = open();
      onCommit({ status: 14 }, 2);
      const { revision } = await store.save(save(null, { counters: money }));
      expect((await store.load('film-1'))?.revision).toBe(revision);
      expect(await store.counters.read([DAY])).toEqual([7]);
    });

    test('a save whose answer was lost is found although somebody saved after it', async () => {
      const store = open();
      const other = firestore({ projectId, emulatorHost, retryDelayMs: 5 });
      stores.push(other);
      const first = await store.save(save(null));
      proxy.setMeanwhile(async () => {
        proxy.setMeanwhile(undefined);
        const film = await other.load('film-1');
        await other.save(save(film?.revision ?? null, { state: { by: 'other' } }));
      });
      onCommit('status-4', 1);
      const second = await store.save(save(first.revision, { counters: money }));
      expect(await store.counters.read([DAY, OWNER])).toEqual([7, 7]);
      const loaded = await store.load('film-1');
      expect(loaded?.state).toEqual({ by: 'other' });
      // Its revision is history by now: whoever goes on with it meets a conflict and loads anew.
      expect(loaded?.revision).not.toBe(second.revision);
      await expect(store.save(save(second.revision))).rejects.toMatchObject({ code: 'state-conflict' });
    });

    test.each(['missing', 'present'])('a guard still holds when the save commits, its counter %s', async (counter) => {
      const store = open();
      const operator = firestore({ projectId, emulatorHost, retryDelayMs: 5 });
      stores.push(operator);
      await operator.counters.read([guard.key]);
      if (counter === 'present') for (const add of [1, -1]) await operator.counters.change([{ key: guard.key, add }]);
      let flip: Promise<void> | undefined;
      let flippedFirst = false;
      proxy.setBefore(async (method) => {
        if (method !== 'Commit' || flip !== undefined) return;
        flip = operator.counters.change([{ key: guard.key, add: 1 }]);
        // Where the save holds a lock on the counter, the operator has to wait for its commit.
        const patience = new Promise<boolean>((resolve) => setTimeout(resolve, 250, false));
        flippedFirst = await Promise.race([flip.then(() => true), patience]);
      });
      const saved = await store.save(save(null, { counters: [guard] })).then(
        () => true,
        () => false,
      );
      proxy.setBefore(undefined);
      await flip;
      expect(saved && flippedFirst).toBe(false);
      expect(await store.counters.read([guard.key])).toEqual([1]);
    });

    test('a save that meets another revision is a conflict, with or without lost answers', async () => {
      const store = open();
      const first = await store.save(save(null));
      await store.save(save(first.revision));
      onCommit('status-14', 2);
      await expect(store.save(save(first.revision, { counters: money }))).rejects.toMatchObject({
        code: 'state-conflict',
        effect: 'none',
      });
      expect(await store.counters.read([DAY, OWNER])).toEqual([0, 0]);
    });
  });
}
