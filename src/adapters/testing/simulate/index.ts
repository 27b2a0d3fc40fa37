export type { Violation } from './auditor.ts';
export { type CrashPoints, crashPoints, explain, kindsFor, secondFaults, shorten } from './crash-points.ts';
export type { Call, Fault, FaultKind, FaultRates } from './faults.ts';
export { type Action, type Scenario, scenarios } from './scenario.ts';
export { type SimulateOptions, type Simulation, simulate } from './simulate.ts';
export type { VendorOutcome } from './vendor.ts';
