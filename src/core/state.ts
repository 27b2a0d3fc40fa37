/**
 * A film as it is kept: JSON, one document, small (long texts lie in the bucket). Nothing here is written by anything but `evolve`.
 */
import type { ErrorRecord } from './errors.ts';
import type { Json } from './json.ts';
import type { PlannedBlock } from './plan.ts';
import type { AspectRatio, Chaining, Resolution, VideoModel } from './ports.ts';

export const SCHEMA = 1;
export const EVENTS_KEPT = 100;

/** One block of the script. */
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
  /** What the film is about. */
  readonly theme: string;
  /** A person's own script. */
  readonly script?: { readonly title?: string; readonly blocks: readonly ScriptBlock[] };
  /** Seconds. */
  readonly durationSeconds: number;
  /** BCP 47. */
  readonly language: string;
  /** How it should look and sound. */
  readonly style?: string;
  /** Width to height. */
  readonly aspectRatio: AspectRatio;
  /** By the short side's lines. */
  readonly resolution: Resolution;
  /** Given to the vendors. */
  readonly seed?: number;
  /** How blocks follow each other. */
  readonly chaining: Chaining;
  /** A person approves the script and its price before block 1. */
  readonly approval: boolean;
  /** A preset with changes, or none. */
  readonly captions: { readonly preset: string; readonly options?: Readonly<Record<string, Json>> } | false;
  /** Cuts the film to `durationSeconds` at a pause. */
  readonly trim: boolean;
  /** Who pays. */
  readonly owner?: string;
  /** The host's own strings. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The most that the film may cost. */
  readonly maxUsd?: number;
}

/** What is said and seen. */
export interface Script {
  /** For people; it is not shown in the film. */
  readonly title?: string;
  /** As many as the plan has. */
  readonly blocks: readonly ScriptBlock[];
  /** What `approve` names. */
  readonly hash: string;
}

/** estimated → reserved → charged | not-charged | unknown; *unknown* counts in every budget. */
export type Charge = 'reserved' | 'charged' | 'not-charged' | 'unknown';

/** What became of a launched take; set once, except that `lost` may still turn out to have finished. */
export interface TakeOutcome {
  /** How it ended. */
  readonly kind: 'released' | 'refused' | 'failed' | 'lost' | 'finished';
  /** Epoch ms. */
  readonly at: number;
  /** Why, as an error's code. */
  readonly code?: string;
  /** Why, for people. */
  readonly message?: string;
  /** Only the sound was refused. */
  readonly audio?: boolean;
}

/** A take's video in our storage. */
export interface TakeOutput {
  /** Object name in our storage. */
  readonly name: string;
  /** Pins the content. */
  readonly revision: string;
  /** Bytes; a read that ends earlier has failed. Absent in films of older releases. */
  readonly size?: number;
  /** Of the whole file. */
  readonly durationMs: number;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** Of the picture. */
  readonly frames: number;
  /** Whether there is sound. */
  readonly hasAudio: boolean;
}

/** One paid attempt at a block. It exists from its intent on; its number is never given again. */
export interface Take {
  /** 1-based within its block. */
  readonly take: number;
  /** The block's round that it was made for. */
  readonly round: number;
  /** Random; whoever has it speaks for this take. */
  readonly token: string;
  /** The process that intended it. */
  readonly holder: string;
  /** What was asked for: takes with the same hash are interchangeable. */
  readonly inputHash: string;
  /** What it was told to say: captions follow it, whatever the script says by then. */
  readonly dialogue?: string;
  /** Token of the take that it was made from. */
  readonly from?: string;
  /** New seconds that were asked for. */
  readonly seconds: number;
  /** Its price, micro-dollars. */
  readonly microUsd: number;
  /** UTC day on whose budgets the price stands. */
  readonly day: string;
  /** Epoch ms of the intent. */
  readonly at: number;
  /** The vendor's name of it, once known. */
  readonly operation?: string;
  /** Epoch ms of the vendor's answer. */
  readonly launchedAt?: number;
  /** Since when we know that the answer to the launch is lost. */
  readonly unknownSince?: number;
  /** Until when an unknown take is looked for before another may be bought. */
  readonly settlesAt?: number;
  /** Did not come within the model's deadline; the next take may start. */
  readonly late?: boolean;
  /** How it ended; absent while it is under way. */
  readonly outcome?: TakeOutcome;
  /** What is known of its price. */
  readonly charge: Charge;
  /** Its video. */
  readonly output?: TakeOutput;
}

/** The stretch of its chain that an accepted file shows, ms from the chain's start. */
export interface Covers {
  /** Where the new seconds begin. */
  readonly fromMs: number;
  /** Where they end. */
  readonly toMs: number;
}

/** The take that a block shows. */
export interface Accepted {
  /** The round in which it was accepted. */
  readonly round: number;
  /** Its number. */
  readonly take: number;
  /** Its token. */
  readonly token: string;
  /** The stretch that it shows. */
  readonly covers: Covers;
  /** True once the mark `accepted/…` stands: only then anything is built on this take. */
  readonly fixed: boolean;
}

/** One block and every take of it. */
export interface BlockState {
  /** 1-based. */
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
  /** What it shows; absent while it is open. */
  readonly accepted?: Accepted;
  /** In the order of their intents. */
  readonly takes: readonly Take[];
}

/** A paid call that is not a take: the language model, the transcriber. */
export interface PaidCall {
  /** The task that made it. */
  readonly id: string;
  /** Who was called. */
  readonly what: 'llm' | 'transcription';
  /** Its price, micro-dollars. */
  readonly microUsd: number;
  /** UTC day on whose budgets the price stands. */
  readonly day: string;
  /** What is known of its price. */
  readonly charge: Charge;
}

/** The right to save a task's result. */
export interface Lease {
  /** Random; a result is saved only while it is in the state. */
  readonly token: string;
  /** The process that has it. */
  readonly holder: string;
  /** Epoch ms by the store's clock. */
  readonly until: number;
}

/** What is remembered of a task. The tasks themselves follow from the state. */
export interface TaskRecord {
  /** What the record speaks of; a task whose input changed starts anew. */
  readonly input: string;
  /** Who is at it. */
  readonly lease?: Lease;
  /** Not before this, epoch ms. */
  readonly dueAt?: number;
  /** Failures in a row, and since when. */
  readonly failures: number;
  /** Epoch ms of the first of those failures. */
  readonly failingSince?: number;
  /** What it waits for, where that is not simply time: a counter's key or an error's code. */
  readonly waitingFor?: string;
  /** An event spoke of it while somebody was at it, epoch ms. */
  readonly hintedAt?: number;
  /** It failed for so long that a person has to look. */
  readonly gaveUp?: ErrorRecord;
  /** When it was done, and its result. */
  readonly done?: { readonly at: number; readonly output?: Json };
}

/** What stands at a published name. */
export interface Published {
  /** The storage's revision that was written. */
  readonly revision: string;
  /** Who made the content: a take's token, or the fingerprint of what it was made from. */
  readonly token: string;
}

/** What a person may tell a film; amounts are US dollars. */
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

/** A command as it is kept. */
export interface CommandRecord {
  /** A repeated id changes nothing. */
  readonly id: string;
  /** Epoch ms. */
  readonly at: number;
  /** What was told. */
  readonly command: Command;
}

/** Something that happened to a film. */
export interface FilmEvent {
  /** 1-based, without gaps. */
  readonly number: number;
  /** Epoch ms. */
  readonly at: number;
  /** Noun and past tense: `take-launched`. */
  readonly type: string;
  /** Which block it is about. */
  readonly block?: number;
  /** Which take it is about. */
  readonly take?: number;
  /** A code, a task or a name. */
  readonly detail?: string;
}

/** Why a person has to look; each has a heading in `docs/errors.md`. */
export type NeedsInputCode =
  | 'approval'
  | 'paused'
  | 'refused'
  | 'unknown-take'
  | 'budget'
  | 'gave-up'
  | 'rebuild'
  | 'two-owners'
  | 'check';

/** What only a person can settle. */
export interface NeedsInput {
  /** Why. */
  readonly code: NeedsInputCode;
  /** Why, for people. */
  readonly message: string;
  /** Commands that go on from here. */
  readonly commands: readonly Command['type'][];
  /** Which block it is about. */
  readonly block?: number;
  /** Which take it is about. */
  readonly take?: number;
  /** `approval`: what to pass to `approve`. */
  readonly scriptHash?: string;
  /** `budget`: what `resume` would have to allow in all, micro-dollars. */
  readonly neededMicroUsd?: number;
}

/** Where a film stands. */
export type FilmStatus = 'running' | 'needs-input' | 'failed' | 'cancelled' | 'completed';

/** Everything that is known of a film; hosts read it, only the pipeline writes it. */
export interface FilmState {
  /** Version of this document's shape. */
  readonly schema: typeof SCHEMA;
  /** The film's id. */
  readonly videoId: string;
  /** Epoch ms. */
  readonly createdAt: number;
  /** Epoch ms of the last save. */
  readonly updatedAt: number;
  /** What it was asked for with. */
  readonly input: FilmInput;
  /** Identity of what `create` was given. */
  readonly inputHash: string;
  /** The video model that it is pinned to. */
  readonly model: VideoModel;
  /** How long a launch waits for the inspection of the block before, ms; absent: nothing is inspected. */
  readonly gateMs?: number;
  /** False for a script of a person's own on a host that has no language model to soften it with. */
  readonly canSoften?: false;
  /** Takes that may fail per block and round, the first included. */
  readonly maxAttempts: number;
  /** Names of the steps, in order, as they were when the film began. */
  readonly steps: readonly string[];
  /** Its blocks, as planned. */
  readonly plan: readonly PlannedBlock[];
  /** What is said and seen, once written. */
  readonly script?: Script;
  /** The script of which a person approved text and price. */
  readonly approved?: string;
  /** What the language model shall change, and in which revision of the script. */
  readonly revision: { readonly number: number; readonly notes?: string };
  /** Its blocks, as they stand. */
  readonly blocks: readonly BlockState[];
  /** Paid calls that are no takes. */
  readonly calls: readonly PaidCall[];
  /** What it was estimated to cost. */
  readonly estimateMicroUsd: number;
  /** What it may cost. */
  readonly capMicroUsd: number;
  /** What is remembered of tasks, by id. */
  readonly tasks: Readonly<Record<string, TaskRecord>>;
  /** What stands at published names, by name. */
  readonly published: Readonly<Record<string, Published>>;
  /** Every command that it was told. */
  readonly commands: readonly CommandRecord[];
  /** Cut from so many blocks. */
  readonly finish?: { readonly blocks: number };
  /** Nothing new is begun. */
  readonly paused: boolean;
  /** It was given up. */
  readonly cancelled: boolean;
  /** What ended it. */
  readonly failure?: ErrorRecord;
  /** Another program made the final cut: its URI. */
  readonly foreignFinal?: string;
  /** Another program launched what this pipeline owns: nothing is launched until a person has stopped one of them. */
  readonly contention?: string;
  /** Restored from its bucket: stands until a person resumes it. */
  readonly rebuilt?: boolean;
  /** Ours takes the place of the other program's final cut. */
  readonly replacesForeignFinal?: boolean;
  /** The bucket's marks and this state disagree. */
  readonly disagreement?: string;
  /** Where it stands. */
  readonly status: FilmStatus;
  /** What only a person can settle. */
  readonly needsInput?: NeedsInput;
  /** The last 100. */
  readonly events: readonly FilmEvent[];
  /** How many there were in all. */
  readonly eventCount: number;
}

/** Writable view of a state, for `evolve` alone. */
export type Draft<T> = T extends readonly (infer Item)[]
  ? Draft<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Draft<T[Key]> }
    : T;

/** Holder of takes that another program launched. */
export const FOREIGN = 'foreign';
export const isForeign = (take: Pick<Take, 'holder'>): boolean => take.holder === FOREIGN;

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
