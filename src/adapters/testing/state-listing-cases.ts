import assert from 'node:assert/strict';
import type { Role, StateStore } from '../../core/ports.ts';
import { index, type StateCases, saving } from './state-cases.ts';

const due = async (store: StateStore, now: number, roles: readonly Role[] = ['video'], limit = 10) => [
  ...(await store.claimDue({ now, limit, roles, leaseMs: 100 })),
];

export const claiming: StateCases = {
  'a film is due from its wake on, and pushed forward by the claim': async (store) => {
    await store.save(saving('film-1', null, { wakes: { video: 50 } }));
    assert.deepEqual(await due(store, 49), []);
    assert.deepEqual(await due(store, 50), ['film-1']);
    assert.deepEqual(await due(store, 149), []);
    assert.deepEqual(await due(store, 150), ['film-1']);
  },
  'the oldest wakes come first, up to the limit': async (store) => {
    const wakes = { 'film-a': 30, 'film-b': 10, 'film-c': 20, 'film-d': 40 };
    for (const [name, at] of Object.entries(wakes)) await store.save(saving(name, null, { wakes: { video: at } }));
    assert.deepEqual(await due(store, 60, ['video'], 2), ['film-b', 'film-c']);
    assert.deepEqual(await due(store, 60, ['video'], 2), ['film-a', 'film-d']);
    assert.deepEqual(await due(store, 60), []);
  },
  'a host is given only the wakes of its roles': async (store) => {
    await store.save(saving('film-1', null, { wakes: { video: 10, assembler: 20 } }));
    await store.save(saving('film-2', null, { wakes: { script: 10 } }));
    assert.deepEqual(await due(store, 30, ['assembler', 'monitor']), ['film-1']);
    assert.deepEqual(await due(store, 30, ['assembler', 'monitor']), []);
    assert.deepEqual(await due(store, 30, ['video']), ['film-1']);
    assert.deepEqual(await due(store, 30, ['script']), ['film-2']);
  },
  'a film with several due wakes is given once, at its oldest': async (store) => {
    await store.save(saving('film-1', null, { wakes: { video: 30, monitor: 5 } }));
    await store.save(saving('film-2', null, { wakes: { video: 10 } }));
    assert.deepEqual(await due(store, 40, ['video', 'monitor']), ['film-1', 'film-2']);
    assert.deepEqual(await due(store, 40, ['video', 'monitor']), []);
  },
  'the next save sets the wakes anew, and a film without one is never due': async (store) => {
    const first = await store.save(saving('film-1', null, { wakes: { video: 10, monitor: 10 } }));
    assert.deepEqual(await due(store, 20), ['film-1']);
    const second = await store.save(saving('film-1', first.revision, { wakes: { video: 15 } }));
    assert.deepEqual(await due(store, 20, ['monitor']), []);
    assert.deepEqual(await due(store, 20), ['film-1']);
    await store.save(saving('film-1', second.revision));
    assert.deepEqual(await due(store, 10_000, ['video', 'monitor', 'script', 'assembler']), []);
  },
};

export const listing: StateCases = {
  'pages run from the newest and hold every film once': async (store) => {
    const times = { 'film-a': 300, 'film-b': 100, 'film-c': 500, 'film-d': 300, 'film-e': 200 };
    for (const [name, createdAt] of Object.entries(times)) {
      await store.save(saving(name, null, { index: { ...index, createdAt } }));
    }
    const pages: (readonly string[])[] = [];
    for (let after: string | undefined, more = true; more; more = after !== undefined) {
      const page = await store.list({}, after === undefined ? { limit: 2 } : { limit: 2, after });
      pages.push(page.videoIds);
      assert.ok(pages.length <= 5, 'pages come to an end');
      after = page.next;
    }
    assert.deepEqual(
      pages.map(({ length }) => length),
      [2, 2, 1],
    );
    const all = pages.flat();
    assert.deepEqual([...all].sort(), Object.keys(times));
    const order = all.map((name) => times[name as keyof typeof times]);
    assert.deepEqual(order, [500, 300, 300, 200, 100]);
  },
  'status, owner and metadata filter, alone and together, by the last save': async (store) => {
    const at = { createdAt: 1 };
    await store.save(
      saving('film-a', null, { index: { ...at, status: 'running', owner: 'ada', metadata: { team: 'x', no: '1' } } }),
    );
    await store.save(
      saving('film-b', null, { index: { ...at, status: 'running', owner: 'bob', metadata: { team: 'x' } } }),
    );
    const c = await store.save(
      saving('film-c', null, { index: { ...at, status: 'running', owner: 'ada', metadata: { team: 'y' } } }),
    );
    await store.save(
      saving('film-c', c.revision, { index: { ...at, status: 'failed', owner: 'ada', metadata: { team: 'z' } } }),
    );
    await store.save(saving('film-d', null, { index: { ...at, status: 'running', metadata: {} } }));
    const found = async (filter: Parameters<StateStore['list']>[0]) =>
      [...(await store.list(filter, { limit: 10 })).videoIds].sort();
    assert.deepEqual(await found({ status: 'running' }), ['film-a', 'film-b', 'film-d']);
    assert.deepEqual(await found({ owner: 'ada' }), ['film-a', 'film-c']);
    assert.deepEqual(await found({ metadata: { team: 'x' } }), ['film-a', 'film-b']);
    assert.deepEqual(await found({ metadata: { team: 'y' } }), []);
    assert.deepEqual(await found({ metadata: { team: 'z' } }), ['film-c']);
    assert.deepEqual(await found({ metadata: { team: 'x', no: '1' } }), ['film-a']);
    assert.deepEqual(await found({ status: 'running', owner: 'ada', metadata: { team: 'x' } }), ['film-a']);
    assert.deepEqual(await found({ owner: 'nobody' }), []);
  },
};
