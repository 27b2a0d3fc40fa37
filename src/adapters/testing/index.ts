export { type ClockSetting, clockContract } from './clock-contract.ts';
export type { Awaitable, ContractCase } from './contract.ts';
export { Crash, type FaultRule, type Faults, faults, withFaults } from './faults.ts';
export { type MediaSetting, mediaContract } from './media-contract.ts';
export * from './simulate/index.ts';
export { type StateDeviations, stateContract } from './state-contract.ts';
export { type StorageDeviations, storageContract } from './storage-contract.ts';
export {
  type LlmSetting,
  llmContract,
  type TranscriptionSetting,
  transcriptionContract,
  type VendorInTrouble,
  type VideoDeviations,
  type VideoSetting,
  videoContract,
} from './vendor-contracts.ts';
