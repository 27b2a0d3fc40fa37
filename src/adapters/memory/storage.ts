import { bytesOf, streamOf, throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import { checkObjectName, checkPrefix } from '../../core/object-name.ts';
import type { PutOptions, Source, Storage, StoredObject } from '../../core/ports.ts';

interface Kept {
  readonly object: StoredObject;
  readonly bytes: Uint8Array;
}

const missing = (name: string) =>
  new ReelstateError('permanent', `There is no object "${name}" (at that revision).`, { code: 'object-not-found' });
const conflict = (name: string) =>
  new ReelstateError('permanent', `The object "${name}" is not at the expected revision.`, {
    code: 'precondition-failed',
  });

/**
 * Objects in memory: an honest storage that loses everything with the process. Bytes are copied in and out, revisions are random, and
 * a replaced revision is gone, as in a bucket without versioning.
 * @param options.name - what stands in its URIs, `memory://{name}/…`; @default 'storage'
 */
export function memoryStorage(options: { readonly name?: string } = {}): Storage {
  const objects = new Map<string, Kept>();
  const root = `memory://${options.name ?? 'storage'}/`;

  const find = (name: string, revision?: string): Kept => {
    const kept = objects.get(name);
    if (!kept || (revision !== undefined && kept.object.revision !== revision)) throw missing(name);
    return kept;
  };
  // No await between the look and the write: that is what makes it a compare-and-swap.
  const swap = (name: string, bytes: Uint8Array, put: PutOptions, kept?: StoredObject): StoredObject => {
    throwIfAborted(put.signal);
    if ((objects.get(name)?.object.revision ?? null) !== put.ifRevision) throw conflict(name);
    const object: StoredObject = {
      name,
      size: bytes.length,
      revision: crypto.randomUUID(),
      contentType: put.contentType ?? kept?.contentType ?? 'application/octet-stream',
      metadata: { ...(put.metadata ?? kept?.metadata) },
    };
    objects.set(name, { object, bytes });
    return copyOf(object);
  };

  return {
    uri: (name) => root + (name === '' ? '' : checkPrefix(name)),
    head: async (name, { signal } = {}) => {
      throwIfAborted(signal);
      const kept = objects.get(checkObjectName(name));
      return kept && copyOf(kept.object);
    },
    list: async (prefix, { signal } = {}) => {
      throwIfAborted(signal);
      checkPrefix(prefix);
      return [...objects.keys()]
        .filter((name) => name.startsWith(prefix))
        .sort()
        .map((name) => copyOf(find(name).object));
    },
    put: async (name, body, put) => {
      checkObjectName(name);
      throwIfAborted(put.signal);
      return swap(name, await bytesOf(body, put.signal), put);
    },
    copy: async (from, to, put) => {
      const kept = find(checkObjectName(from.name), from.revision);
      return swap(checkObjectName(to), kept.bytes, put, kept.object);
    },
    source: (name, at = {}) => {
      checkObjectName(name);
      return sourceIn(() => find(name, at.revision));
    },
    text: async (name, { signal } = {}) => {
      throwIfAborted(signal);
      const kept = objects.get(checkObjectName(name));
      return kept && { text: new TextDecoder().decode(kept.bytes), object: copyOf(kept.object) };
    },
    remove: async (name, { ifRevision, signal } = {}) => {
      throwIfAborted(signal);
      const kept = objects.get(checkObjectName(name));
      if (kept && ifRevision !== undefined && kept.object.revision !== ifRevision) throw conflict(name);
      objects.delete(name);
    },
  };
}

const copyOf = (object: StoredObject): StoredObject => ({ ...object, metadata: { ...object.metadata } });

function sourceIn(find: () => Kept): Source {
  return {
    open: ({ start = 0, end, signal } = {}) => {
      try {
        throwIfAborted(signal);
        return streamOf(find().bytes.subarray(start, end));
      } catch (error) {
        return new ReadableStream({ start: (controller) => controller.error(error) });
      }
    },
  };
}
