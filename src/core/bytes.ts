import { ReelstateError } from './errors.ts';
import type { Source } from './ports.ts';

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
