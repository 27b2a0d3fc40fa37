/**
 * What the core asks of the world. Every call takes a `signal`; bytes travel as re-openable sources and never as whole
 * files; no vendor type crosses. Failures are thrown as `ReelstateError`: its `kind` decides what follows, and for
 * `VideoVendor.launch` its `effect` decides whether money may have been spent.
 */
import type { Json, JsonObject } from './json.ts';

/** A call that can be aborted. */
export interface Signalled {
  /** Aborts the call. */
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
  /** A random UUID. */
  uuid(): string;
  /** Resolves after `ms`; rejects with `signal.reason` when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

// ── Bytes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Bytes that can be read again and again, whole or in part. `end` is exclusive. */
export interface Source {
  /** The bytes from `start` up to `end`; a new stream each time. */
  open(range?: { readonly start?: number; readonly end?: number } & Signalled): ReadableStream<Uint8Array>;
  /** Bytes in all, where known. */
  readonly size?: number;
  /** Where the bytes are a local file. */
  readonly path?: string;
  /** A URL that a tool like ffmpeg may read by ranges, made when asked for. */
  url?(): Promise<string | undefined>;
}

/** A source with a temporary file behind it, which `dispose` removes. */
export interface TemporarySource extends Source {
  /** Removes the file; the source cannot be read afterwards. */
  dispose(): Promise<void>;
}

// ── Storage ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Names are `/`-separated paths below the storage's root. */
export interface StoredObject {
  /** `/`-separated, below the storage's root. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Opaque; another one with each content, and never one that the name had before. */
  readonly revision: string;
  /** MIME type. */
  readonly contentType: string;
  /** Strings that were written with it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How a name is written. */
export interface PutOptions extends Signalled {
  /** The revision to replace, or null to create only. A blind overwrite does not exist. */
  readonly ifRevision: string | null;
  /** MIME type. @default 'application/octet-stream' */
  readonly contentType?: string;
  /** Strings to keep with it. */
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
  /** What stands at a name; undefined where there is nothing. */
  head(name: string, options?: Signalled): Promise<StoredObject | undefined>;
  /** Every object whose name starts with `prefix`, by name. */
  list(prefix: string, options?: Signalled): Promise<readonly StoredObject[]>;
  /** Writes a name whole, under a precondition. */
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
  /** Removes a name; one that is not there is no error. */
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
  /** The counter's name. */
  readonly key: string;
  /** What is added; may be negative or 0. */
  readonly add: number;
  /** The most that the counter may be afterwards. */
  readonly limit?: number;
}

/** What another program wrote about a block. */
export interface ForeignBlock {
  /** 1-based. */
  readonly block: number;
  /** A launch that is not ours. */
  readonly operation?: string;
  /** Object name of the finished block (`{videoId}/block_k.mp4`). */
  readonly object?: string;
}

/** What other programs wrote into the projected documents since our last save, in neutral words. */
export interface Foreign {
  /** What was written of each block. */
  readonly blocks: readonly ForeignBlock[];
  /** The finished film. */
  readonly finalUri?: string;
  /** The other program gave up. */
  readonly error?: string;
}

/** A film's state as it was read. */
/** A film that other programs began and that this store has no state of. */
export interface ForeignFilm {
  /** Its id. */
  readonly videoId: string;
  /** What they wrote about it. */
  readonly foreign: Foreign;
  /** Pass as `ifRevision` of the first save: their documents must still say the same then. */
  readonly revision: string;
}

/** What a store that projects has to know beside the state. */
export interface Beside {
  /** Functions of the flow that are ours; the fields of all others are left to them. */
  readonly owns: Readonly<Record<Role, boolean>>;
  /** URI of the film's folder, with a trailing `/`. */
  readonly place: string;
}

/** A film's state as it was read. */
export interface StoredState {
  /** As it was saved. */
  readonly state: JsonObject;
  /** What the next save has to name. */
  readonly revision: string;
  /** The store's own clock at this read, epoch milliseconds, where it has one: leases compare with it. */
  readonly now?: number;
  /** Only from stores that keep documents of other programs, and only where one differs from what was written last. */
  readonly foreign?: Foreign;
}

/** One save: all of it or nothing. */
export interface SaveState extends Signalled {
  /** Which film. */
  readonly videoId: string;
  /** The revision to replace, or null to create. */
  readonly ifRevision: string | null;
  /** The whole new state. */
  readonly state: JsonObject;
  /** When each role should look at this film, epoch milliseconds. Nothing: never. */
  readonly wakes: Readonly<Partial<Record<Role, number>>>;
  /** What `list` filters by. */
  readonly index: FilmIndex;
  /** Changed in the same commit. */
  readonly counters?: readonly CounterChange[];
  /** For stores that make such documents by themselves. */
  readonly beside?: Beside;
}

/** What a store keeps of a film for its lists. */
export interface FilmIndex {
  /** The film's status. */
  readonly status: string;
  /** Who pays. */
  readonly owner?: string;
  /** The host's own strings. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Epoch milliseconds; lists run from the newest. */
  readonly createdAt: number;
}

/** Which films a list has; no field: all. */
export interface ListFilter {
  /** Films with this status. */
  readonly status?: string;
  /** Films that this owner pays. */
  readonly owner?: string;
  /** Films with all of these entries. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Compare-and-swap of a film's state. `save` throws `retryable` `state-conflict` where the revision is another one, and `throttled`
 * `counter-full` with `details.key` where a counter's limit would be passed; in both cases nothing was written. Any other error
 * leaves it open whether the save happened. Revisions are never reused, also not after a restore. States stay below 90 KiB.
 */
export interface StateStore {
  /** The film's state; undefined where there is none. */
  load(videoId: string, options?: Signalled): Promise<StoredState | undefined>;
  /** Saves under a precondition and answers the new revision. */
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
  /** Ids from the newest on, in pages. */
  list(
    filter: ListFilter,
    page: { readonly limit: number; readonly after?: string } & Signalled,
  ): Promise<{ readonly videoIds: readonly string[]; readonly next?: string }>;
  /** Numbers that films share: budgets, launches under way, the kill switch. */
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
  /**
   * Films that other programs began and that they have not finished: at most `limit`, or the one with this id in any status. Only from stores
   * that keep documents of other programs.
   */
  foreignFilms?(
    request: { readonly limit: number } | { readonly videoId: string },
    options?: Signalled,
  ): Promise<readonly ForeignFilm[]>;
  /** Resolves at once or later whenever the film may have changed; ends with the signal. Absent: watchers poll. */
  watch?(videoId: string, options: { readonly signal: AbortSignal }): AsyncIterable<void>;
  /** Removes the film's state (not its counters). */
  remove(videoId: string, options?: Signalled): Promise<void>;
  /** This process's name for leases, where the store can tell dead ones. @default a random name per pipeline */
  readonly holder?: string;
  /** True only for a holder that is known to be dead. */
  isDead?(holder: string): boolean;
  /** Frees what the store holds open. */
  close?(): Promise<void>;
}

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Writes scripts and rewrites what was refused. */
export interface LanguageModel {
  /** Vendor's name of the model, for people. */
  readonly id: string;
  /** Micro-dollars for so many tokens. */
  price(tokens: { readonly input: number; readonly output: number }): number;
  /** ISO date of the prices. */
  readonly priceDate?: string;
  /** One paid call: JSON that fits the schema, the model's own text, and the tokens used. */
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

/** Width to height. */
export type AspectRatio = '9:16' | '16:9';
/** By the short side's lines. */
export type Resolution = '720p' | '1080p' | '4k';
/** How blocks follow each other: as the vendor's extension, from the last frame of the one before, or on their own. */
export type Chaining = 'extend' | 'last-frame' | 'independent';

/** What a video model can do, in the vendor's present terms. */
export interface VideoLimits {
  /** Lengths that a first block may have, seconds, ascending. */
  readonly startSeconds: readonly number[];
  /** What one extension adds, seconds; absent where the model cannot extend. */
  readonly extendSeconds?: number;
  /** The longest video that may be extended, and the longest that may result, seconds. */
  readonly maxInputSeconds: number;
  /** The longest chain of extensions, seconds. */
  readonly maxChainSeconds: number;
  /** True where a block may start from an image. */
  readonly firstFrame: boolean;
  /** What can be asked for. */
  readonly aspectRatios: readonly AspectRatio[];
  /** What can be asked for. */
  readonly resolutions: readonly Resolution[];
  /** The longest prompt. */
  readonly maxPromptTokens: number;
}

/** How long this model takes, milliseconds. A simulated vendor scales all of them. */
export interface VideoTiming {
  /** Nothing is ever ready earlier. */
  readonly floorMs: number;
  /** The longest that the vendor documents or that was seen. */
  readonly worstMs: number;
  /** Past this, from the vendor's answer on, an operation counts as late and the next take may start. */
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

/** A video model's limits, times and prices. */
export interface VideoModel {
  /** The vendor's name of it; films are pinned to it. */
  readonly id: string;
  /** What it can do. */
  readonly limits: VideoLimits;
  /** How long it takes. */
  readonly timing: VideoTiming;
  /** Micro-dollars per generated second. */
  readonly pricePerSecond: Readonly<Partial<Record<Resolution, number>>>;
  /** ISO date of the prices and limits. */
  readonly asOf: string;
  /** ISO date from which the model may be gone, and what follows it. */
  readonly retiresOn?: string;
  /** The id of the model that follows it. */
  readonly successor?: string;
  /** What a failed operation costs by the vendor's terms. @default 'unknown' */
  readonly failedTakeCharge?: 'not-charged' | 'charged' | 'unknown';
}

/** A finished video of ours, named so that the vendor finds it. */
export interface VideoInput {
  /** As the vendor reads it. */
  readonly uri: string;
  /** Pins the content. */
  readonly revision: string;
  /** Of the whole file. */
  readonly durationMs: number;
  /** The operation that made it; unknown for a take that was found in its place after its launch's answer was lost. */
  readonly operation?: string;
}

/** One block, as it is asked for. */
export interface LaunchRequest extends Signalled {
  /** What is to be seen and said. */
  readonly prompt: VideoPrompt;
  /** New seconds. */
  readonly seconds: number;
  /** Width to height. */
  readonly aspectRatio: AspectRatio;
  /** By the short side's lines. */
  readonly resolution: Resolution;
  /** The same one asks for the same pictures. */
  readonly seed?: number;
  /** The video that this block continues. */
  readonly extends?: VideoInput;
  /** The picture that this block begins with. */
  readonly firstFrame?: { readonly uri: string; readonly source: Source; readonly contentType: string };
  /** URI, with a trailing `/`, below which the vendor puts its result. Vendors without `outputs` ignore it. */
  readonly outputPlace: string;
  /** `[a-z0-9_-]` keys and values, at most 63 characters: film, block, take. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What is to be seen and said; the adapter makes the vendor's prompt from it, within its token limit. */
export interface VideoPrompt {
  /** What is said, in the film's language. */
  readonly dialogue: string;
  /** BCP 47. */
  readonly language: string;
  /** English. */
  readonly visual: string;
  /** What stays the same from block to block. */
  readonly continuity?: string;
  /** How the whole film should look and sound. */
  readonly style?: string;
}

/** A result, as the vendor names it. */
export interface VideoOutput {
  /** The vendor's URI of the result. */
  readonly uri: string;
}

/** What a look at an operation finds. */
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
  /** Limits, times and prices of the model behind it. */
  readonly model: VideoModel;
  /** Present where the vendor writes its result below `outputPlace`: object names that are results match this. */
  readonly outputs?: RegExp;
  /**
   * Billable: posts once and answers the operation's name. Nothing leaves any more once `model.timing.launchTimeoutMs` have passed since
   * the call, by the wall clock too: a process may have stood still meanwhile. It then rejects with the effect `none`.
   */
  launch(request: LaunchRequest): Promise<{ readonly operation: string }>;
  /** `outputPlace`: where the launch was told to write; a result anywhere else is not ours. */
  look(operation: string, options?: { readonly outputPlace?: string } & Signalled): Promise<Look>;
  /** The bytes of an output that is not in our storage. Required where `outputs` is absent. */
  open?(output: VideoOutput, options?: Signalled): Promise<Source>;
  /** Asks the vendor to stop an operation; it may be charged all the same. */
  cancel?(operation: string, options?: Signalled): Promise<void>;
}

// ── Transcription ────────────────────────────────────────────────────────────────────────────────────────────────────

/** Milliseconds from the start of the audio, `startMs < endMs`. */
export interface HeardWord {
  /** As it is written, without spaces around it. */
  readonly text: string;
  /** From the start of the audio. */
  readonly startMs: number;
  /** From the start of the audio. */
  readonly endMs: number;
  /** 0 to 1, only where the vendor gives one per word. */
  readonly confidence?: number;
}

/** A stretch of speech, with the vendor's own figures of quality. */
export interface HeardSegment {
  /** What was heard. */
  readonly text: string;
  /** From the start of the audio. */
  readonly startMs: number;
  /** From the start of the audio. */
  readonly endMs: number;
  /** Whisper's `avg_logprob`. */
  readonly averageLogProbability?: number;
  /** Whisper's `compression_ratio`. */
  readonly compressionRatio?: number;
  /** Whisper's `no_speech_prob`. */
  readonly noSpeechProbability?: number;
}

/** Words in order, without overlaps; silence is an empty list. */
export interface Transcript {
  /** Every word with its times. */
  readonly words: readonly HeardWord[];
  /** Stretches of speech. */
  readonly segments: readonly HeardSegment[];
}

/** Hears what is said when. */
export interface Transcriber {
  /** Vendor's name of the model, for people. */
  readonly id: string;
  /** Micro-dollars per minute of audio. */
  readonly pricePerMinute: number;
  /** ISO date of the price. */
  readonly priceDate?: string;
  /** One paid call; `prompt` says what is probably heard. */
  transcribe(
    audio: Source,
    options: { readonly language: string; readonly prompt?: string; readonly durationMs: number } & Signalled,
  ): Promise<Transcript>;
}

// ── Media ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** What a video file is like. */
export interface MediaInfo {
  /** Of the picture. */
  readonly durationMs: number;
  /** Pixels as shown. */
  readonly width: number;
  /** Pixels as shown. */
  readonly height: number;
  /** On average. */
  readonly framesPerSecond: number;
  /** Of the picture. */
  readonly frames: number;
  /** Whether there is sound. */
  readonly hasAudio: boolean;
  /** Such as `h264`. */
  readonly videoCodec: string;
  /** Such as `aac`. */
  readonly audioCodec?: string;
}

/** A stretch of the film: the source from `fromMs` on (a whole number of frames). `dropFirstFrame` at a last-frame joint. */
export interface CutPart {
  /** A video file. */
  readonly source: Source;
  /** Where in the source it begins, a whole number of frames. */
  readonly fromMs: number;
  /** How much of it is shown. */
  readonly durationMs: number;
  /** The frame that the part before showed already. */
  readonly dropFirstFrame: boolean;
}

/** A film to be cut. */
export interface CutRequest extends Signalled {
  /** In the order in which they are shown. */
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
  /** Called now and then with 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Longest that the job may take. */
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

/** Measures, cuts and captions video. */
export interface Media {
  /** Its name, for people. */
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

/** What a line of the log is about. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where the pipeline says what it does; it prints nothing by itself. */
export interface Logger {
  /** For those who look for a defect. */
  debug(message: string, fields?: LogFields): void;
  /** What happened. */
  info(message: string, fields?: LogFields): void;
  /** What went wrong and is dealt with. */
  warn(message: string, fields?: LogFields): void;
  /** What needs a person. */
  error(message: string, fields?: LogFields): void;
}

/** Everything a pipeline may be given; what a host lacks, other hosts do. */
export interface Ports {
  /** Videos, marks and documents. */
  readonly storage: Storage;
  /** The films' states and what they share. */
  readonly state: StateStore;
  /** Writes the script. */
  readonly llm?: LanguageModel;
  /** Films the blocks. */
  readonly video?: VideoVendor;
  /** Hears what is said. */
  readonly transcription?: Transcriber;
  /** Cuts and captions. */
  readonly media?: Media;
  /** Time and chance. */
  readonly clock: Clock;
  /** Where it says what it does. */
  readonly logger: Logger;
}
