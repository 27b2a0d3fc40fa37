import { join } from 'node:path';
import { describe, it } from 'vitest';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { stateContract, storageContract } from '../../src/adapters/testing/index.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();

describe('folder keeps the storage contract', () => {
  for (const { name, run } of storageContract(() => folder(join(scratch(), 'films')))) it(name, run);
});

describe('sqlite keeps the state contract', () => {
  for (const { name, run } of stateContract(() => sqlite(join(scratch(), 'state.db')))) it(name, run);
});
