import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import { stateContract } from '../../../src/adapters/testing/index.ts';
import { freshProject } from '../../support/firestore-emulator.ts';
import type { CallFault, FirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';
import { startFirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';

const FAULTS: readonly (readonly [string, string, CallFault])[] = [
  ['every third commit is done and its connection dropped', 'Commit', 'drop'],
  ['every third commit is done and its deadline said to be exceeded', 'Commit', 'status-4'],
  ['every third commit is done and its stream reset', 'Commit', 'reset'],
  ['every third commit is refused as unavailable', 'Commit', { status: 14 }],
  ['every third read is refused as unavailable', 'BatchGetDocuments', { status: 14 }],
];

/** The whole state contract while calls keep failing. */
export function contractUnderFaults(emulatorHost: string): void {
  for (const [what, method, fault] of FAULTS) {
    describe(`keeps the state contract while ${what}`, () => {
      let proxy: FirestoreFaultProxy;
      let injected = 0;
      beforeAll(async () => {
        proxy = await startFirestoreFaultProxy(emulatorHost);
        proxy.setFault((called, n) => {
          const met = called === method && n % 3 === 0;
          if (met) injected += 1;
          return met ? fault : undefined;
        });
      });
      afterAll(async () => {
        expect(injected).toBeGreaterThan(10);
        await proxy.close();
      });
      // A dropped connection takes all calls with it that were under way on it, so racers need more attempts than one by one.
      const make = () =>
        firestore({ projectId: freshProject(), emulatorHost: proxy.host, retryDelayMs: 5, attempts: 8 });
      for (const { name, run } of stateContract(make, { racers: 4 })) {
        test(name, run);
      }
    });
  }
}
