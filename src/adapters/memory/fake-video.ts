import { sourceOf, throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { Clock, LaunchRequest, Look, Storage, VideoModel, VideoVendor } from '../../core/ports.ts';
import { fakeVideoModel } from './fake-video-model.ts';
import { type Said, tinyMp4 } from './tiny-mp4.ts';

/**
 * How one launch goes. Nothing was started: `refused-at-launch`, `throttled`, `not-connected`, `rejected` (a definite 4xx). Started and
 * paid, but the caller is not told: `lost-answer`. Started: `done`; `refused` and `refused-audio` by a filter; `failed` inside the
 * vendor; `running` for ever; `gone`, forgotten by the vendor without a video; `gone-done`, forgotten after its video was written.
 * Or the bytes that are delivered in the place of a film.
 */
export type FakeOutcome =
  | 'done'
  | 'refused'
  | 'refused-audio'
  | 'failed'
  | 'running'
  | 'gone'
  | 'gone-done'
  | 'refused-at-launch'
  | 'throttled'
  | 'not-connected'
  | 'rejected'
  | 'lost-answer'
  | {
      /** What is delivered, be it a film or not. */
      readonly bytes: Uint8Array;
    };

/** How `fakeVideo` behaves. */
export interface FakeVideoOptions {
  /** Where results are written below the place that a launch names, as Vertex AI does. Left out: results are the vendor's, see `open`. */
  readonly storage?: Storage;
  /** One per launch, in order, then `done`; or what decides by itself. */
  readonly outcomes?: readonly FakeOutcome[] | ((request: LaunchRequest, number: number) => FakeOutcome);
  /** When a launched film is ready. Without a clock it is ready at once. */
  readonly clock?: Clock;
  /** @default 60_000 */
  readonly readyAfterMs?: number;
  /** Whether an extension comes back with what it extends, or as the new seconds alone. @default 'whole' */
  readonly extensions?: 'whole' | 'new';
  /** What differs from limits, times and prices in the manner of Veo 3.1 Fast. */
  readonly model?: Partial<VideoModel>;
  /** Called with the URI of each delivered result, as a bucket's event would: feed it to `advance` as a hint. */
  readonly onDelivered?: (uri: string) => void;
}

/** One launch as the vendor's own books have it. */
export interface FakeTake {
  /** Its name. */
  readonly operation: string;
  /** What was asked for. */
  readonly request: LaunchRequest;
  /** How it goes. */
  readonly outcome: FakeOutcome;
  /** What the vendor bills. */
  readonly paidMicroUsd: number;
  /** The URI of the result once it is delivered. */
  readonly delivered: string | undefined;
}

export interface FakeVideo extends VideoVendor {
  /** Every operation that was started, told to the caller or not: the auditor of a test. */
  readonly books: readonly FakeTake[];
  /** Every launch that was posted, the refused ones included. */
  readonly posts: readonly LaunchRequest[];
}

interface Kept {
  readonly take: { -readonly [Key in keyof FakeTake]: FakeTake[Key] };
  readonly said: readonly Said[];
  readonly durationMs: number;
  readonly bytes: Uint8Array;
  cancelled: boolean;
}

const refusals: Readonly<Record<string, () => ReelstateError>> = {
  'refused-at-launch': () => new ReelstateError('refused', 'The prompt was refused.', { code: 'prompt-refused' }),
  throttled: () => new ReelstateError('throttled', 'Too many requests.', { code: 'too-many-requests' }),
  'not-connected': () => new ReelstateError('retryable', 'Never connected.', { code: 'not-connected', effect: 'none' }),
  rejected: () => new ReelstateError('permanent', 'The request is not valid.', { code: 'request-rejected' }),
};

/**
 * A video vendor with scripted outcomes that keeps the contract of a real one: operations, results that appear in storage by
 * themselves, and books of what was started and billed, which no caller can influence. Its films are tiny MP4s without a picture.
 */
export function fakeVideo(options: FakeVideoOptions = {}): FakeVideo {
  const model = fakeVideoModel(options.model);
  const kept = new Map<string, Kept>();
  const { storage } = options;
  const books: FakeTake[] = [];
  const posts: LaunchRequest[] = [];

  const launch = async (request: LaunchRequest): Promise<{ operation: string }> => {
    throwIfAborted(request.signal);
    const outcome = outcomeOf(options, request, posts.length);
    posts.push(request);
    const refusal = typeof outcome === 'string' ? refusals[outcome] : undefined;
    if (refusal) throw refusal();
    const operation = `operations/fake-${String(kept.size + 1).padStart(12, '0')}`;
    const film = start(request, outcome, operation);
    kept.set(operation, film);
    books.push(film.take);
    if (delivers(outcome)) await schedule(film);
    if (outcome !== 'lost-answer') return { operation };
    throw new ReelstateError('retryable', 'The answer was lost.', { code: 'launch-unanswered', effect: 'unknown' });
  };

  const start = (request: LaunchRequest, outcome: FakeOutcome, operation: string): Kept => {
    const before = [...kept.values()].find(({ take }) => take.delivered === request.extends?.uri && take.delivered);
    const whole = options.extensions !== 'new';
    const offsetMs = whole ? (request.extends?.durationMs ?? 0) : 0;
    const durationMs = offsetMs + request.seconds * 1000;
    const { dialogue } = request.prompt;
    // As people do: a short breath before and after.
    const line = { text: dialogue, fromMs: offsetMs + 300, toMs: durationMs - 300 };
    const said = [...((whole && before?.said) || []), line];
    const [width, height] = sizeOf(request);
    const bytes = typeof outcome === 'object' ? outcome.bytes : tinyMp4({ durationMs, width, height, said });
    const paidMicroUsd = isBilled(outcome) ? request.seconds * (model.pricePerSecond[request.resolution] ?? 0) : 0;
    const take = { operation, request, outcome, paidMicroUsd, delivered: undefined };
    return { take, said, durationMs, bytes, cancelled: false };
  };

  const schedule = async (film: Kept): Promise<void> => {
    if (options.clock === undefined) return deliver(film);
    // A storage that is down when the vendor writes has no video: the take is never delivered.
    const ready = options.clock.sleep(options.readyAfterMs ?? 60_000);
    void ready.then(() => deliver(film)).catch(() => {});
  };

  const deliver = async (film: Kept): Promise<void> => {
    if (film.cancelled) return;
    const { operation, request } = film.take;
    if (storage === undefined) {
      film.take.delivered = `https://fake.example/${operation}/sample_0.mp4`;
      return;
    }
    const folder = operation.replace(/\D/g, '');
    const uri = `${request.outputPlace}${folder}/sample_0.mp4`;
    await storage.put(nameOf(storage, uri), film.bytes, { ifRevision: null, contentType: 'video/mp4' });
    film.take.delivered = uri;
    options.onDelivered?.(uri);
  };

  const vendor: FakeVideo = {
    model,
    launch,
    look: async (operation, { signal } = {}) => {
      throwIfAborted(signal);
      const film = kept.get(operation);
      return film === undefined ? { status: 'gone' } : lookAt(film);
    },
    cancel: async (operation, { signal } = {}) => {
      throwIfAborted(signal);
      const film = kept.get(operation);
      if (film) film.cancelled = true;
    },
    books,
    posts,
  };
  if (storage !== undefined) return { ...vendor, outputs: /\/sample_\d+\.mp4$/ };
  const open: VideoVendor['open'] = async (output) => {
    const film = [...kept.values()].find(({ take }) => take.delivered === output.uri);
    if (film) return sourceOf(film.bytes);
    throw new ReelstateError('permanent', 'There is no such result.', { code: 'object-not-found' });
  };
  return { ...vendor, open };
}

function outcomeOf({ outcomes = [] }: FakeVideoOptions, request: LaunchRequest, number: number): FakeOutcome {
  return typeof outcomes === 'function' ? outcomes(request, number + 1) : (outcomes[number] ?? 'done');
}

const delivers = (outcome: FakeOutcome): boolean =>
  typeof outcome === 'object' || outcome === 'done' || outcome === 'gone-done' || outcome === 'lost-answer';

/** A filter's refusal and a failure inside the vendor are free, as Vertex AI has it. */
const isBilled = (outcome: FakeOutcome): boolean => delivers(outcome) || outcome === 'running' || outcome === 'gone';

function lookAt({ take, cancelled }: Kept): Look {
  if (cancelled) return { status: 'failed', code: 'cancelled', message: 'The operation was cancelled.' };
  if (take.outcome === 'refused' || take.outcome === 'refused-audio') {
    const audio = take.outcome === 'refused-audio';
    return { status: 'refused', message: 'Filtered by policy.', audio, supportCodes: ['58061214'] };
  }
  if (take.outcome === 'failed') return { status: 'failed', code: '13', message: 'Internal error.' };
  if (take.outcome === 'gone' || take.outcome === 'gone-done') return { status: 'gone' };
  if (take.delivered === undefined) return { status: 'running' };
  return { status: 'done', output: { uri: take.delivered } };
}

const SHORT_SIDE = { '720p': 720, '1080p': 1080, '4k': 2160 } as const;

function sizeOf({ aspectRatio, resolution }: LaunchRequest): [width: number, height: number] {
  const short = SHORT_SIDE[resolution];
  const long = (short * 16) / 9;
  return aspectRatio === '9:16' ? [short, long] : [long, short];
}

function nameOf(storage: Storage, uri: string): string {
  const root = storage.uri('x').slice(0, -1);
  if (!uri.startsWith(root))
    throw new ReelstateError('permanent', 'That place is not ours to write to.', { code: 'foreign-place' });
  const rest = uri.slice(root.length);
  return root.startsWith('file:') ? decodeURIComponent(rest) : rest;
}
