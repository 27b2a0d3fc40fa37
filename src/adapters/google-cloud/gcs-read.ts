import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { ReelstateError } from '../../core/errors.ts';
import type { Source } from '../../core/ports.ts';
import { aborted, withDeadline } from './calls.ts';
import type { GcsBucket } from './gcs-bucket.ts';
import { isGeneration } from './gcs-bucket.ts';
import { gcsError, gcsLate } from './gcs-errors.ts';

const PERMISSION = 'storage.objects.get';

const LISTENERS = 20;

interface Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body?: { setMaxListeners?(count: number): unknown };
}

interface ReadState {
  offset: number;
  generation: string | undefined;
  /** What the server stated with the first answer. */
  crc32c: string | undefined;
  size: number | undefined;
  resumable: boolean;
}

const notFound = (name: string): ReelstateError =>
  new ReelstateError('permanent', `There is no object ${name} (at that revision).`, { code: 'object-not-found' });

const header = (headers: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

/** Takes from the answer's headers what pins and proves the rest of the read. */
function remember(state: ReadState, headers: Readonly<Record<string, unknown>>): void {
  state.generation ??= header(headers, 'x-goog-generation');
  state.crc32c ??= /crc32c=([^,\s]+)/.exec(header(headers, 'x-goog-hash') ?? '')?.[1];
  const length = header(headers, 'x-goog-stored-content-length');
  if (length !== undefined) state.size ??= Number(length);
  // What is stored compressed comes expanded: neither its offsets nor its checksum are those of the object.
  if (header(headers, 'content-encoding') === 'gzip') state.resumable = false;
}

/**
 * The bytes of one object at one generation as a stream that survives broken connections: it goes on at the byte where it stopped, pinned
 * to the generation that the first answer named. A whole read is checked against the object's crc32c.
 */
export async function* readObject(
  bucket: GcsBucket,
  name: string,
  options: {
    readonly revision?: string;
    readonly start?: number;
    readonly end?: number;
    readonly signal?: AbortSignal | undefined;
  },
): AsyncGenerator<Buffer, void> {
  const { start = 0, end, signal } = options;
  if (options.revision !== undefined && !isGeneration(options.revision)) throw notFound(name);
  const place = { bucket: bucket.name, permission: PERMISSION };
  const state: ReadState = {
    offset: start,
    generation: options.revision,
    crc32c: undefined,
    size: undefined,
    resumable: true,
  };
  const sum = await bucket.crc32c();
  const opened = await bucket.bucket();
  const step = <T>(run: () => Promise<T>): Promise<T> =>
    withDeadline(run, bucket.rules.timeoutMs, signal, () => gcsLate(place));
  let failures = 0;
  while (end === undefined || state.offset < end) {
    const file = opened.file(bucket.full(name), state.generation === undefined ? {} : { generation: state.generation });
    const whole = state.offset === 0 && end === undefined;
    const range = whole ? {} : { start: state.offset, ...(end === undefined ? {} : { end: end - 1 }) };
    const stream: Readable = file.createReadStream({ ...range, validation: false });
    stream.once('response', (response: Answer) => {
      // The client's own listeners (storage 8.4, teeny-request 11) are one more than Node finds normal, and it would warn on stderr.
      response.body?.setMaxListeners?.(LISTENERS);
      if (!stream.destroyed) remember(state, response.headers);
    });
    const chunks: AsyncIterator<Buffer> = stream[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await step(() => chunks.next());
        if (next.done) break;
        state.offset += next.value.length;
        sum.update(next.value);
        failures = 0;
        yield next.value;
      }
      if (state.size === undefined || !state.resumable || state.offset >= Math.min(state.size, end ?? state.size))
        break;
      throw new ReelstateError('retryable', 'The object ended before its stated size.', {
        code: 'storage-unavailable',
      });
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      const failure = gcsError(error, place);
      if (failure.code === 'range-not-satisfiable') return;
      if (failure.kind !== 'retryable' && failure.kind !== 'throttled') throw failure;
      failures += 1;
      if (failures >= bucket.rules.attempts || (!state.resumable && state.offset > start)) throw failure;
      await pause(
        bucket.rules.minDelayMs * 3 ** (failures - 1),
        undefined,
        signal === undefined ? {} : { signal },
      ).catch(() => {
        throw signal === undefined ? failure : aborted(signal);
      });
    } finally {
      stream.destroy();
    }
  }
  const complete = start === 0 && state.resumable && state.offset === state.size;
  if (complete && state.crc32c !== undefined && sum.toString() !== state.crc32c)
    throw new ReelstateError('retryable', `The bytes read of ${name} do not have its checksum.`, {
      code: 'storage-corrupt',
    });
}

/** A Source over one object; `sign` makes its URL for tools that read by ranges themselves. */
export function objectSource(
  bucket: GcsBucket,
  name: string,
  revision: string | undefined,
  sign: () => Promise<string | undefined>,
): Source {
  const pinned = revision === undefined ? {} : { revision };
  return {
    open: (range = {}) => {
      const chunks = readObject(bucket, name, { ...pinned, ...range });
      return new ReadableStream<Uint8Array>(
        {
          async pull(controller) {
            const next = await chunks.next();
            if (next.done) controller.close();
            else controller.enqueue(next.value);
          },
          async cancel() {
            await chunks.return();
          },
        },
        { highWaterMark: 0 },
      );
    },
    url: sign,
  };
}
