import assert from 'node:assert/strict';
import { type ErrorEffect, type ErrorKind, ReelstateError } from '../../core/errors.ts';
import type { Source } from '../../core/ports.ts';

/** One promise of a port. `run` rejects with an AssertionError where an adapter breaks it. */
export interface ContractCase {
  /** The promise, as the name of a test. */
  readonly name: string;
  /** Checks it. */
  readonly run: () => Promise<void>;
}

/** What a factory of a contract may answer: each case asks for a fresh one. */
export type Awaitable<T> = T | Promise<T>;

/** Makes cases that each get a port of their own, and give it back. */
export const casesOf = <Port>(
  create: () => Awaitable<Port>,
  dispose: (port: Port) => Awaitable<void>,
  cases: Readonly<Record<string, (port: Port) => Promise<void>>>,
): ContractCase[] =>
  Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => {
      const port = await create();
      try {
        await check(port);
      } finally {
        await dispose(port);
      }
    },
  }));

/** The rejection, which must be a ReelstateError of this kind (and code, and effect). */
export async function failsWith(
  promise: Promise<unknown>,
  expected: { readonly kind: ErrorKind; readonly code?: string; readonly effect?: ErrorEffect },
): Promise<ReelstateError> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error !== undefined, `it should have failed with ${expected.code ?? expected.kind}`);
  assert.ok(ReelstateError.is(error), `it should have thrown a ReelstateError, not ${String(error)}`);
  const { code, effect } = error;
  assert.deepEqual({ kind: error.kind, code, effect }, { code, effect, ...expected });
  return error;
}

/** Everything that a source streams. */
export async function bytesIn(source: Source, range?: { start?: number; end?: number }): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source.open(range)) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

export const textIn = async (source: Source, range?: { start?: number; end?: number }): Promise<string> =>
  new TextDecoder().decode(await bytesIn(source, range));

/** How many fulfilled, and why the others did not. */
export async function settled<T>(promises: readonly Promise<T>[]): Promise<{ values: T[]; reasons: unknown[] }> {
  const results = await Promise.allSettled(promises);
  return {
    values: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    reasons: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
  };
}

export const sample = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, at) => (at * 31 + 7) % 251);

/** A source whose stream breaks in the middle. */
export const brokenSource = (): Source => ({
  open: () => {
    let sent = false;
    return new ReadableStream<Uint8Array>({
      pull(controller) {
        if (sent)
          return controller.error(new ReelstateError('retryable', 'The other side hung up.', { code: 'cut-off' }));
        sent = true;
        controller.enqueue(sample(1000));
      },
    });
  },
});

export const aborted = (): AbortSignal => AbortSignal.abort();
