import {
  type PipelineOptions as CoreOptions,
  createPipeline as createCorePipeline,
  type Pipeline,
} from './core/pipeline.ts';
import type { Clock } from './core/ports.ts';
import { systemClock } from './system-clock.ts';

export type { Hint } from './core/context.ts';
export { defineStep, type OwnStep, type StepContext } from './core/define-step.ts';
export {
  type ErrorEffect,
  type ErrorKind,
  type ErrorOptions,
  type ErrorRecord,
  ReelstateError,
} from './core/errors.ts';
export type { Estimate } from './core/estimate.ts';
export type { CreateInput } from './core/input.ts';
export type { Json, JsonObject } from './core/json.ts';
export type { Limits } from './core/ledger.ts';
export type { Step, Task, Waiting } from './core/machine.ts';
export type { Page, Pipeline } from './core/pipeline.ts';
export { type BlockKind, type DurationChoice, durationChoices, type PlannedBlock, planBlocks } from './core/plan.ts';
export type * from './core/ports.ts';
export type {
  Accepted,
  BlockState,
  Charge,
  Command,
  CommandRecord,
  Covers,
  FilmEvent,
  FilmInput,
  FilmState,
  FilmStatus,
  Lease,
  NeedsInput,
  NeedsInputCode,
  PaidCall,
  Published,
  Script,
  ScriptBlock,
  Take,
  TakeOutcome,
  TakeOutput,
  TaskRecord,
} from './core/state.ts';
export type { CutOutput } from './core/steps/cut.ts';
export { defaultSteps } from './core/steps/index.ts';
export type { Tick, TickOptions } from './core/tick.ts';
export type { BlockView, CostView, Film, FilmError, FilmView, TakeStatus, TakeView } from './core/view.ts';
export { type RunOptions, runToEnd } from './run-to-end.ts';

/** What a pipeline is made of: its ports, and how it should behave. */
export interface PipelineOptions extends Omit<CoreOptions, 'clock'> {
  /** @default the machine's own time */
  readonly clock?: Clock;
}

/** Makes a pipeline over the given ports. A port that this host lacks is left out; another host does its part. */
export const createPipeline = (options: PipelineOptions): Pipeline =>
  createCorePipeline({ ...options, clock: options.clock ?? systemClock() });
