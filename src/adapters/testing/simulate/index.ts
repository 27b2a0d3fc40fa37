export type { Violation } from './auditor.ts';
export { type CrashPoints, crashPoints, explain, kindsFor, secondFaults, shorten } from './crash-points.ts';
export type { Call, Fault, FaultKind, FaultRates } from './faults.ts';
export type { DatabaseAccident, SimulateOptions, Simulation } from './options.ts';
export { type Action, type Scenario, scenarios } from './scenario.ts';
export { randomSchedule, type ScheduleOptions } from './schedules.ts';
export { simulate } from './simulate.ts';
export type { VendorOutcome } from './vendor.ts';
