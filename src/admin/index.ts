/** Rare and dangerous things, for operators. */

export { killSwitch } from './kill-switch.ts';
export { rebuild } from './rebuild.ts';
export { type Removed, remove } from './remove.ts';
export { type OrphanReport, orphans, type Spend, spend } from './reports.ts';
export { type Retained, type RetentionPolicy, type RetentionSweep, retention } from './retention.ts';
export { type TakenOver, type TakeOverDefaults, type TakeOverOptions, takeOver } from './take-over.ts';
