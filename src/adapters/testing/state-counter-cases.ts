import assert from 'node:assert/strict';
import { failsWith, settled } from './contract.ts';
import { conflict, type StateCases, saving } from './state-cases.ts';

const full = { kind: 'throttled', code: 'counter-full', effect: 'none' } as const;

/** What a store promises of counters: the money of every budget hangs on these. */
export const counting = (racers: number, sharded: boolean): StateCases => ({
  'a counter that nobody wrote is 0, and values come in the order of the keys': async (store) => {
    await store.counters.change([{ key: 'b', add: 2 }]);
    assert.deepEqual(await store.counters.read(['a', 'b', 'a']), [0, 2, 0]);
    assert.deepEqual(await store.counters.read([]), []);
  },
  'a save changes its counters with the state': async (store) => {
    const counters = [
      { key: 'usd:day', add: 800_000 },
      { key: 'launches', add: 1, limit: 5 },
    ];
    const { revision } = await store.save(saving('film-1', null, { counters }));
    assert.deepEqual(await store.counters.read(['usd:day', 'launches']), [800_000, 1]);
    await store.save(saving('film-1', revision, { counters: [{ key: 'launches', add: -1 }] }));
    assert.deepEqual(await store.counters.read(['usd:day', 'launches']), [800_000, 0]);
  },
  'a refused save leaves its counters alone': async (store) => {
    await store.save(saving('film-1', null));
    await failsWith(store.save(saving('film-1', null, { counters: [{ key: 'a', add: 1 }] })), conflict);
    assert.deepEqual(await store.counters.read(['a']), [0]);
  },
  'a limit that would be passed refuses the save, names the counter and changes nothing at all': async (store) => {
    await store.counters.change([{ key: 'b', add: 3 }]);
    const { revision } = await store.save(saving('film-1', null, { state: { n: 1 } }));
    const counters = [
      { key: 'a', add: 1, limit: 10 },
      { key: 'b', add: 3, limit: 5 },
    ];
    const save = store.save(saving('film-1', revision, { state: { n: 2 }, wakes: { video: 1 }, counters }));
    assert.equal((await failsWith(save, full)).details.key, 'b');
    assert.deepEqual(await store.counters.read(['a', 'b']), [0, 3]);
    const loaded = await store.load('film-1');
    assert.deepEqual([loaded?.state, loaded?.revision], [{ n: 1 }, revision]);
    assert.deepEqual(await store.claimDue({ now: 10, limit: 10, roles: ['video'], leaseMs: 10 }), []);
  },
  'a value may reach its limit': async (store) => {
    if (sharded) return;
    const { revision } = await store.save(saving('film-1', null, { counters: [{ key: 'a', add: 5, limit: 5 }] }));
    await failsWith(store.save(saving('film-1', revision, { counters: [{ key: 'a', add: 1, limit: 5 }] })), full);
    assert.deepEqual(await store.counters.read(['a']), [5]);
  },
  'adding 0 under a limit is a guard': async (store) => {
    const guard = [{ key: 'kill-switch', add: 0, limit: 0 }];
    const { revision } = await store.save(saving('film-1', null, { counters: guard }));
    await store.counters.change([{ key: 'kill-switch', add: 1 }]);
    await failsWith(store.save(saving('film-1', revision, { counters: guard })), full);
    await store.counters.change([{ key: 'kill-switch', add: -1 }]);
    await store.save(saving('film-1', revision, { counters: guard }));
  },
  'a change outside any film keeps to its limits, all or nothing': async (store) => {
    const changes = [
      { key: 'a', add: 1 },
      { key: 'b', add: 2, limit: 1 },
    ];
    assert.equal((await failsWith(store.counters.change(changes), full)).details.key, 'b');
    assert.deepEqual(await store.counters.read(['a', 'b']), [0, 0]);
  },
  'a key that is named twice counts twice': async (store) => {
    const twice = [
      { key: 'a', add: 2, limit: 9 },
      { key: 'a', add: 3, limit: 9 },
    ];
    await store.save(saving('film-1', null, { counters: twice }));
    assert.deepEqual(await store.counters.read(['a']), [5]);
    await failsWith(store.save(saving('film-2', null, { counters: twice })), full);
    assert.deepEqual(await store.counters.read(['a']), [5]);
  },
  'several saves at once never pass a limit': async (store) => {
    const limit = Math.ceil(racers / 2);
    const counters = [{ key: 'launches', add: 1, limit }];
    const { values, reasons } = await settled(
      Array.from({ length: racers }, (_, racer) => store.save(saving(`film-${racer}`, null, { counters }))),
    );
    for (const reason of reasons) await failsWith(Promise.reject(reason), full);
    assert.deepEqual(await store.counters.read(['launches']), [values.length]);
    if (sharded) assert.ok(values.length >= 1 && values.length <= limit);
    else assert.equal(values.length, limit);
  },
  'several additions at once all count': async (store) => {
    await Promise.all(Array.from({ length: racers }, () => store.counters.change([{ key: 'a', add: 2 }])));
    assert.deepEqual(await store.counters.read(['a']), [racers * 2]);
  },
  'counters outlive the films that changed them': async (store) => {
    await store.save(saving('film-1', null, { counters: [{ key: 'a', add: 2 }] }));
    await store.remove('film-1');
    assert.deepEqual(await store.counters.read(['a']), [2]);
  },
});
