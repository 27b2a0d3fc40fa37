/**
 * What the core asks of the world. Every call takes a `signal`; bytes travel as re-openable sources and never as whole
 * files; no vendor type crosses. Failures are thrown as `ReelstateError`: its `kind` decides what follows, and for
 * `VideoVendor.launch` its `effect` decides whether money may have been spent.
 */
import type { Json, JsonObject } from './json.ts';

export interface Signalled {
  readonly signal?: AbortSignal | undefined;
}

/** Time and chance. The core touches neither in any other way. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  now(): number;
  /** Milliseconds that only ever grow; may stand still while the machine is suspended. */
  monotonic(): number;
  /** In [0, 1). */
  random(): number;
  uuid(): string;
  /** Resolves after `ms`; rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes that can be read again and again, whole or in part. `end` is exclusive. */
export interface Source {
  open(range?: { readonly start?: number; readonly end?: number } & Signalled): ReadableStream<Uint8Array>;
  readonly size?: number;
  /** Where the bytes are a local file. */
  readonly path?: string;
  /** A URL that a tool like ffmpeg may read by ranges, made when asked for. */
  url?(): Promise<string | undefined>;
}

/** A source with a temporary file behind it, which `dispose` removes. */
export interface TemporarySource extends Source {
  dispose(): Promise<void>;
}

// ── Storage ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names are `/`-separated paths below the storage's root. */
export interface StoredObject {
  readonly name: string;
  readonly size: number;
  /** Opaque; another one with each content, and never one that the name had before. */
  readonly revision: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface PutOptions extends Signalled {
  /** The revision to replace, or null to create only. A blind overwrite does not exist. */
  readonly ifRevision: string | null;
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes are atomic: a name shows its old content or its new one. Where a write's own answer was lost and the content
 * there is ours, the write succeeded; else a failed precondition throws `permanent` `precondition-failed`. A missing object throws
 * `permanent` `object-not-found`, from `open` through the stream.
 */
export interface Storage {
  /** The URI of a name, as a vendor or a person would write it (`gs://bucket/…`, `file:///…`); a trailing `/` is kept. */
  uri(name: string): string;
  head(name: string, options?: Signalled): Promise<StoredObject | undefined>;
  /** Every object whose name starts with `prefix`, by name. */
  list(prefix: string, options?: Signalled): Promise<readonly StoredObject[]>;
  put(name: string, body: string | Uint8Array | Source, options: PutOptions): Promise<StoredObject>;
  /** Server-side where the storage can; `from.revision` pins what is copied. */
  copy(
    from: { readonly name: string; readonly revision: string },
    to: string,
    options: PutOptions,
  ): Promise<StoredObject>;
  /** The object's bytes at that revision (or the present one). */
  source(name: string, options?: { readonly revision?: string }): Source;
  /** Reads the whole of a small text; undefined where there is none. */
  text(
    name: string,
    options?: Signalled,
  ): Promise<{ readonly text: string; readonly object: StoredObject } | undefined>;
  /** A link for people's players; absent where the storage has none. */
  publicUrl?(
    name: string,
    options: { readonly expiresMs: number; readonly revision?: string } & Signalled,
  ): Promise<string>;
  remove(name: string, options?: { readonly ifRevision?: string } & Signalled): Promise<void>;
}

// ── State ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Which kind of host can do a task: it has the ports for it and owns that function. */
export type Role = 'script' | 'video' | 'monitor' | 'assembler';

/**
 * A shared number that a save changes together with the state. `limit`: the save fails where the value after `add` would be
 * above it (checked also for `add` 0, which makes a guard of it). Sharded stores try other shards first.
 */
export interface CounterChange {
  readonly key: string;
  readonly add: number;
  readonly limit?: number;
}

/** What another program wrote about a block. */
export interface ForeignBlock {
  readonly block: number;
  /** A launch that is not ours. */
  readonly operation?: string;
  /** Object name of the finished block (`{videoId}/block_k.mp4`). */
  readonly object?: string;
}

/** What other programs wrote into the projected documents since our last save, in neutral words. */
export interface Foreign {
  readonly blocks: readonly ForeignBlock[];
  /** The finished film. */
  readonly finalUri?: string;
  /** The other program gave up. */
  readonly error?: string;
}

export interface StoredState {
  readonly state: JsonObject;
  readonly revision: string;
  /** The store's own clock at this read, epoch milliseconds, where it has one: leases compare with it. */
  readonly now?: number;
  /** Only from stores with projections, and only where a document differs from what was projected last. */
  readonly foreign?: Foreign;
}

export interface SaveState extends Signalled {
  readonly videoId: string;
  readonly ifRevision: string | null;
  readonly state: JsonObject;
  /** When each role should look at this film, epoch milliseconds. Nothing: never. */
  readonly wakes: Readonly<Partial<Record<Role, number>>>;
  /** What `list` filters by. */
  readonly index: FilmIndex;
  readonly counters?: readonly CounterChange[];
  /** Documents that other readers know, written in the same transaction; only stores with projections look at it. */
  readonly projections?: readonly Projection[];
}

export interface FilmIndex {
  readonly status: string;
  readonly owner?: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds; lists run from the newest. */
  readonly createdAt: number;
}

export interface Projection {
  readonly collection: string;
  readonly id: string;
  readonly fields: JsonObject;
}

export interface ListFilter {
  readonly status?: string;
  readonly owner?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Compare-and-swap of a film's state. `save` throws `retryable` `state-conflict` where the revision is another one, and `throttled`
 * `counter-full` with `details.key` where a counter's limit would be passed; in both cases nothing was written. Any other error
 * leaves it open whether the save happened. Revisions are never reused, also not after a restore.
 */
export interface StateStore {
  load(videoId: string, options?: Signalled): Promise<StoredState | undefined>;
  save(request: SaveState): Promise<{ readonly revision: string }>;
  /**
   * Films that a host with these roles should look at now, oldest wake first. Each claimed wake is pushed `leaseMs` forward, so that no
   * other tick is given the same one meanwhile; the next save sets it anew.
   */
  claimDue(request: {
    readonly now: number;
    readonly limit: number;
    readonly roles: readonly Role[];
    readonly leaseMs: number;
    readonly signal?: AbortSignal | undefined;
  }): Promise<readonly string[]>;
  list(
    filter: ListFilter,
    page: { readonly limit: number; readonly after?: string } & Signalled,
  ): Promise<{ readonly videoIds: readonly string[]; readonly next?: string }>;
  counters: {
    /** Values in the order of the keys; one that nobody wrote is 0. */
    read(keys: readonly string[], options?: Signalled): Promise<readonly number[]>;
    /** Outside any film: the kill switch, an operator's correction. */
    change(changes: readonly CounterChange[], options?: Signalled): Promise<void>;
  };
  /** Best effort memory beside the films (learnt latencies): may forget, may lose a race. */
  kv: {
    get(key: string, options?: Signalled): Promise<Json | undefined>;
    set(key: string, value: Json, options?: Signalled): Promise<void>;
  };
  /** Resolves at once or later whenever the film may have changed; ends with the signal. Absent: watchers poll. */
  watch?(videoId: string, options: { readonly signal: AbortSignal }): AsyncIterable<void>;
  /** Removes the film's state (not its counters). */
  remove(videoId: string, options?: Signalled): Promise<void>;
  /** This process's name for leases, where the store can tell dead ones. @default a random name per pipeline */
  readonly holder?: string;
  /** True only for a holder that is known to be dead. */
  isDead?(holder: string): boolean;
  close?(): Promise<void>;
}

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface LanguageModel {
  readonly id: string;
  /** Micro-dollars for so many tokens. */
  price(tokens: { readonly input: number; readonly output: number }): number;
  readonly priceDate?: string;
  generate(
    request: {
      readonly instructions: string;
      readonly input: string;
      /** JSON Schema of the answer. */
      readonly schema: JsonObject;
      readonly seed?: number;
    } & Signalled,
  ): Promise<{
    readonly value: Json;
    /** The model's own text. */
    readonly text: string;
    readonly usage: { readonly input: number; readonly output: number };
  }>;
}

// ── Video ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type AspectRatio = '9:16' | '16:9';
export type Resolution = '720p' | '1080p' | '4k';
export type Chaining = 'extend' | 'last-frame' | 'independent';

/** What a video model can do, in the vendor's present terms. */
export interface VideoLimits {
  /** Lengths that a first block may have, seconds, ascending. */
  readonly startSeconds: readonly number[];
  /** What one extension adds, seconds; absent where the model cannot extend. */
  readonly extendSeconds?: number;
  /** The longest video that may be extended, and the longest that may result, seconds. */
  readonly maxInputSeconds: number;
  readonly maxChainSeconds: number;
  /** True where a block may start from an image. */
  readonly firstFrame: boolean;
  readonly aspectRatios: readonly AspectRatio[];
  readonly resolutions: readonly Resolution[];
  readonly maxPromptTokens: number;
}

/** How long this model takes, milliseconds. A simulated vendor scales all of them. */
export interface VideoTiming {
  /** Nothing is ever ready earlier. */
  readonly floorMs: number;
  /** The longest that the vendor documents or that was seen. */
  readonly worstMs: number;
  /** Past this an operation counts as late and the next take may start. */
  readonly deadlineMs: number;
  /** Past this nobody waits for anything any more. */
  readonly giveUpMs: number;
  /** One launch call's own timeout. */
  readonly launchTimeoutMs: number;
  /** A launch is posted within this of its intent or not at all. */
  readonly launchWithinMs: number;
  /** Wanted mean delay between ready and seen. */
  readonly lookDelayMs: number;
}

export interface VideoModel {
  readonly id: string;
  readonly limits: VideoLimits;
  readonly timing: VideoTiming;
  /** Micro-dollars per generated second. */
  readonly pricePerSecond: Readonly<Partial<Record<Resolution, number>>>;
  /** ISO date of the prices and limits. */
  readonly asOf: string;
  /** ISO date from which the model may be gone, and what follows it. */
  readonly retiresOn?: string;
  readonly successor?: string;
  /** What a failed operation costs by the vendor's terms. @default 'unknown' */
  readonly failedTakeCharge?: 'not-charged' | 'charged' | 'unknown';
}

/** A finished video of ours, named so that the vendor finds it. */
export interface VideoInput {
  readonly uri: string;
  readonly revision: string;
  readonly durationMs: number;
  /** The operation that made it; unknown for a take that was found in its place after its launch's answer was lost. */
  readonly operation?: string;
}

export interface LaunchRequest extends Signalled {
  readonly prompt: VideoPrompt;
  readonly seconds: number;
  readonly aspectRatio: AspectRatio;
  readonly resolution: Resolution;
  readonly seed?: number;
  readonly extends?: VideoInput;
  readonly firstFrame?: { readonly uri: string; readonly source: Source; readonly contentType: string };
  /** URI, with a trailing `/`, below which the vendor puts its result. Vendors without `outputs` ignore it. */
  readonly outputPlace: string;
  /** `[a-z0-9_-]` keys and values, at most 63 characters: film, block, take. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What is to be seen and said; the adapter makes the vendor's prompt from it, within its token limit. */
export interface VideoPrompt {
  readonly dialogue: string;
  /** BCP 47. */
  readonly language: string;
  /** English. */
  readonly visual: string;
  readonly continuity?: string;
  readonly style?: string;
}

export interface VideoOutput {
  /** The vendor's URI of the result. */
  readonly uri: string;
}

export type Look =
  | { readonly status: 'running'; readonly retryAfterMs?: number }
  | { readonly status: 'done'; readonly output: VideoOutput; readonly chargeMicroUsd?: number }
  /** A safety filter or policy said no; `audio` where only the sound was refused. Free unless charged is set. */
  | {
      readonly status: 'refused';
      readonly message: string;
      readonly audio: boolean;
      readonly supportCodes: readonly string[];
    }
  /** The operation ended inside the vendor without a video. */
  | { readonly status: 'failed'; readonly code: string; readonly message: string }
  /** The vendor does not know the operation (any more). */
  | { readonly status: 'gone' };

/**
 * A video model behind long-running, paid operations. `launch` is *billable*, posts once, never retries, and throws a ReelstateError
 * whose `effect` is `none` only on proof that nothing was started: `refused`; `throttled`; `permanent`; or `retryable`
 * `not-connected`. Everything else is `unknown`. An operation is a string that any process may look at.
 */
export interface VideoVendor {
  readonly model: VideoModel;
  /** Present where the vendor writes its result below `outputPlace`: object names that are results match this. */
  readonly outputs?: RegExp;
  launch(request: LaunchRequest): Promise<{ readonly operation: string }>;
  /** `outputPlace`: where the launch was told to write; a result anywhere else is not ours. */
  look(operation: string, options?: { readonly outputPlace?: string } & Signalled): Promise<Look>;
  /** The bytes of an output that is not in our storage. Required where `outputs` is absent. */
  open?(output: VideoOutput, options?: Signalled): Promise<Source>;
  cancel?(operation: string, options?: Signalled): Promise<void>;
}

// ── Transcription ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds from the start of the audio, `startMs < endMs`. */
export interface HeardWord {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 to 1, only where the vendor gives one per word. */
  readonly confidence?: number;
}

export interface HeardSegment {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly averageLogProbability?: number;
  readonly compressionRatio?: number;
  readonly noSpeechProbability?: number;
}

/** Words in order, without overlaps; silence is an empty list. */
export interface Transcript {
  readonly words: readonly HeardWord[];
  readonly segments: readonly HeardSegment[];
}

export interface Transcriber {
  readonly id: string;
  /** Micro-dollars per minute of audio. */
  readonly pricePerMinute: number;
  readonly priceDate?: string;
  transcribe(
    audio: Source,
    options: { readonly language: string; readonly prompt?: string; readonly durationMs: number } & Signalled,
  ): Promise<Transcript>;
}

// ── Media ────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface MediaInfo {
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frames: number;
  readonly hasAudio: boolean;
  readonly videoCodec: string;
  readonly audioCodec?: string;
}

/** A stretch of the film: the source from `fromMs` on (a whole number of frames). `dropFirstFrame` at a last-frame joint. */
export interface CutPart {
  readonly source: Source;
  readonly fromMs: number;
  readonly durationMs: number;
  readonly dropFirstFrame: boolean;
}

export interface CutRequest extends Signalled {
  readonly parts: readonly CutPart[];
  /** A complete ASS file; absent: nothing is burned in. */
  readonly ass?: string;
  /** Cuts the result here. */
  readonly endMs?: number;
  /**
   * Pictures that `segment` burned ahead of time, in order from the film's first frame on, with the same captions. What they lack at the end is
   * burned now, and from the first one that does not fit on they are left out: the film is the same with and without.
   */
  readonly burned?: readonly Source[];
  readonly onProgress?: (fraction: number) => void;
  readonly timeoutMs: number;
}

/** A stretch of the film, its picture only, with the captions burned in. */
export interface SegmentRequest extends Signalled {
  /** What of which sources makes the stretch. */
  readonly parts: readonly CutPart[];
  /** A complete ASS file, timed by the film. */
  readonly ass: string;
  /** Where in the film the stretch begins (a whole number of frames). */
  readonly startMs: number;
  /** From 0 to 1, never falling. */
  readonly onProgress?: (fraction: number) => void;
  /** Wall clock, from the call on. */
  readonly timeoutMs: number;
}

/**
 * Whether a video begins with an earlier one. `identical`: pictures and sound are the same but for the last second, so words and burned segments
 * of the earlier one hold; `equivalent`: the same is said at the same times, so its words hold; `different`: nothing does.
 */
export interface HeadComparison {
  /** What of the earlier video's work holds. */
  readonly verdict: 'identical' | 'equivalent' | 'different';
  /** Up to here pictures and sound are the same, bit by bit. */
  readonly identicalMs: number;
  /** How much later the sound is; only where it had to be heard. */
  readonly audioLagMs?: number;
  /** How alike the sounds are then, 0 to 1. */
  readonly audioCorrelation?: number;
}

/** A stretch of time, milliseconds. */
export interface Interval {
  /** Its first moment. */
  readonly startMs: number;
  /** The first moment after it. */
  readonly endMs: number;
}

/** What is odd about a stretch of video, in the source's own time. An interval that lasts to the end ends with the stretch. */
export interface Inspection {
  /** False: there is no sound at all, and `silent` is empty. */
  readonly hasAudio: boolean;
  /** Pictures (nearly) without light. */
  readonly black: readonly Interval[];
  /** Pictures that stand still; black ones do too. */
  readonly frozen: readonly Interval[];
  /** Sound below speech. */
  readonly silent: readonly Interval[];
}

export interface Media {
  readonly id: string;
  /** Can burn captions of this script (`Latn`, `Arab`, `Deva` …): a font has it, and a shaper where it needs one. */
  canRender(
    text: string,
  ): Promise<{ readonly ok: boolean; readonly missing: readonly string[]; readonly needsShaper: boolean }>;
  /** Throws `permanent` `unusable-media` for anything that is not an mp4 with a picture. */
  probe(source: Source, options?: Signalled): Promise<MediaInfo>;
  /** Mono 16 kHz FLAC of a stretch. */
  audio(
    source: Source,
    options: { readonly fromMs: number; readonly durationMs: number; readonly timeoutMs: number } & Signalled,
  ): Promise<TemporarySource>;
  /** One frame as PNG or JPEG; `atMs` 'last' is the very last one. */
  frame(
    source: Source,
    options: {
      readonly atMs: number | 'last';
      readonly format: 'png' | 'jpeg';
      readonly timeoutMs: number;
    } & Signalled,
  ): Promise<TemporarySource>;
  /** Joins the parts and burns the captions in, one pass, `moov` first. */
  cut(request: CutRequest): Promise<TemporarySource & { readonly info: MediaInfo }>;
  /** Burns the picture of a stretch ahead of time, for `CutRequest.burned`. */
  segment?(request: SegmentRequest): Promise<TemporarySource & { readonly info: MediaInfo }>;
  /** Whether `next` begins with `previous`: by their packets, and where these differ by ear. */
  compareHead?(
    previous: Source,
    next: Source,
    options: { readonly timeoutMs: number } & Signalled,
  ): Promise<HeadComparison>;
  /** Looks for what a good take has not, while it is cheap to take again. */
  inspect?(
    source: Source,
    options: { readonly fromMs: number; readonly durationMs: number; readonly timeoutMs: number } & Signalled,
  ): Promise<Inspection>;
}

// ── Logging ──────────────────────────────────────────────────────────────────────────────────────────────────────────

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** Everything a pipeline may be given; what a host lacks, other hosts do. */
export interface Ports {
  readonly storage: Storage;
  readonly state: StateStore;
  readonly llm?: LanguageModel;
  readonly video?: VideoVendor;
  readonly transcription?: Transcriber;
  readonly media?: Media;
  readonly clock: Clock;
  readonly logger: Logger;
}
