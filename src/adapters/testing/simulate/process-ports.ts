/** The ports as one process has them: each call is made through the world, where it may go wrong. */
import { readAll } from '../../../core/bytes.ts';
import { ReelstateError } from '../../../core/errors.ts';
import type {
  LanguageModel,
  Media,
  Source,
  StateStore,
  Storage,
  StoredState,
  Transcriber,
  VideoVendor,
} from '../../../core/ports.ts';
import { CANARY, type CallOptions, type Calls } from './calls.ts';
import type { Process } from './world.ts';

const QUICK = { latencyMs: [2, 30], deadlineMs: 20_000 } as const;
const BYTES = { latencyMs: [20, 200], deadlineMs: 60_000 } as const;
const THINKING = { latencyMs: [800, 4000], deadlineMs: 60_000 } as const;
/** Until then a media job may hang: the pipeline's own default. */
const RENDERING = { latencyMs: [500, 3000], deadlineMs: 480_000 } as const;

type Options = Pick<CallOptions, 'latencyMs' | 'deadlineMs' | 'sendWithinMs' | 'halves'>;

export type ProcessCalls = <T>(
  method: string,
  target: string,
  options: Options & { readonly signal?: AbortSignal | undefined },
  effect: () => Promise<T> | T,
) => Promise<T>;

export const callsOf =
  (calls: Calls, process: Process): ProcessCalls =>
  (method, target, options, effect) =>
    calls.make(process, { ...options, method, target }, effect);

const brokenOff = (method: string): ReelstateError =>
  new ReelstateError('retryable', 'The connection broke half way.', {
    code: 'connection-broken',
    cause: `${method} ${CANARY}`,
  });

const half = (bytes: Uint8Array): Uint8Array => bytes.slice(0, Math.floor(bytes.length / 2));

interface Arrived {
  readonly bytes: Uint8Array;
  /** What follows the bytes; absent: their end. */
  readonly error?: ReelstateError;
}

/** Reading a source is a call of its own, made when the bytes are wanted. */
function sourceThrough(call: ProcessCalls, method: string, target: string, inner: Source): Source {
  const stream = (range: Parameters<Source['open']>[0]) => {
    const whole = async (): Promise<Arrived> => ({ bytes: await readAll(inner.open(range)) });
    const short = async (): Promise<Arrived> => ({ bytes: half((await whole()).bytes) });
    const torn = async (): Promise<Arrived> => ({ ...(await short()), error: brokenOff(method) });
    let arrived: Arrived | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const isFirst = arrived === undefined;
          arrived ??= await call(method, target, { ...BYTES, signal: range?.signal, halves: { torn, short } }, whole);
          const { bytes, error } = arrived;
          if (isFirst && bytes.length > 0) controller.enqueue(bytes);
          if (error === undefined) controller.close();
          else if (!isFirst || bytes.length === 0) controller.error(error);
        },
      },
      { highWaterMark: 0 },
    );
  };
  return { ...inner, open: stream };
}

/** One half of a body, read by whoever takes it; then nobody listens any more. */
async function readHalf(body: string | Uint8Array | Source): Promise<void> {
  if (typeof body === 'string' || body instanceof Uint8Array) return;
  const reader = body.open().getReader();
  await reader.read();
  await reader.cancel().catch(() => undefined);
}

const tornPut = async (body: string | Uint8Array | Source): Promise<never> => {
  await readHalf(body);
  throw brokenOff('storage.put');
};

export function storageThrough(call: ProcessCalls, inner: Storage): Storage {
  return {
    uri: inner.uri,
    head: (name, options) =>
      call('storage.head', name, { ...QUICK, signal: options?.signal }, () => inner.head(name, options)),
    list: (prefix, options) =>
      call('storage.list', prefix, { ...QUICK, signal: options?.signal }, () => inner.list(prefix, options)),
    put: (name, body, options) =>
      call('storage.put', name, { ...BYTES, signal: options.signal, halves: { torn: () => tornPut(body) } }, () =>
        inner.put(name, body, options),
      ),
    copy: (from, to, options) =>
      call('storage.copy', to, { ...BYTES, signal: options.signal }, () => inner.copy(from, to, options)),
    source: (name, options) => sourceThrough(call, 'storage.read', name, inner.source(name, options)),
    text: (name, options) =>
      call('storage.text', name, { ...QUICK, signal: options?.signal }, () => inner.text(name, options)),
    remove: (name, options) =>
      call('storage.remove', name, { ...QUICK, signal: options?.signal }, () => inner.remove(name, options)),
  };
}

/** `now`: the store's own clock, as a database server has one. */
export function stateThrough(call: ProcessCalls, inner: StateStore, now: (() => number) | undefined): StateStore {
  const timed = (stored: StoredState | undefined): StoredState | undefined =>
    stored && (now === undefined ? stored : { ...stored, now: now() });
  return {
    load: (videoId, options) =>
      call('state.load', videoId, { ...QUICK, signal: options?.signal }, async () =>
        timed(await inner.load(videoId, options)),
      ),
    save: (request) =>
      call('state.save', request.videoId, { ...QUICK, signal: request.signal }, () => inner.save(request)),
    claimDue: (request) =>
      call('state.claimDue', '', { ...QUICK, signal: request.signal }, () => inner.claimDue(request)),
    list: (filter, page) => call('state.list', '', { ...QUICK, signal: page.signal }, () => inner.list(filter, page)),
    counters: {
      read: (keys, options) =>
        call('state.counters.read', keys.join(' '), { ...QUICK, signal: options?.signal }, () =>
          inner.counters.read(keys, options),
        ),
      change: (changes, options) =>
        call(
          'state.counters.change',
          changes.map(({ key }) => key).join(' '),
          { ...QUICK, signal: options?.signal },
          () => inner.counters.change(changes, options),
        ),
    },
    kv: {
      get: (key, options) =>
        call('state.kv.get', key, { ...QUICK, signal: options?.signal }, () => inner.kv.get(key, options)),
      set: (key, value, options) =>
        call('state.kv.set', key, { ...QUICK, signal: options?.signal }, () => inner.kv.set(key, value, options)),
    },
    remove: (videoId, options) =>
      call('state.remove', videoId, { ...QUICK, signal: options?.signal }, () => inner.remove(videoId, options)),
  };
}

export function videoThrough(call: ProcessCalls, inner: VideoVendor): VideoVendor {
  const { open } = inner;
  const { launchTimeoutMs } = inner.model.timing;
  return {
    model: inner.model,
    ...(inner.outputs === undefined ? {} : { outputs: inner.outputs }),
    launch: (request) =>
      call(
        'video.launch',
        request.outputPlace,
        { latencyMs: [300, 4000], deadlineMs: launchTimeoutMs, sendWithinMs: launchTimeoutMs, signal: request.signal },
        () => inner.launch(request),
      ),
    look: (operation, options) =>
      call('video.look', operation, { ...QUICK, signal: options?.signal }, () => inner.look(operation, options)),
    ...(open === undefined
      ? {}
      : {
          open: async (output, options) => {
            const source = await call(
              'video.open',
              output.uri.replace(/\?.*/, ''),
              { ...QUICK, signal: options?.signal },
              () => open(output, options),
            );
            return sourceThrough(call, 'video.read', output.uri.replace(/\?.*/, ''), source);
          },
        }),
  };
}

export const llmThrough = (call: ProcessCalls, inner: LanguageModel): LanguageModel => ({
  ...inner,
  generate: (request) =>
    call('llm.generate', '', { ...THINKING, signal: request.signal }, () => inner.generate(request)),
});

export const transcriberThrough = (call: ProcessCalls, inner: Transcriber): Transcriber => ({
  ...inner,
  transcribe: (audio, options) =>
    call('transcription.transcribe', '', { ...THINKING, signal: options.signal }, () =>
      inner.transcribe(audio, options),
    ),
});

/** Media run inside the process: they fail, hang and die with it, and read their sources through it. */
export const mediaThrough = (call: ProcessCalls, inner: Media): Media => ({
  ...inner,
  probe: (source, options) =>
    call('media.probe', '', { ...QUICK, signal: options?.signal }, () => inner.probe(source, options)),
  audio: (source, options) =>
    call('media.audio', '', { ...RENDERING, signal: options.signal }, () => inner.audio(source, options)),
  frame: (source, options) =>
    call('media.frame', '', { ...RENDERING, signal: options.signal }, () => inner.frame(source, options)),
  cut: (request) => call('media.cut', '', { ...RENDERING, signal: request.signal }, () => inner.cut(request)),
});
