export { type ManualClock, type ManualHost, manualClock } from './clock.ts';
export { memoryState } from './state.ts';
export { memoryStorage } from './storage.ts';
