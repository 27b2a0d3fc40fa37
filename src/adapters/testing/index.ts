export type { Awaitable, ContractCase } from './contract.ts';
export { type StateDeviations, stateContract } from './state-contract.ts';
export { type StorageDeviations, storageContract } from './storage-contract.ts';
