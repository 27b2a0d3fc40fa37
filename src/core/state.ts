/**
 * A film as it is kept: JSON, one document, small (long texts lie in the bucket). Nothing here is written by anything but `evolve`.
 */
import type { ErrorRecord } from './errors.ts';
import type { Json } from './json.ts';
import type { PlannedBlock } from './plan.ts';
import type { AspectRatio, Chaining, Resolution, VideoModel } from './ports.ts';

export const SCHEMA = 1;
export const EVENTS_KEPT = 100;

export interface ScriptBlock {
  /** What is said, in the film's language. */
  readonly dialogue: string;
  /** What is seen, in English. */
  readonly visual: string;
  /** What stays the same from block to block. */
  readonly continuity?: string;
}

/** What `create` was given, with the defaults filled in. */
export interface FilmInput {
  readonly theme: string;
  readonly script?: { readonly title?: string; readonly blocks: readonly ScriptBlock[] };
  /** Seconds. */
  readonly durationSeconds: number;
  /** BCP 47. */
  readonly language: string;
  readonly style?: string;
  readonly aspectRatio: AspectRatio;
  readonly resolution: Resolution;
  readonly seed?: number;
  readonly chaining: Chaining;
  /** A person approves the script and its price before block 1. */
  readonly approval: boolean;
  readonly captions: { readonly preset: string; readonly options?: Readonly<Record<string, Json>> } | false;
  /** Cuts the film to `durationSeconds` at a pause. */
  readonly trim: boolean;
  readonly owner?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly maxUsd?: number;
}

export interface Script {
  readonly title?: string;
  readonly blocks: readonly ScriptBlock[];
  /** What `approve` names. */
  readonly hash: string;
}

/** estimated → reserved → charged | not-charged | unknown; *unknown* counts in every budget. */
export type Charge = 'reserved' | 'charged' | 'not-charged' | 'unknown';

/** What became of a launched take; set once, except that `lost` may still turn out to have finished. */
export interface TakeOutcome {
  readonly kind: 'released' | 'refused' | 'failed' | 'lost' | 'finished';
  readonly at: number;
  readonly code?: string;
  readonly message?: string;
  /** Only the sound was refused. */
  readonly audio?: boolean;
}

export interface TakeOutput {
  /** Object name in our storage. */
  readonly name: string;
  readonly revision: string;
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  readonly hasAudio: boolean;
}

/** One paid attempt at a block. It exists from its intent on; its number is never given again. */
export interface Take {
  readonly take: number;
  readonly round: number;
  readonly token: string;
  readonly holder: string;
  /** What was asked for: takes with the same hash are interchangeable. */
  readonly inputHash: string;
  /** Token of the take that it was made from. */
  readonly from?: string;
  readonly seconds: number;
  readonly microUsd: number;
  /** UTC day on whose budgets the price stands. */
  readonly day: string;
  /** Epoch ms of the intent. */
  readonly at: number;
  readonly operation?: string;
  readonly launchedAt?: number;
  /** Since when we know that the answer to the launch is lost. */
  readonly unknownSince?: number;
  /** Until when an unknown take is looked for before another may be bought. */
  readonly settlesAt?: number;
  /** Did not come within the model's deadline; the next take may start. */
  readonly late?: boolean;
  readonly outcome?: TakeOutcome;
  readonly charge: Charge;
  readonly output?: TakeOutput;
}

/** The stretch of its chain that an accepted file shows, ms from the chain's start. */
export interface Covers {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Accepted {
  readonly round: number;
  readonly take: number;
  readonly token: string;
  readonly covers: Covers;
  /** True once the mark `accepted/…` stands: only then anything is built on this take. */
  readonly fixed: boolean;
}

export interface BlockState {
  readonly block: number;
  /** From 1; `reroll`, `revise` and `pick` open the next one. */
  readonly round: number;
  /** What the softened prompts of this round say; the last one counts. */
  readonly rewrites: readonly ScriptBlock[];
  /** How many failed, unknown and late takes this round may have. */
  readonly allowance: number;
  /** A person said to go on although a take of unknown fate may exist: takes up to this number are not asked about again. */
  readonly acknowledged: number;
  /** Token of the take that a person let pass although a check found something. */
  readonly asIs?: string;
  /** Where another program put this block's video. */
  readonly foreignObject?: string;
  /** A person chose this take. */
  readonly picked?: number;
  readonly accepted?: Accepted;
  readonly takes: readonly Take[];
}

/** A paid call that is not a take: the language model, the transcriber. */
export interface PaidCall {
  readonly id: string;
  readonly what: 'llm' | 'transcription';
  readonly microUsd: number;
  readonly day: string;
  readonly charge: Charge;
}

export interface Lease {
  readonly token: string;
  readonly holder: string;
  /** Epoch ms by the store's clock. */
  readonly until: number;
}

/** What is remembered of a task. The tasks themselves follow from the state. */
export interface TaskRecord {
  /** What the record speaks of; a task whose input changed starts anew. */
  readonly input: string;
  readonly lease?: Lease;
  /** Not before this, epoch ms. */
  readonly dueAt?: number;
  /** Failures in a row, and since when. */
  readonly failures: number;
  readonly failingSince?: number;
  /** What it waits for, where that is not simply time: a counter's key or an error's code. */
  readonly waitingFor?: string;
  readonly hintedAt?: number;
  /** It failed for so long that a person has to look. */
  readonly gaveUp?: ErrorRecord;
  readonly checkpoint?: Json;
  readonly done?: { readonly at: number; readonly output?: Json };
}

export interface Published {
  readonly revision: string;
  /** Who made the content: a take's token, or the fingerprint of what it was made from. */
  readonly token: string;
}

export type Command =
  | { readonly type: 'approve'; readonly scriptHash: string; readonly maxUsd?: number }
  | {
      readonly type: 'revise';
      /** New texts for some blocks … */
      readonly blocks?: readonly ({ readonly block: number } & Partial<ScriptBlock>)[];
      /** … or what the language model should change. */
      readonly notes?: string;
      readonly maxUsd?: number;
    }
  | { readonly type: 'reroll'; readonly block: number; readonly maxUsd?: number }
  | { readonly type: 'pick'; readonly block: number; readonly take: number; readonly maxUsd?: number }
  | { readonly type: 'resume'; readonly maxUsd?: number }
  | { readonly type: 'finish' }
  | { readonly type: 'pause' }
  | { readonly type: 'cancel' };

export interface CommandRecord {
  readonly id: string;
  readonly at: number;
  readonly command: Command;
}

export interface FilmEvent {
  readonly number: number;
  readonly at: number;
  readonly type: string;
  readonly block?: number;
  readonly take?: number;
  readonly detail?: string;
}

export type NeedsInputCode =
  | 'approval'
  | 'paused'
  | 'refused'
  | 'unknown-take'
  | 'budget'
  | 'gave-up'
  | 'rebuild'
  | 'check';

/** What only a person can settle. */
export interface NeedsInput {
  readonly code: NeedsInputCode;
  readonly message: string;
  /** Commands that go on from here. */
  readonly commands: readonly Command['type'][];
  readonly block?: number;
  readonly take?: number;
  /** `approval`: what to pass to `approve`. */
  readonly scriptHash?: string;
  /** `budget`: what `resume` would have to allow in all, micro-dollars. */
  readonly neededMicroUsd?: number;
}

export type FilmStatus = 'running' | 'needs-input' | 'failed' | 'cancelled' | 'completed';

export interface FilmState {
  readonly schema: typeof SCHEMA;
  readonly videoId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly input: FilmInput;
  /** Identity of what `create` was given. */
  readonly inputHash: string;
  readonly model: VideoModel;
  /** How long a launch waits for the inspection of the block before, ms; absent: nothing is inspected. */
  readonly gateMs?: number;
  /** Takes that may fail per block and round, the first included. */
  readonly maxAttempts: number;
  /** Names of the steps, in order, as they were when the film began. */
  readonly steps: readonly string[];
  readonly plan: readonly PlannedBlock[];
  readonly script?: Script;
  /** The script of which a person approved text and price. */
  readonly approved?: string;
  /** What the language model shall change, and in which revision of the script. */
  readonly revision: { readonly number: number; readonly notes?: string };
  readonly blocks: readonly BlockState[];
  readonly calls: readonly PaidCall[];
  readonly estimateMicroUsd: number;
  readonly capMicroUsd: number;
  readonly tasks: Readonly<Record<string, TaskRecord>>;
  readonly published: Readonly<Record<string, Published>>;
  readonly commands: readonly CommandRecord[];
  /** Cut from so many blocks. */
  readonly finish?: { readonly blocks: number };
  readonly paused: boolean;
  readonly cancelled: boolean;
  readonly failure?: ErrorRecord;
  /** Another program made the final cut: its URI. */
  readonly foreignFinal?: string;
  /** The bucket's marks and this state disagree. */
  readonly disagreement?: string;
  readonly status: FilmStatus;
  readonly needsInput?: NeedsInput;
  readonly events: readonly FilmEvent[];
  readonly eventCount: number;
}

/** Writable view of a state, for `evolve` alone. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Draft<T[Key]> }
    : T;

export const isFinal = (film: FilmState): boolean =>
  film.status === 'completed' || film.status === 'failed' || film.status === 'cancelled';

export function blockOf(film: FilmState, block: number): BlockState {
  const found = film.blocks[block - 1];
  if (found === undefined) throw new RangeError(`film ${film.videoId} has no block ${block}`);
  return found;
}

export function takeOf(film: FilmState, block: number, take: number): Take | undefined {
  return film.blocks[block - 1]?.takes.find((candidate) => candidate.take === take);
}

/** The blocks that the film will show: all, or those it had when it was told to finish. */
export const filmPlan = (film: FilmState): readonly PlannedBlock[] =>
  film.finish === undefined ? film.plan : film.plan.slice(0, film.finish.blocks);
