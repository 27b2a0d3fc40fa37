import { describe, it } from 'vitest';
import { memoryState, memoryStorage } from '../../src/adapters/memory/index.ts';
import { stateContract, storageContract } from '../../src/adapters/testing/index.ts';

describe('memoryStorage keeps the storage contract', () => {
  for (const { name, run } of storageContract(() => memoryStorage())) it(name, run);
});

describe('memoryState keeps the state contract', () => {
  for (const { name, run } of stateContract(() => memoryState())) it(name, run);
});
