import { describe, expect, it } from 'vitest';
import {
  fakeLlm,
  fakeMedia,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
  tinyMp4,
} from '../../src/adapters/memory/index.ts';
import { Crash, faults, stateContract, storageContract, withFaults } from '../../src/adapters/testing/index.ts';
import { readAll, sourceOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';

const create = { ifRevision: null } as const;
const error = new ReelstateError('retryable', 'The line went dead.', { code: 'line-dead' });
const index = { status: 'running', metadata: {}, createdAt: 1 };
const save = (videoId: string) => ({ videoId, ifRevision: null, state: {}, wakes: {}, index });
const codes = async (...calls: (() => Promise<unknown>)[]) => {
  const seen: string[] = [];
  for (const call of calls) {
    await call().then(
      () => seen.push('ok'),
      (reason: unknown) => seen.push(ReelstateError.is(reason) ? reason.code : (reason as Error).name),
    );
  }
  return seen;
};

describe('withFaults', () => {
  it('fails the calls that it is told to, and no others', async () => {
    const plan = faults().on('put', { error, times: 2, after: 1 });
    const storage = withFaults(memoryStorage(), plan);
    const put = (name: string) => () => storage.put(name, 'x', create);
    expect(await codes(put('a'), put('b'), put('c'), put('d'))).toEqual(['ok', 'line-dead', 'line-dead', 'ok']);
    expect((await storage.list('')).map(({ name }) => name)).toEqual(['a', 'd']);
    expect([plan.happened, plan.calls]).toEqual([2, ['put', 'put', 'put', 'put', 'list']]);
  });

  it('loses the answer of a call that had its effect', async () => {
    const storage = withFaults(memoryStorage(), faults().on('put', { error, moment: 'after', times: 1 }));
    expect(await codes(() => storage.put('a', 'x', create))).toEqual(['line-dead']);
    expect((await storage.text('a'))?.text).toBe('x');
  });

  it('hangs until the call’s own signal aborts it', async () => {
    const storage = withFaults(memoryStorage(), faults().on('head', { hang: true }));
    const controller = new AbortController();
    const head = storage.head('a', { signal: controller.signal });
    controller.abort();
    await expect(head).rejects.toMatchObject({ kind: 'cancelled', code: 'aborted' });
  });

  it('takes its time on the clock that it is given', async () => {
    const clock = manualClock();
    const storage = withFaults(memoryStorage(), faults().on('head', { delayMs: 500, clock }));
    let done = false;
    const head = storage.head('a').then(() => {
      done = true;
    });
    await clock.advance(499);
    expect(done).toBe(false);
    await clock.advance(1);
    await head;
    expect(done).toBe(true);
  });

  it('reaches nested ports', async () => {
    const store = withFaults(
      memoryState(),
      faults().on('counters.change', { error, times: 1 }).on('kv.get', { error }),
    );
    const change = () => store.counters.change([{ key: 'a', add: 1 }]);
    expect(
      await codes(
        change,
        change,
        () => store.kv.get('a'),
        () => store.kv.set('a', 1),
      ),
    ).toEqual(['line-dead', 'ok', 'line-dead', 'ok']);
    expect(await store.counters.read(['a'])).toEqual([1]);
  });

  it('breaks streams, at their start or when all was read', async () => {
    const inner = memoryStorage();
    await inner.put('a', 'content', create);
    const early = withFaults(inner, faults().on('source.open', { error, times: 1 }));
    const late = withFaults(inner, faults().on('source.open', { error, moment: 'after', times: 1 }));
    const read = (storage: typeof inner) => () => readAll(storage.source('a').open());
    expect(await codes(read(early), read(early), read(late), read(late))).toEqual([
      'line-dead',
      'ok',
      'line-dead',
      'ok',
    ]);
  });

  it('breaks the sources that other ports answer with', async () => {
    const video = withFaults(fakeVideo(), faults().on('open.open', { error }));
    const prompt = { dialogue: 'x', language: 'en', visual: 'x' };
    const place = { aspectRatio: '9:16', resolution: '720p', outputPlace: 'memory://storage/a/', labels: {} } as const;
    const { operation } = await video.launch({ prompt, seconds: 8, ...place });
    const look = await video.look(operation);
    const source = look.status === 'done' ? await video.open?.(look.output) : undefined;
    expect(await codes(async () => source && readAll(source.open()))).toEqual(['line-dead']);
    const media = withFaults(fakeMedia(), faults().on('cut.dispose', { error }));
    const part = {
      source: sourceOf(tinyMp4({ durationMs: 1000 })),
      fromMs: 0,
      durationMs: 1000,
      dropFirstFrame: false,
    };
    const film = await media.cut({ parts: [part], timeoutMs: 1000 });
    expect(film.info.durationMs).toBe(1000);
    expect(await codes(() => film.dispose())).toEqual(['line-dead']);
  });

  it('breaks watchers', async () => {
    const store = withFaults(memoryState(), faults().on('watch', { error }));
    const watcher = store.watch?.('film-1', { signal: new AbortController().signal });
    expect(await codes(async () => watcher?.[Symbol.asyncIterator]().next())).toEqual(['line-dead']);
  });

  it('throws at once from what answers at once', () => {
    const llm = withFaults(fakeLlm(), faults().on('price', { error }));
    expect(() => llm.price({ input: 1, output: 1 })).toThrow(error);
    expect(llm.id).toBe('fake-llm');
  });

  it('kills the process: no port is reached any more', async () => {
    const plan = faults().on('save', { crash: true, moment: 'after', times: 1 });
    const store = memoryState();
    const storage = memoryStorage();
    const [dyingStore, dyingStorage] = [withFaults(store, plan), withFaults(storage, plan)];
    expect(
      await codes(
        () => dyingStore.save(save('film-1')),
        () => dyingStorage.put('a', 'x', create),
        () => dyingStore.save(save('film-2')),
      ),
    ).toEqual(['Crash', 'Crash', 'Crash']);
    expect(plan.crashed).toBe(true);
    expect([await store.load('film-2'), await storage.list('')]).toEqual([undefined, []]);
    expect((await store.load('film-1'))?.state).toEqual({});
    expect(ReelstateError.is(new Crash('x'))).toBe(false);
  });

  it('looks at arguments where it is told to', async () => {
    const storage = withFaults(
      memoryStorage(),
      faults().on('put', { error, when: (name: string) => name.endsWith('intent.json') }),
    );
    const put = (name: string) => () => storage.put(name, 'x', create);
    expect(await codes(put('a/operation.json'), put('a/intent.json'))).toEqual(['ok', 'line-dead']);
  });

  it('counts every method under a star', async () => {
    const plan = faults().on('*', { error, after: 2, times: 1 });
    const storage = withFaults(memoryStorage(), plan);
    expect(
      await codes(
        () => storage.put('a', 'x', create),
        () => storage.head('a'),
        () => storage.list(''),
        () => storage.head('a'),
      ),
    ).toEqual(['ok', 'ok', 'line-dead', 'ok']);
  });

  it('leaves absent what is absent, and wraps frozen ports too', async () => {
    const storage = withFaults(Object.freeze(memoryStorage()), faults().on('head', { error }));
    expect([storage.publicUrl, 'publicUrl' in storage, 'put' in storage]).toEqual([undefined, false, true]);
    expect(await codes(() => storage.head('a'))).toEqual(['line-dead']);
    const spread = { ...storage };
    expect(await codes(() => spread.head('a'))).toEqual(['line-dead']);
  });
});

describe('without faults a wrapped port keeps its contract', () => {
  for (const { name, run } of storageContract(() => withFaults(memoryStorage(), faults()))) it(name, run);
  for (const { name, run } of stateContract(() => withFaults(memoryState(), faults()))) it(name, run);
});
