import type { Step } from '../../../core/machine.ts';
import type { Pipeline, PipelineOptions } from '../../../core/pipeline.ts';
import type { Violation } from './auditor.ts';
import type { Call, Fault, FaultRates } from './faults.ts';
import type { Scenario } from './scenario.ts';

/** An accident with the database: every host is stopped, the launches under way run out, and then it is an older one or empty. */
export interface DatabaseAccident {
  /** It happens with the save of this number, counted from 1 over all films. */
  readonly atSave: number;
  /** It comes back as it was after this many saves; 0: empty. */
  readonly backTo: number;
  /** An operator rebuilds every film from its bucket and resumes it, and the hosts begin when that is done. @default false */
  readonly rebuild?: boolean;
  /** The hosts do not wait for the operator. @default false */
  readonly hostsRun?: boolean;
}

/** The world that a film is simulated in. */
export interface SimulateOptions {
  /** One of `scenarios` by its name, or one of your own. @default 'two-blocks' */
  readonly scenario?: string | Scenario;
  /** The same seed gives the same run. @default 1 */
  readonly seed?: number;
  /** Processes that advance the films at the same time. @default 1 */
  readonly workers?: number;
  /** What goes wrong: these faults, or faults by chance. @default nothing */
  readonly faults?: readonly Fault[] | FaultRates;
  /** How the workers go about it: `advance` until its wake time, `tick` once a minute, or some one way and some the other. @default 'advance' */
  readonly hosting?: 'advance' | 'tick' | 'mixed';
  /** Wall clocks are off by up to so much, either way, and jump now and then. The database keeps its own time. @default 0 */
  readonly skewMs?: number;
  /** What the workers hear of new objects: nothing, each once, or each up to twice, late and out of order. @default 'none' */
  readonly events?: 'none' | 'once' | 'chaotic';
  /** The database is restored from an older copy, or lost. @default never */
  readonly accident?: DatabaseAccident;
  /** The steps of the pipeline, as `createPipeline` takes them: your own included. @default defaultSteps() */
  readonly steps?: readonly Step[];
  /** How long a process that died stays away, ms. @default 1000 */
  readonly restartMs?: number;
  /** The pipeline under test. @default createPipeline */
  readonly createPipeline?: (options: PipelineOptions) => Pipeline;
  /** How the operator rebuilds a film. @default what `rebuild` of `reelstate/admin` does */
  readonly rebuild?: (pipeline: Pipeline, videoId: string) => Promise<unknown>;
  /** Puts something between the pipeline and its ports: lies, probes, a port of your own. */
  readonly wrap?: (ports: PipelineOptions, process: string) => PipelineOptions;
  /** No run lasts longer in virtual time. @default 4 days */
  readonly maxMs?: number;
  /** No run makes more calls; a good one makes hundreds, with outages thousands. @default 200_000 */
  readonly maxCalls?: number;
}

/** What came of a run. */
export interface Simulation {
  /** Name of the scenario. */
  readonly scenario: string;
  /** The same one gives the same run. */
  readonly seed: number;
  /** Promises that were broken: none, or there is a bug. */
  readonly violations: readonly Violation[];
  /** Every call on a port, in order, with the faults that met them. */
  readonly calls: readonly Call[];
  /** How the films ended: `completed`, `cancelled`, the code of what they wait for, or `no-film`. */
  readonly ends: readonly string[];
  /** Saves of the database. */
  readonly saves: number;
  /** Launches that the vendor was paid for. */
  readonly paid: number;
  /** What the vendor was paid on each day, US dollars. */
  readonly paidPerDayUsd: readonly number[];
  /** The most operations that were under way at the vendor at once. */
  readonly mostUnderWay: number;
  /** Intents that the database holds in the end. */
  readonly intents: number;
  /** Virtual ms until the last film came to its end. */
  readonly endedMs: number;
  /** The longest that a take stayed of unknown fate, virtual ms. */
  readonly longestUnknownMs: number;
}
