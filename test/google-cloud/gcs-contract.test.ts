import { afterEach, describe, test } from 'vitest';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import { storageContract } from '../../src/adapters/testing/index.ts';
import type { Storage } from '../../src/core/ports.ts';
import type { GcsFault, GcsServer, GcsServerOptions } from '../support/gcs-server.ts';
import { startGcsServer } from '../support/gcs-server.ts';

const running = new Set<GcsServer>();

afterEach(async () => {
  for (const server of running) await server.close();
  running.clear();
});

const starts =
  (options: GcsServerOptions, timeoutMs = 15_000) =>
  async (): Promise<Storage> => {
    const server = await startGcsServer(options);
    running.add(server);
    return gcs({
      bucket: 'films',
      prefix: 'tenant/a',
      apiEndpoint: server.url,
      timeoutMs,
      attempts: 4,
      retryDelayMs: 1,
    });
  };

describe('gcs() keeps the storage contract', () => {
  for (const { name, run } of storageContract(starts({ pageSize: 2, rewriteChunk: 1500 }))) test(name, run);
});

/** Every n-th request meets the fault, so that each kind of call does sooner or later, but never all attempts of one. */
const everyNth = (n: number, kind: GcsFault): NonNullable<GcsServerOptions['fault']> => {
  let count = 0;
  return () => {
    count += 1;
    return count % n === 0 ? kind : undefined;
  };
};

const FAULTS: readonly (readonly [GcsFault, number, number])[] = [
  ['lose', 3, 15_000],
  ['503', 3, 15_000],
  ['429', 3, 15_000],
  ['reset', 3, 15_000],
  ['truncate', 2, 15_000],
  ['slow', 3, 15_000],
  ['hang', 5, 500],
];

for (const [kind, n, timeoutMs] of FAULTS) {
  describe(`gcs() keeps the storage contract while every ${n}th request meets "${kind}"`, () => {
    const make = () => starts({ fault: everyNth(n, kind), slowMs: 10 }, timeoutMs)();
    for (const { name, run } of storageContract(make, { racers: 4 })) test(name, run);
  });
}
