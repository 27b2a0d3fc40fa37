import assert from 'node:assert/strict';
import type { JsonObject } from '../../core/json.ts';
import type { StateStore } from '../../core/ports.ts';
import { type Awaitable, aborted, type ContractCase, casesOf, failsWith, settled } from './contract.ts';
import { conflict, type StateCases, saving } from './state-cases.ts';
import { counting } from './state-counter-cases.ts';
import { claiming, listing } from './state-listing-cases.ts';

/** Where a store differs from others, in one visible place. */
export interface StateDeviations {
  /** Racers in the cases about concurrency. @default 8 */
  readonly racers?: number;
  /** Counters are kept in shards: a limit is never passed, but may be met before the sum has reached it. @default false */
  readonly shardedCounters?: boolean;
  /** Removes what `create` made; each store is closed before. */
  readonly dispose?: (state: StateStore) => Awaitable<void>;
}

/** What every `StateStore` promises, as cases for any test runner. `make` gives an empty store each time it is called. */
export function stateContract(make: () => Awaitable<StateStore>, options: StateDeviations = {}): ContractCase[] {
  const dispose = async (store: StateStore) => {
    await store.close?.();
    await options.dispose?.(store);
  };
  const racers = options.racers ?? 8;
  return casesOf(make, dispose, {
    ...states,
    ...racing(racers),
    ...claiming,
    ...listing,
    ...counting(racers, options.shardedCounters ?? false),
    ...beside,
  });
}

const states: StateCases = {
  'an unknown film is undefined': async (store) => {
    assert.equal(await store.load('film-none'), undefined);
  },
  'a saved state is loaded under the revision that save gave': async (store) => {
    const state: JsonObject = {
      text: 'ça 空 🎬 \u0000 "',
      list: [1, 2.5, null, true],
      nested: { a: { b: [] } },
      big: 2 ** 53 - 1,
    };
    const { revision } = await store.save(saving('film-1', null, { state }));
    const loaded = await store.load('film-1');
    assert.deepEqual([loaded?.state, loaded?.revision], [state, revision]);
  },
  'a state is JSON: what serialisation loses is lost': async (store) => {
    const state = { gone: undefined, date: new Date(0), kept: 1 } as unknown as JsonObject;
    await store.save(saving('film-1', null, { state }));
    assert.deepEqual((await store.load('film-1'))?.state, { date: '1970-01-01T00:00:00.000Z', kept: 1 });
  },
  'what is no object is refused': async (store) => {
    for (const state of [null, [], 'text', 5] as unknown as JsonObject[]) {
      await failsWith(store.save(saving('film-1', null, { state })), {
        kind: 'permanent',
        code: 'state-not-an-object',
      });
    }
    assert.equal(await store.load('film-1'), undefined);
  },
  'a film is created once': async (store) => {
    const { revision } = await store.save(saving('film-1', null, { state: { first: true } }));
    await failsWith(store.save(saving('film-1', null, { state: { first: false } })), conflict);
    const loaded = await store.load('film-1');
    assert.deepEqual([loaded?.state, loaded?.revision], [{ first: true }, revision]);
  },
  'a save under an old revision is refused and changes nothing': async (store) => {
    const first = await store.save(saving('film-1', null));
    const second = await store.save(saving('film-1', first.revision, { state: { n: 2 } }));
    await failsWith(store.save(saving('film-1', first.revision, { state: { n: 3 }, wakes: { video: 1 } })), conflict);
    assert.deepEqual((await store.load('film-1'))?.state, { n: 2 });
    assert.equal((await store.load('film-1'))?.revision, second.revision);
    assert.deepEqual(await store.claimDue({ now: 10, limit: 10, roles: ['video'], leaseMs: 10 }), []);
  },
  'a save of an unknown film under a revision is refused': async (store) => {
    const { revision } = await store.save(saving('film-1', null));
    await failsWith(store.save(saving('film-2', revision)), conflict);
    assert.equal(await store.load('film-2'), undefined);
  },
  'a revision never comes back': async (store) => {
    const seen = new Set<string>();
    let revision: string | null = null;
    for (let round = 0; round < 5; round++) {
      revision = (await store.save(saving('film-1', revision))).revision;
      seen.add(revision);
    }
    await store.remove('film-1');
    seen.add((await store.save(saving('film-1', null))).revision);
    assert.equal(seen.size, 6);
  },
  'nothing is shared with the caller': async (store) => {
    const state = { list: [1] };
    const { revision } = await store.save(saving('film-1', null, { state }));
    state.list.push(2);
    const loaded = await store.load('film-1');
    assert.deepEqual(loaded?.state, { list: [1] });
    (loaded as unknown as { state: typeof state }).state.list.push(3);
    assert.deepEqual(await store.load('film-1').then((again) => [again?.state, again?.revision]), [
      { list: [1] },
      revision,
    ]);
  },
  'a state of 90 KiB is kept': async (store) => {
    const state = { text: 'x'.repeat(90 * 1024) };
    await store.save(saving('film-1', null, { state }));
    assert.deepEqual((await store.load('film-1'))?.state, state);
  },
  'a removed film is gone everywhere': async (store) => {
    await store.save(saving('film-1', null, { wakes: { video: 1 } }));
    await store.remove('film-1');
    await store.remove('film-1');
    assert.equal(await store.load('film-1'), undefined);
    assert.deepEqual((await store.list({}, { limit: 10 })).videoIds, []);
    assert.deepEqual(await store.claimDue({ now: 10, limit: 10, roles: ['video'], leaseMs: 10 }), []);
  },
};

const racing = (racers: number): StateCases => ({
  'of several saves of one revision exactly one succeeds': async (store) => {
    const { revision } = await store.save(saving('film-1', null));
    const { values, reasons } = await settled(
      Array.from({ length: racers }, (_, racer) => store.save(saving('film-1', revision, { state: { racer } }))),
    );
    assert.equal(values.length, 1);
    for (const reason of reasons) await failsWith(Promise.reject(reason), conflict);
    assert.equal((await store.load('film-1'))?.revision, values[0]?.revision);
  },
  'a refused save does not hurt the others of its moment': async (store) => {
    const names = Array.from({ length: racers }, (_, racer) => `film-${racer}`);
    await store.save(saving('film-0', null));
    const { values, reasons } = await settled(names.map((name) => store.save(saving(name, null, { state: { name } }))));
    assert.deepEqual([values.length, reasons.length], [racers - 1, 1]);
    for (const name of names.slice(1)) assert.deepEqual((await store.load(name))?.state, { name });
  },
  'a due film is given to one of several that claim': async (store) => {
    const names = Array.from({ length: racers }, (_, racer) => `film-${racer}`);
    for (const name of names) await store.save(saving(name, null, { wakes: { video: 5 } }));
    const claim = () => store.claimDue({ now: 10, limit: 3, roles: ['video'], leaseMs: 100 });
    const claimed = (await Promise.all(names.map(claim))).flat();
    assert.equal(new Set(claimed).size, claimed.length);
    for (let more = await claim(); more.length > 0; more = await claim()) claimed.push(...more);
    assert.deepEqual(claimed.sort(), names.sort());
  },
});

const beside: StateCases = {
  'kv keeps the last JSON value of a key': async (store) => {
    assert.equal(await store.kv.get('latency'), undefined);
    await store.kv.set('latency', { values: [1, 2], note: null });
    await store.kv.set('latency', [3, 'ç']);
    await store.kv.set('other', 5);
    assert.deepEqual(await store.kv.get('latency'), [3, 'ç']);
    assert.equal(await store.kv.get('other'), 5);
  },
  'an aborted call is cancelled and saves nothing': async (store) => {
    const signal = aborted();
    const cancelled = { kind: 'cancelled' } as const;
    await failsWith(store.save({ ...saving('film-1', null), signal }), cancelled);
    await failsWith(store.load('film-1', { signal }), cancelled);
    await failsWith(store.counters.change([{ key: 'a', add: 1 }], { signal }), cancelled);
    assert.equal(await store.load('film-1'), undefined);
    assert.deepEqual(await store.counters.read(['a']), [0]);
  },
  'a watcher hears of a save and ends with its signal': async (store) => {
    if (!store.watch) return;
    const { revision } = await store.save(saving('film-1', null));
    const stop = new AbortController();
    const changes = store.watch('film-1', { signal: stop.signal })[Symbol.asyncIterator]();
    const first = changes.next();
    await store.save(saving('film-1', revision));
    assert.equal((await first).done ?? false, false);
    const last = (async () => {
      for (;;) if ((await changes.next()).done) return 'ended';
    })();
    stop.abort();
    assert.equal(await last, 'ended');
  },
  'this process is not called dead': async (store) => {
    if (store.isDead === undefined) return;
    assert.equal(store.holder !== undefined && store.isDead(store.holder), false);
    assert.equal(store.isDead('somebody-else'), false);
  },
};
