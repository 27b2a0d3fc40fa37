import { ReelstateError } from './errors.ts';
import type { Source, Storage } from './ports.ts';

const CHUNK = 64 * 1024;

/** Throws `cancelled` `aborted` (effect `none`) where the signal is aborted already. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new ReelstateError('cancelled', 'The call was aborted before it began.', {
    code: 'aborted',
    effect: 'none',
    cause: signal.reason,
  });
}

/** A stream of these bytes, in chunks of 64 KiB; each chunk is a copy. */
export function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, at + CHUNK));
      at += CHUNK;
    },
  });
}

/** A source over bytes in memory. */
export function sourceOf(bytes: Uint8Array): Source {
  return {
    size: bytes.length,
    open: (range) => streamOf(bytes.subarray(range?.start ?? 0, range?.end ?? bytes.length)),
  };
}

const cutShort = (missing: number): ReelstateError =>
  new ReelstateError('retryable', `A read ended ${missing} bytes too early.`, { code: 'read-cut-short' });

/**
 * A source whose reads fail where they end before the bytes do: a broken connection may look like the end of a file, and half a film is
 * not a film. Throws `retryable` `read-cut-short` through the stream. Without a size nothing is checked.
 */
export function wholeOf(source: Source, size: number | undefined = source.size): Source {
  if (size === undefined) return source;
  const open: Source['open'] = (range) => {
    const { start = 0, end = size } = range ?? {};
    let left = Math.max(0, Math.min(end, size) - start);
    const reader = source.open(range).getReader();
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await reader.read();
          left -= value?.length ?? 0;
          if (!done) controller.enqueue(value);
          else if (left > 0) controller.error(cutShort(left));
          else controller.close();
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  };
  return { ...source, size, open };
}

/** An object's bytes at a revision, whole or not at all. */
export const wholeObject = (
  storage: Storage,
  { name, revision, size }: { readonly name: string; readonly revision: string; readonly size?: number },
): Source => wholeOf(storage.source(name, { revision }), size);

/** The whole of a stream. Only for what is known to be small, and for stores that keep their bytes in memory. */
export async function readAll(stream: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    throwIfAborted(signal);
    chunks.push(chunk);
    size += chunk.length;
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The bytes of a body as `Storage.put` takes it, never the caller's own array. */
export async function bytesOf(body: string | Uint8Array | Source, signal?: AbortSignal): Promise<Uint8Array> {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  return body instanceof Uint8Array ? body.slice() : readAll(body.open({ signal }), signal);
}
