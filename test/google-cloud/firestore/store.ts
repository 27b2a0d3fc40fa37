import { Firestore } from '@google-cloud/firestore';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FirestoreState } from '../../../src/adapters/google-cloud/index.ts';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import type { SaveState } from '../../../src/core/ports.ts';
import { freshProject } from '../../support/firestore-emulator.ts';
import type { FirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';
import { startFirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';

const save = (ifRevision: string | null, more: Partial<SaveState> = {}): SaveState => ({
  videoId: 'film-1',
  ifRevision,
  state: { n: 1 },
  wakes: { video: 10 },
  index: { status: 'running', metadata: {}, createdAt: 1 },
  ...more,
});
const claim = { now: 20, limit: 5, roles: ['video'], leaseMs: 100 } as const;

/** What the contract cannot know of: documents, round trips, times, sizes. */
export function storeCases(emulatorHost: string): void {
  describe('as a store', () => {
    let proxy: FirestoreFaultProxy;
    let client: Firestore;
    let store: FirestoreState;

    beforeAll(async () => {
      proxy = await startFirestoreFaultProxy(emulatorHost);
    });
    const opened: (() => Promise<void>)[] = [];
    afterAll(async () => {
      for (const close of opened) await close();
      await proxy.close();
    });
    function open(options: { readonly timeoutMs?: number } = {}): void {
      const projectId = freshProject();
      const direct = new Firestore({ projectId, host: emulatorHost, ssl: false });
      const made = firestore({ projectId, emulatorHost: proxy.host, retryDelayMs: 5, ...options });
      opened.push(
        () => direct.terminate(),
        () => made.close(),
      );
      [client, store] = [direct, made];
      proxy.setFault(undefined);
    }
    /** The calls that a piece of work makes; a listen or lookup of the project is none. */
    async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
      proxy.setFault(undefined);
      await work();
      return [...proxy.calls];
    }

    test('a load and a save cost one read and one commit', async () => {
      open();
      const { revision } = await store.save(save(null));
      await store.load('film-1');
      expect(await callsOf(() => store.load('film-1'))).toEqual(['BatchGetDocuments']);
      expect(await callsOf(() => store.save(save(revision)))).toEqual(['Commit']);
    });

    test('a chain of saves costs one commit each, and a save with counters one read more', async () => {
      open();
      let { revision } = await store.save(save(null));
      const next = async (more: Partial<SaveState> = {}): Promise<void> => {
        ({ revision } = await store.save(save(revision, more)));
      };
      expect(await callsOf(next)).toEqual(['Commit']);
      expect(await callsOf(next)).toEqual(['Commit']);
      const counters = [{ key: 'launches-under-way', add: 1 }];
      expect(await callsOf(() => next({ counters }))).toEqual(['BatchGetDocuments', 'Commit']);
    });

    test('a claim does not spoil the revision of a save under way', async () => {
      open();
      await store.save(save(null));
      const loaded = await store.load('film-1');
      expect(await store.claimDue(claim)).toEqual(['film-1']);
      expect((await store.load('film-1'))?.revision).toBe(loaded?.revision);
      const saved = await store.save(save(loaded?.revision ?? null, { wakes: { video: 50 } }));
      expect(saved.revision).not.toBe(loaded?.revision);
    });

    test('a claim also keeps a save that did not know of it', async () => {
      open();
      const { revision } = await store.save(save(null));
      await store.claimDue(claim);
      await store.save(save(revision, { state: { n: 2 } }));
      expect((await store.load('film-1'))?.state).toEqual({ n: 2 });
    });

    test('a claim whose answer is lost is still given, once', async () => {
      for (const fault of ['status-14', 'status-4', 'reset', 'drop'] as const) {
        open();
        await store.save(save(null));
        proxy.setFault((method, n) => (method === 'Commit' && n === 1 ? fault : undefined));
        expect(await store.claimDue(claim), fault).toEqual(['film-1']);
        expect(await store.claimDue(claim), fault).toEqual([]);
      }
    });

    test('a load says what time the store has', async () => {
      open();
      await store.save(save(null));
      const before = (await client.doc('any/thing').set({})).writeTime.toMillis();
      const loaded = await store.load('film-1');
      const after = (await client.doc('any/thing').set({})).writeTime.toMillis();
      // The emulator stamps reads and writes from two clocks, some milliseconds apart.
      expect(loaded?.now).toBeGreaterThanOrEqual(before - 1_000);
      expect(loaded?.now).toBeLessThanOrEqual(after + 1_000);
    });

    test('a state of 100 KiB is refused before anything is sent, a smaller one kept', async () => {
      open();
      const text = (bytes: number) => ({ text: 'é'.repeat((bytes - 11) / 2) });
      await expect(store.save(save(null, { state: text(100 * 1024 + 1) }))).rejects.toMatchObject({
        kind: 'permanent',
        code: 'state-too-large',
        details: { limit: 102_400 },
      });
      expect(proxy.calls).toEqual([]);
      await store.save(save(null, { state: text(100 * 1024 - 1) }));
      expect(await store.load('film-1')).toBeDefined();
    });

    test('keys may hold any character', async () => {
      open();
      for (const key of ['a/b', '..', '__x__', 'ünï %2F', '.']) {
        await store.kv.set(key, { key });
        await store.counters.change([{ key, add: 2 }]);
        expect(await store.kv.get(key)).toEqual({ key });
        expect(await store.counters.read([key])).toEqual([2]);
      }
    });

    test('a call that hangs ends with our own deadline', async () => {
      open({ timeoutMs: 120 });
      await store.load('film-1');
      proxy.setFault(() => 'hang');
      await expect(store.load('film-1')).rejects.toMatchObject({
        kind: 'retryable',
        code: 'state-timeout',
        effect: 'unknown',
      });
    });

    test('an abort ends a call that hangs', async () => {
      open();
      await store.load('film-1');
      const stop = new AbortController();
      proxy.setFault(() => {
        stop.abort();
        return 'hang';
      });
      await expect(store.load('film-1', { signal: stop.signal })).rejects.toMatchObject({ kind: 'cancelled' });
    });

    test('an emulator in the environment is not followed', async () => {
      open();
      const before = process.env.FIRESTORE_EMULATOR_HOST;
      process.env.FIRESTORE_EMULATOR_HOST = '127.0.0.1:1';
      try {
        await store.save(save(null));
        expect(process.env.FIRESTORE_EMULATOR_HOST).toBe('127.0.0.1:1');
      } finally {
        if (before === undefined) delete process.env.FIRESTORE_EMULATOR_HOST;
        else process.env.FIRESTORE_EMULATOR_HOST = before;
      }
      expect((await client.collection('reelstate_films').get()).size).toBe(1);
    });

    test('a client that was passed in stays open', async () => {
      open();
      const own = firestore({ client });
      await own.save(save(null));
      await own.close();
      expect((await client.doc('reelstate_films/film-1').get()).exists).toBe(true);
    });
  });
}
