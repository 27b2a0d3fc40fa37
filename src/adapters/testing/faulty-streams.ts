/** One fault, on its way into one call. */
export interface Meddle {
  readonly moment: 'before' | 'after';
  /** What a call that answers at once throws. */
  readonly error: () => Error;
  /** Rejects, hangs or takes its time. */
  readonly happen: () => Promise<void>;
}

/** A stream whose first read is at fault, or its end, when all bytes were read. */
export function faultyStream(open: () => ReadableStream<Uint8Array>, meddle: Meddle): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        if (reader === undefined) {
          if (meddle.moment === 'before') await meddle.happen();
          reader = open().getReader();
        }
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        if (meddle.moment === 'after') await meddle.happen();
        controller.close();
      },
      cancel: async (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** An iterable that fails before its first value, or after its last. */
export async function* faultyIterable<T>(iterate: () => AsyncIterable<T>, meddle: Meddle): AsyncGenerator<T> {
  if (meddle.moment === 'before') await meddle.happen();
  yield* iterate();
  if (meddle.moment === 'after') await meddle.happen();
}
