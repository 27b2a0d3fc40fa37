/** The video vendor of the simulated world. It keeps books of its own, which no process can change. */
import { sourceOf } from '../../../core/bytes.ts';
import { ReelstateError } from '../../../core/errors.ts';
import { parseTakeObject } from '../../../core/paths.ts';
import type { LaunchRequest, Look, Storage, VideoModel, VideoVendor } from '../../../core/ports.ts';
import { type Said, tinyMp4 } from '../../memory/tiny-mp4.ts';
import { CANARY } from './calls.ts';
import type { Recorder } from './journal.ts';
import type { World } from './world.ts';

/**
 * How one launch goes. Started: `done`; `refused`, `refused-audio` (free); `failed` (free); `never` ready; `gone` from the vendor's
 * memory once its video is written; `rewritten`, a second time over the first, a minute later; `torn`: its video appears cut off in our
 * place and whole a minute later, when it is said to be done; `late`, long after the model's deadline. Nothing started: `refused-at-launch`, `throttled`,
 * `not-connected`, `rejected`.
 */
export type VendorOutcome =
  | 'done'
  | 'late'
  | 'refused'
  | 'refused-audio'
  | 'failed'
  | 'never'
  | 'gone'
  | 'rewritten'
  | 'torn'
  | 'refused-at-launch'
  | 'throttled'
  | 'not-connected'
  | 'rejected';

export interface VendorScript {
  /** Writes its results into our place, as Vertex AI does; else they are fetched from it. */
  readonly adopts: boolean;
  /** Per block, in the order of its launches; then `done`. */
  readonly outcomes: Readonly<Record<number, readonly VendorOutcome[]>>;
  /** Whether an extension comes back with what it extends, or as the new seconds alone. */
  readonly extensions: 'whole' | 'new';
  readonly latencyMs: readonly [least: number, most: number];
  readonly model: VideoModel;
}

export interface Operation {
  readonly name: string;
  readonly block: number;
  readonly take: number;
  readonly place: string;
  readonly paidMicroUsd: number;
  readonly outcome: VendorOutcome;
  readonly startedAt: number;
  /** When the result is there; never for some. */
  readonly readyAt: number | undefined;
  readonly bytes: Uint8Array;
  readonly said: readonly Said[];
  readonly durationMs: number;
  delivered?: string;
}

export interface SimulatedVendor {
  /** As one process sees it, before faults. */
  port(by: string): VideoVendor;
  readonly operations: ReadonlyMap<string, Operation>;
}

const SHORT_SIDE = { '720p': 720, '1080p': 1080, '4k': 2160 } as const;

const refusals: Partial<Record<VendorOutcome, () => ReelstateError>> = {
  'refused-at-launch': () =>
    new ReelstateError('refused', 'The prompt was refused.', { code: 'prompt-refused', cause: CANARY }),
  throttled: () => new ReelstateError('throttled', 'Too many requests.', { code: 'too-many-requests', cause: CANARY }),
  'not-connected': () =>
    new ReelstateError('retryable', 'Never connected.', { code: 'not-connected', effect: 'none', cause: CANARY }),
  rejected: () =>
    new ReelstateError('permanent', 'The request is not valid.', { code: 'request-rejected', cause: CANARY }),
};

const isFree = (outcome: VendorOutcome): boolean =>
  outcome === 'refused' || outcome === 'refused-audio' || outcome === 'failed';

export function createVendor(
  world: World,
  script: VendorScript,
  storage: Storage,
  recorder: Recorder,
): SimulatedVendor {
  const { model, adopts } = script;
  const operations = new Map<string, Operation>();
  const posts = new Map<number, number>();
  const root = storage.uri('x').slice(0, -1);
  const bucket = recorder.storage(storage, 'vendor');

  function launch(request: LaunchRequest, by: string): { operation: string } {
    const place = request.outputPlace.slice(root.length);
    const labelled = Number(request.labels.block ?? 0);
    const { block = labelled, take = 0 } = parseTakeObject(`${place}x`) ?? {};
    const nth = posts.get(block) ?? 0;
    posts.set(block, nth + 1);
    const outcome = script.outcomes[block]?.[nth] ?? 'done';
    const refusal = refusals[outcome];
    const entry = {
      at: world.elapsed,
      by,
      block,
      place,
      prompt: request.prompt.dialogue,
      extends: request.extends && { uri: request.extends.uri, revision: request.extends.revision },
      firstFrame: request.firstFrame?.uri,
    };
    if (refusal) {
      recorder.post({ ...entry, operation: undefined, paidMicroUsd: 0 });
      throw refusal();
    }
    const name = `operations/${String(operations.size + 1).padStart(12, '0')}`;
    const operation = start(request, { name, block, take, place, outcome });
    operations.set(name, operation);
    recorder.post({ ...entry, operation: name, paidMicroUsd: operation.paidMicroUsd });
    if (operation.readyAt !== undefined) {
      world.after(operation.readyAt - world.elapsed, () => void deliver(operation));
    }
    return { operation: name };
  }

  function start(
    request: LaunchRequest,
    of: Pick<Operation, 'name' | 'block' | 'take' | 'place' | 'outcome'>,
  ): Operation {
    // By its file, as Vertex AI does: an adopted take's operation may never have become known.
    const input = request.extends;
    const byFile = [...operations.values()].find((operation) => operation.delivered === input?.uri);
    const before = input && (byFile ?? operations.get(input.operation ?? ''));
    const isWhole = script.extensions === 'whole';
    const offsetMs = isWhole ? (request.extends?.durationMs ?? 0) : 0;
    const durationMs = offsetMs + request.seconds * 1000;
    const line = { text: request.prompt.dialogue, fromMs: offsetMs + 300, toMs: durationMs - 300 };
    const said = [...((isWhole && before?.said) || []), line];
    const short = SHORT_SIDE[request.resolution];
    const long = (short * 16) / 9;
    const [width, height] = request.aspectRatio === '9:16' ? [short, long] : [long, short];
    const [least, most] = script.latencyMs;
    const latency = least + world.random() * (most - least);
    const lateMs = of.outcome === 'late' ? model.timing.deadlineMs + 60_000 : 0;
    return {
      ...of,
      paidMicroUsd: isFree(of.outcome)
        ? 0
        : Math.round(request.seconds * (model.pricePerSecond[request.resolution] ?? 0)),
      startedAt: world.elapsed,
      readyAt: of.outcome === 'never' ? undefined : world.elapsed + latency + lateMs,
      bytes: tinyMp4({ durationMs, width, height, said }),
      said,
      durationMs,
    };
  }

  async function deliver(operation: Operation): Promise<void> {
    if (isFree(operation.outcome)) return;
    const object = `${operation.place}${operation.name.replace(/\D/g, '')}/sample_0.mp4`;
    if (adopts && operation.outcome === 'torn') {
      await bucket.put(object, operation.bytes.slice(0, operation.bytes.length >> 1), {
        ifRevision: null,
        contentType: 'video/mp4',
      });
      world.after(60_000, async () => {
        await rewrite(object, operation);
        operation.delivered = `${root}${object}`;
      });
    } else if (adopts) {
      await bucket.put(object, operation.bytes, { ifRevision: null, contentType: 'video/mp4' });
      operation.delivered = `${root}${object}`;
      if (operation.outcome === 'rewritten') world.after(60_000, () => void rewrite(object, operation));
    } else {
      operation.delivered = `https://vendor.example/${operation.name}/sample_0.mp4?key=${CANARY}`;
    }
  }

  /** The same film again: equal bytes, but another version of the object. */
  async function rewrite(object: string, { bytes }: Operation): Promise<void> {
    const there = await storage.head(object);
    await bucket.put(object, bytes, { ifRevision: there?.revision ?? null, contentType: 'video/mp4' });
  }

  function look(name: string): Look {
    const operation = operations.get(name);
    if (operation === undefined) return { status: 'gone' };
    const { outcome, readyAt, delivered } = operation;
    if (readyAt === undefined || readyAt > world.elapsed) return { status: 'running' };
    if (outcome === 'refused' || outcome === 'refused-audio') {
      return {
        status: 'refused',
        message: 'Filtered.',
        audio: outcome === 'refused-audio',
        supportCodes: ['58061214'],
      };
    }
    if (outcome === 'failed') return { status: 'failed', code: '13', message: 'Internal error.' };
    if (outcome === 'gone') return { status: 'gone' };
    return delivered === undefined ? { status: 'running' } : { status: 'done', output: { uri: delivered } };
  }

  const port = (by: string): VideoVendor => ({
    model,
    launch: async (request) => launch(request, by),
    look: async (name) => look(name),
    ...(adopts ? { outputs: /\/sample_\d+\.mp4$/ } : { open: async (output) => open(output.uri) }),
  });

  function open(uri: string) {
    const found = [...operations.values()].find((operation) => operation.delivered === uri);
    if (found) return sourceOf(found.bytes);
    throw new ReelstateError('permanent', 'There is no such result.', { code: 'object-not-found' });
  }

  return { port, operations };
}
