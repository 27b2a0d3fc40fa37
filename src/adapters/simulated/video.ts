/** The simulated video vendor: paid operations on disk that outlive their process and need no worker. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { Clock, LaunchRequest, Look, Source, VideoModel, VideoOutput, VideoVendor } from '../../core/ports.ts';
import { machineClock } from './clock.ts';
import { createDelivery, type Delivery, findDelivered, findLaunched, isFileUri } from './deliver.ts';
import { type Journal, type JournalEntry, type Launched, type LaunchRecord, numbered, openJournal } from './journal.ts';
import { factsOf, impossible, invalidity, REFUSAL_CODE, rejection } from './launch.ts';
import { faultFor, type LaunchFacts, type Outcome, type Rule, type VideoFault } from './misbehaviour.ts';
import { DEFAULT_SPEED_UP, latencyMs, simulatedModel } from './model.ts';
import { openOutput, slowness } from './outputs.ts';
import { seeded, shortHash } from './random.ts';
import { operationFolder } from './render.ts';
import { readTag } from './tag.ts';
import { type FfmpegOption, findFfmpeg } from './tools.ts';
import type { VoiceOptions } from './voices.ts';

/** What `simulatedVideo()` takes. */
export interface SimulatedVideoOptions {
  /** Where the vendor keeps its journal and its operations. Not the film's own storage. */
  readonly folder: string;
  /** The same seed gives the same latencies and pictures. @default 1 */
  readonly seed?: number;
  /** How many times faster than the real vendor. @default 30 */
  readonly speedUp?: number;
  /** Whether an extension comes back with what it extends or by itself; nobody documents which. @default 'combined' */
  readonly extension?: 'combined' | 'new-only';
  /** Of a portrait video, both even; landscape swaps them. @default what the resolution says: 720 × 1280 for 720p */
  readonly size?: { readonly width: number; readonly height: number };
  /** Film grain, 0 to 100: with 10 a 720p film has about as many bits per second as a real one, where its flat pictures have a fifth. @default 0 */
  readonly grain?: number;
  /** Absolute path of the ffmpeg that renders, or how to find it. @default what `resolveFfmpeg` finds */
  readonly ffmpeg?: FfmpegOption;
  /** Who speaks. @default 'auto': espeak-ng, else text2wav, else a hum */
  readonly voice?: VoiceOptions['engine'];
  /** Which launches go wrong, and how. @default none */
  readonly misbehave?: readonly Rule<LaunchFacts, VideoFault>[];
  /**
   * Renders and delivers without being asked while this process lives, as a vendor does; without it only `look` and
   * `deliverDue` do. @default true
   */
  readonly background?: boolean;
  /** @default the machine's own time */
  readonly clock?: Clock;
}

export interface SimulatedVideo extends VideoVendor {
  readonly outputs: RegExp;
  open(output: VideoOutput, options?: { readonly signal?: AbortSignal | undefined }): Promise<Source>;
  /** Delivers every video whose time has come, also those that nobody looks at. */
  deliverDue(): Promise<void>;
}

/** Never below the delay of a timer. */
const SOON_MS = 20;
const OTHERS_MS = 1_000;

/**
 * A video model without a key and without cost: real files with the dialogue as speech, behind operations that behave like Veo's.
 * `readJournal(folder)` tells what was launched and charged.
 */
export function simulatedVideo(options: SimulatedVideoOptions): SimulatedVideo {
  const clock = options.clock ?? machineClock;
  const model = simulatedModel({ speedUp: options.speedUp ?? DEFAULT_SPEED_UP });
  const journal = openJournal(options.folder);
  const delivery = createDelivery({
    journal,
    clock,
    size: options.size,
    render: {
      folder: options.folder,
      ffmpeg: findFfmpeg(options.ffmpeg),
      extension: options.extension ?? 'combined',
      engine: options.voice,
      grain: options.grain ?? 0,
    },
  });
  const vendor = { options, clock, model, journal, delivery };
  if (options.background ?? true) workAhead(vendor);

  return {
    model,
    outputs: /sample_\d+\.mp4$/,
    launch: (request) => launch(vendor, request),
    look: async (operation, { signal } = {}) => {
      throwIfAborted(signal);
      return look(vendor, operation, signal);
    },
    open: async (output) => openOutput(output, await slowness(journal, output), clock),
    async deliverDue() {
      for (const operation of pending(await journal.entries())) {
        if (operation.readyAt <= clock.now()) await delivery.deliver(operation, { background: false });
      }
    },
  };
}

interface Vendor {
  readonly options: SimulatedVideoOptions;
  readonly clock: Clock;
  readonly model: VideoModel;
  readonly journal: Journal;
  readonly delivery: Delivery;
}

// ── Launch ───────────────────────────────────────────────────────────────────────────────────────────────────────────

async function launch(vendor: Vendor, request: LaunchRequest): Promise<{ readonly operation: string }> {
  const { clock, journal, options } = vendor;
  throwIfAborted(request.signal);
  const number = await journal.nextNumber('operations');
  const fault = faultFor(options.misbehave, factsOf(request, number));
  const record = rejection(fault) ?? (await recordOf(request, vendor, number));
  if (ReelstateError.is(record)) {
    const { code } = record;
    if (code !== 'not-connected') await journal.append({ event: 'rejected', at: clock.now(), number, code });
    throw record;
  }
  const launched = await accept(vendor, record, number, fault);
  if (options.background ?? true) schedule(vendor, launched);
  if (fault?.type === 'response-lost') {
    throw new ReelstateError('retryable', 'The connection to the simulated vendor broke before its answer.', {
      code: 'connection-lost',
      effect: 'unknown',
    });
  }
  return { operation: launched.operation };
}

/** From here on there is an operation, and it costs. */
async function accept(vendor: Vendor, record: LaunchRecord, number: number, fault: VideoFault | undefined) {
  const { clock, journal, model, options } = vendor;
  const seed = options.seed ?? 1;
  const operation = `simulated-${numbered(number)}-${shortHash(seed, record)}`;
  const outcome: Outcome = fault === undefined || fault.type === 'response-lost' ? { type: 'video' } : fault;
  const takes = latencyMs(seeded('latency', seed, number)(), options.speedUp ?? DEFAULT_SPEED_UP);
  const at = clock.now();
  const readyAt = at + takes + (outcome.type === 'late' ? outcome.byMs : 0);
  const launched: Launched = { event: 'launched', at, operation, number, request: record, readyAt, outcome };
  const microUsd = priceOf(launched, model);
  await journal.append(launched, ...(microUsd > 0 ? [{ event: 'charged', at, operation, microUsd } as const] : []));
  return launched;
}

/** The request as the vendor keeps it, or the 400 with which it is turned down. */
async function recordOf(
  request: LaunchRequest,
  vendor: Vendor,
  number: number,
): Promise<LaunchRecord | ReelstateError> {
  const { options, journal, model } = vendor;
  const start = request.extends && (await inputOf(request.extends, await journal.entries(), request));
  if (ReelstateError.is(start)) return start;
  const invalid = invalidity(request, model);
  if (invalid) return invalid;
  const { prompt, seconds, aspectRatio, resolution, outputPlace, labels, seed } = request;
  const base = { prompt, seconds, aspectRatio, resolution, outputPlace, labels };
  const image = request.firstFrame && `first-frame.${request.firstFrame.contentType === 'image/png' ? 'png' : 'jpg'}`;
  if (request.firstFrame && image) {
    const bytes = new Uint8Array(await new Response(request.firstFrame.source.open()).arrayBuffer());
    await writeFile(join(operationFolder(options.folder, number), image), bytes);
  }
  return {
    ...base,
    ...(seed === undefined ? {} : { seed }),
    ...(start ? { extends: start } : {}),
    ...(image ? { firstFrame: image } : {}),
  };
}

/** The operation that made the input, by the journal id in the file itself. */
async function inputOf(
  input: NonNullable<LaunchRequest['extends']>,
  entries: readonly JournalEntry[],
  request: LaunchRequest,
) {
  const path = isFileUri(input.uri) ? fileURLToPath(input.uri) : undefined;
  const size = path === undefined ? undefined : (await stat(path).catch(() => undefined))?.size;
  if (path !== undefined && size === undefined) return impossible('The video that is to be extended is not there.');
  const tag = path === undefined ? input.operation : await readTag(path);
  const before = tag === undefined ? undefined : findLaunched(entries, tag);
  if (!before || !findDelivered(entries, before.operation))
    return impossible('Input video must be a video that this vendor made.');
  if (before.request.aspectRatio !== request.aspectRatio)
    return impossible('The input video has another aspect ratio.');
  if (before.request.resolution !== request.resolution) return impossible('The input video has another resolution.');
  return { operation: before.operation, durationMs: input.durationMs };
}

/** Refused and failed operations are free, by the price list's own note; a video costs whether it is fetched or not. */
function priceOf({ outcome, request }: Launched, model: VideoModel): number {
  const free = ['refused', 'failed', 'without-video', 'never-done'].includes(outcome.type);
  return free ? 0 : request.seconds * (model.pricePerSecond[request.resolution] ?? 0);
}

// ── Look ─────────────────────────────────────────────────────────────────────────────────────────────────────────────

async function look(vendor: Vendor, name: string, signal: AbortSignal | undefined): Promise<Look> {
  const { clock, journal, delivery, model } = vendor;
  const operation = findLaunched(await journal.entries(), name);
  if (!operation) return { status: 'gone' };
  const { outcome, readyAt } = operation;
  if (outcome.type === 'never-done' || clock.now() < readyAt) return { status: 'running' };
  switch (outcome.type) {
    case 'refused':
      return outcome.audio
        ? {
            status: 'refused',
            message: 'The safety filter refused the sound of the video.',
            audio: true,
            supportCodes: [],
          }
        : {
            status: 'refused',
            message: 'The safety filter refused the video (video safety).',
            audio: false,
            supportCodes: [REFUSAL_CODE],
          };
    case 'failed':
      return {
        status: 'failed',
        ...(FAILURES[outcome.code] ?? {
          code: 'vendor-unavailable',
          message: `The operation failed (${outcome.code}).`,
        }),
      };
    case 'without-video':
      return {
        status: 'failed',
        code: 'no-video',
        message: 'The operation is done and has neither a video nor a reason.',
      };
    default: {
      const delivered = await delivery.deliver(operation, { background: false, signal });
      if (!delivered) return { status: 'running' };
      if (outcome.type === 'gone') return { status: 'gone' };
      return { status: 'done', output: { uri: delivered.uri }, chargeMicroUsd: priceOf(operation, model) };
    }
  }
}

const FAILURES: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  8: { code: 'vendor-overloaded', message: 'The simulated vendor had no capacity for the operation (8).' },
  13: { code: 'vendor-internal', message: 'The operation failed with an internal error of the simulated vendor (13).' },
  14: { code: 'vendor-unavailable', message: 'The simulated vendor was unavailable to the operation (14).' },
};

// ── Without being asked ──────────────────────────────────────────────────────────────────────────────────────────────

/** Operations that end in a video and have not delivered it. */
const pending = (entries: readonly JournalEntry[]): Launched[] =>
  entries.filter(
    (entry): entry is Launched =>
      entry.event === 'launched' &&
      !['refused', 'failed', 'without-video', 'never-done'].includes(entry.outcome.type) &&
      findDelivered(entries, entry.operation) === undefined,
  );

/** Takes up what processes before this one left under way. */
function workAhead(vendor: Vendor): void {
  const begin = async () => {
    for (const operation of pending(await vendor.journal.entries())) schedule(vendor, operation);
  };
  setTimeout(() => void begin().catch(ignore), 0).unref();
}

/** Renders now and delivers in time, as long as this process lives anyway. */
function schedule(vendor: Vendor, operation: Launched): void {
  if (!pending([operation]).length) return;
  const attempt = async () => {
    const delivered = await vendor.delivery.deliver(operation, { background: true });
    if (delivered) return;
    // Past its time another process is at it, which may die.
    const wait = operation.readyAt - vendor.clock.now();
    setTimeout(() => void attempt().catch(ignore), wait > 0 ? Math.max(SOON_MS, wait) : OTHERS_MS).unref();
  };
  void attempt().catch(ignore);
}

/** Nobody waits for this work: whoever looks at the operation meets the same failure and reports it. */
const ignore = () => undefined;
