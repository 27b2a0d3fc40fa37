import { afterAll, describe, test } from 'vitest';
import { firestore } from '../../src/adapters/google-cloud/index.ts';
import { stateContract } from '../../src/adapters/testing/index.ts';
import { emulatorForTests, freshProject } from '../support/firestore-emulator.ts';
import { answerCases } from './firestore/answers.ts';
import { budgetCases } from './firestore/budgets.ts';
import { commitCases } from './firestore/commits.ts';
import { contractUnderFaults } from './firestore/contract-under-faults.ts';
import { indexCases } from './firestore/indexes.ts';
import { storeCases } from './firestore/store.ts';

const emulator = await emulatorForTests();

afterAll(async () => {
  await emulator?.stop();
});

describe.skipIf(emulator === undefined)('firestore() on the emulator', () => {
  const host = emulator?.host ?? '';

  describe('keeps the state contract', () => {
    const make = () => firestore({ projectId: freshProject(), emulatorHost: host, retryDelayMs: 10 });
    for (const { name, run } of stateContract(make)) test(name, run);
  });

  commitCases(host);
  indexCases(host);
  contractUnderFaults(host);
  answerCases(host);
  budgetCases(host);
  storeCases(host);
});
