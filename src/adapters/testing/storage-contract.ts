import assert from 'node:assert/strict';
import type { Storage, StoredObject } from '../../core/ports.ts';
import {
  type Awaitable,
  aborted,
  brokenSource,
  bytesIn,
  type ContractCase,
  casesOf,
  failsWith,
  sample,
  settled,
  textIn,
} from './contract.ts';

/** Where a storage differs from others, in one visible place. */
export interface StorageDeviations {
  /** Racers in the cases about concurrency. @default 8 */
  readonly racers?: number;
  /** Removes what `create` made. */
  readonly dispose?: (storage: Storage) => Awaitable<void>;
}

const notThere = { kind: 'permanent', code: 'object-not-found' } as const;
const refused = { kind: 'permanent', code: 'precondition-failed' } as const;
const create = { ifRevision: null } as const;

/**
 * What every `Storage` promises, as cases for any test runner. `make` gives an empty storage each time it is called.
 */
export function storageContract(make: () => Awaitable<Storage>, options: StorageDeviations = {}): ContractCase[] {
  const dispose = options.dispose ?? (() => {});
  const racers = options.racers ?? 8;
  return casesOf(make, dispose, { ...writing, ...racing(racers), ...reading, ...listing, ...copying, ...edges });
}

type Cases = Readonly<Record<string, (storage: Storage) => Promise<void>>>;

const unchanged = async (storage: Storage, object: StoredObject, text: string) => {
  assert.deepEqual(await storage.head(object.name), object);
  assert.equal((await storage.text(object.name))?.text, text);
};

const writing: Cases = {
  'a new object is there at once, as its put said': async (storage) => {
    const object = await storage.put('f/a.txt', 'héllo', {
      ...create,
      contentType: 'text/plain',
      metadata: { take: '1' },
    });
    const { name, size, contentType, metadata } = object;
    assert.deepEqual(
      { name, size, contentType, metadata },
      { name: 'f/a.txt', size: 6, contentType: 'text/plain', metadata: { take: '1' } },
    );
    assert.ok(object.revision.length > 0);
    await unchanged(storage, object, 'héllo');
  },
  'create-only refuses an existing name and changes nothing': async (storage) => {
    const object = await storage.put('f/a.txt', 'first', { ...create, metadata: { by: 'one' } });
    await failsWith(storage.put('f/a.txt', 'second', create), refused);
    await failsWith(storage.put('f/a.txt', 'first', { ...create, metadata: { by: 'two' } }), refused);
    await unchanged(storage, object, 'first');
  },
  'the present revision replaces content, type and metadata': async (storage) => {
    const first = await storage.put('f/a.txt', 'first', { ...create, metadata: { a: '1', b: '2' } });
    const second = await storage.put('f/a.txt', 'second', {
      ifRevision: first.revision,
      contentType: 'text/plain',
      metadata: { c: '3' },
    });
    assert.notEqual(second.revision, first.revision);
    assert.deepEqual([second.contentType, second.metadata], ['text/plain', { c: '3' }]);
    await unchanged(storage, second, 'second');
  },
  'an old revision replaces nothing': async (storage) => {
    const first = await storage.put('f/a.txt', 'first', create);
    const second = await storage.put('f/a.txt', 'second', { ifRevision: first.revision });
    await failsWith(storage.put('f/a.txt', 'third', { ifRevision: first.revision }), refused);
    await unchanged(storage, second, 'second');
  },
  'a revision of a name that is not there replaces nothing': async (storage) => {
    const other = await storage.put('f/b.txt', 'other', create);
    await failsWith(storage.put('f/a.txt', 'first', { ifRevision: other.revision }), refused);
    assert.equal(await storage.head('f/a.txt'), undefined);
  },
  'a revision never comes back, not for the same content and not after a removal': async (storage) => {
    const seen = new Set<string>();
    let last = await storage.put('f/a.txt', 'same', create);
    for (let round = 0; round < 4; round++) {
      seen.add(last.revision);
      last = await storage.put('f/a.txt', 'same', { ifRevision: last.revision });
    }
    seen.add(last.revision);
    await storage.remove('f/a.txt');
    seen.add((await storage.put('f/a.txt', 'same', create)).revision);
    assert.equal(seen.size, 6);
  },
  'text, bytes and streams of any size arrive whole': async (storage) => {
    const bytes = sample(300_000);
    await storage.put('f/empty', '', create);
    await storage.put('f/bytes', bytes, create);
    const copied = await storage.put('f/stream', storage.source('f/bytes'), create);
    assert.equal(copied.size, bytes.length);
    assert.deepEqual(await bytesIn(storage.source('f/stream')), bytes);
    assert.equal((await bytesIn(storage.source('f/empty'))).length, 0);
  },
  'bytes are copied: what the caller does to its array later changes nothing': async (storage) => {
    const bytes = sample(1000);
    const writing = storage.put('f/a', bytes, create);
    await writing;
    bytes.fill(0);
    const read = await bytesIn(storage.source('f/a'));
    assert.deepEqual(read, sample(1000));
    read.fill(0);
    assert.deepEqual(await bytesIn(storage.source('f/a')), sample(1000));
  },
  'a stream that breaks leaves the old content, or none': async (storage) => {
    await assert.rejects(storage.put('f/new', brokenSource(), create));
    assert.equal(await storage.head('f/new'), undefined);
    const object = await storage.put('f/a.txt', 'old', create);
    await assert.rejects(storage.put('f/a.txt', brokenSource(), { ifRevision: object.revision }));
    await unchanged(storage, object, 'old');
    assert.deepEqual(
      (await storage.list('')).map(({ name }) => name),
      ['f/a.txt'],
    );
  },
};

const racing = (racers: number): Cases => ({
  'of several that create a name exactly one succeeds': async (storage) => {
    const texts = Array.from({ length: racers }, (_, racer) => `racer ${racer}`);
    const { values, reasons } = await settled(texts.map((text) => storage.put('f/a.txt', text, create)));
    assert.equal(values.length, 1);
    for (const reason of reasons) await failsWith(Promise.reject(reason), refused);
    const present = await storage.text('f/a.txt');
    assert.equal(present?.object.revision, values[0]?.revision);
    assert.ok(texts.includes(present?.text ?? ''));
  },
  'of several that replace a revision exactly one succeeds': async (storage) => {
    const { revision } = await storage.put('f/a.txt', 'first', create);
    const { values, reasons } = await settled(
      Array.from({ length: racers }, (_, racer) => storage.put('f/a.txt', `racer ${racer}`, { ifRevision: revision })),
    );
    assert.equal(values.length, 1);
    for (const reason of reasons) await failsWith(Promise.reject(reason), refused);
    assert.equal((await storage.head('f/a.txt'))?.revision, values[0]?.revision);
  },
});

const reading: Cases = {
  'what is not there is undefined, or an error through the stream': async (storage) => {
    assert.equal(await storage.head('f/none'), undefined);
    assert.equal(await storage.text('f/none'), undefined);
    await failsWith(bytesIn(storage.source('f/none')), notThere);
  },
  'a source is read again and again, whole or in part': async (storage) => {
    await storage.put('f/a.txt', '0123456789', create);
    const source = storage.source('f/a.txt');
    assert.equal(await textIn(source), '0123456789');
    assert.equal(await textIn(source, { start: 2, end: 5 }), '234');
    assert.equal(await textIn(source, { start: 7 }), '789');
    assert.equal(await textIn(source, { end: 3 }), '012');
    assert.equal(await textIn(source, { start: 8, end: 100 }), '89');
    assert.equal(await textIn(source), '0123456789');
  },
  'a source pinned to a revision never gives the bytes of another': async (storage) => {
    const first = await storage.put('f/a.txt', 'first', create);
    const pinned = storage.source('f/a.txt', { revision: first.revision });
    assert.equal(await textIn(pinned), 'first');
    const second = await storage.put('f/a.txt', 'second', { ifRevision: first.revision });
    await failsWith(textIn(pinned), notThere);
    assert.equal(await textIn(storage.source('f/a.txt', { revision: second.revision })), 'second');
    assert.equal(await textIn(storage.source('f/a.txt')), 'second');
  },
};

const listing: Cases = {
  'a list has every object with the prefix, by name, with its revision': async (storage) => {
    const names = ['f/takes/1-1/intent.json', 'f/takes/1-10/x', 'f/takes/1-2/x', 'f/a', 'g/a', 'f2'];
    for (const name of names) await storage.put(name, name, { ...create, metadata: { of: name } });
    const below = async (prefix: string) => (await storage.list(prefix)).map(({ name }) => name);
    assert.deepEqual(await below('f/takes/'), ['f/takes/1-1/intent.json', 'f/takes/1-10/x', 'f/takes/1-2/x']);
    assert.deepEqual(await below('f/takes/1-1'), ['f/takes/1-1/intent.json', 'f/takes/1-10/x']);
    assert.deepEqual(await below('f'), ['f/a', 'f/takes/1-1/intent.json', 'f/takes/1-10/x', 'f/takes/1-2/x', 'f2']);
    assert.equal((await below('')).length, names.length);
    assert.deepEqual(await below('none/'), []);
    assert.deepEqual(await storage.list('g/a'), [await storage.head('g/a')]);
  },
  'a URI names the object, and a place keeps its slash': async (storage) => {
    assert.match(storage.uri('f/a.txt'), /^[a-z]+:\/\/.+\/f\/a\.txt$/);
    assert.equal(storage.uri('f/takes/1-1/'), `${storage.uri('f/takes/1-1')}/`);
    assert.notEqual(storage.uri('f/a'), storage.uri('f/b'));
  },
};

const copying: Cases = {
  'a copy has the bytes and, where nothing else is said, type and metadata': async (storage) => {
    const about = { contentType: 'video/mp4', metadata: { take: '1' } };
    const from = await storage.put('f/takes/1-1/a.mp4', sample(5000), { ...create, ...about });
    const same = await storage.copy(from, 'f/block_1.mp4', create);
    assert.deepEqual([same.size, same.contentType, same.metadata], [5000, 'video/mp4', { take: '1' }]);
    assert.deepEqual(await bytesIn(storage.source('f/block_1.mp4')), sample(5000));
    const other = await storage.copy(from, 'f/block_1.mp4', { ifRevision: same.revision, metadata: { take: '2' } });
    assert.deepEqual(await storage.head('f/block_1.mp4'), other);
    assert.deepEqual(other.metadata, { take: '2' });
    assert.deepEqual(await storage.head(from.name), from);
  },
  'a copy keeps to the precondition of its target': async (storage) => {
    const from = await storage.put('f/a', 'from', create);
    const there = await storage.put('f/b', 'there', create);
    await failsWith(storage.copy(from, 'f/b', create), refused);
    await failsWith(storage.copy(from, 'f/c', { ifRevision: there.revision }), refused);
    await unchanged(storage, there, 'there');
  },
  'only the named revision is copied': async (storage) => {
    const old = await storage.put('f/a', 'old', create);
    await storage.put('f/a', 'new', { ifRevision: old.revision });
    await failsWith(storage.copy(old, 'f/b', create), notThere);
    await failsWith(storage.copy({ name: 'f/none', revision: old.revision }, 'f/b', create), notThere);
    assert.equal(await storage.head('f/b'), undefined);
  },
};

const edges: Cases = {
  'a removed object is gone, and removing it again is no error': async (storage) => {
    const object = await storage.put('f/a', 'x', create);
    await storage.put('f/b', 'y', create);
    await storage.remove('f/a', { ifRevision: object.revision });
    await storage.remove('f/a');
    assert.deepEqual(
      (await storage.list('f/')).map(({ name }) => name),
      ['f/b'],
    );
  },
  'a removal keeps to its precondition': async (storage) => {
    const first = await storage.put('f/a', 'first', create);
    const second = await storage.put('f/a', 'second', { ifRevision: first.revision });
    await failsWith(storage.remove('f/a', { ifRevision: first.revision }), refused);
    await unchanged(storage, second, 'second');
  },
  'names that could leave the root are refused': async (storage) => {
    for (const name of ['', '/a', '../a', 'f/../a', 'f/./a', 'f//a', 'f/..', 'f/a\0b', 'f\\a', 'f/a\nb']) {
      const bad = { kind: 'permanent', code: 'bad-object-name' } as const;
      await failsWith((async () => storage.put(name, 'x', create))(), bad);
      await failsWith((async () => bytesIn(storage.source(name)))(), bad);
    }
    assert.deepEqual(await storage.list(''), []);
  },
  'names and texts in any script survive': async (storage) => {
    const name = 'film/स्क्रिप्ट ü 1.txt';
    const object = await storage.put(name, 'ça – 空 🎬', { ...create, metadata: { note: 'plain' } });
    await unchanged(storage, object, 'ça – 空 🎬');
    assert.deepEqual(await storage.list('film/'), [object]);
  },
  'an aborted call is cancelled and writes nothing': async (storage) => {
    const object = await storage.put('f/a', 'old', create);
    const signal = aborted();
    const cancelled = { kind: 'cancelled' } as const;
    await failsWith(storage.put('f/b', 'x', { ...create, signal }), cancelled);
    await failsWith(storage.put('f/a', 'x', { ifRevision: object.revision, signal }), cancelled);
    await failsWith(storage.head('f/a', { signal }), cancelled);
    await failsWith(storage.list('f/', { signal }), cancelled);
    await failsWith(storage.remove('f/a', { signal }), cancelled);
    assert.deepEqual(await storage.list('f/'), [object]);
  },
};
