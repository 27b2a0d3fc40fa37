import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, Look, Source, VideoModel, VideoOutput, VideoVendor } from '../../core/ports.ts';
import { type GoogleOptions, type LazyClient, lazyClient } from './client.ts';
import { googleError } from './errors.ts';
import { googleFile } from './google-files.ts';
import { type VideoModelOverride, videoModel } from './models.ts';
import { interactionId, omniOrder } from './omni-launch.ts';
import { inlineUri, interactionLook, outputs } from './omni-look.ts';
import { lookRepeats, repeat } from './retry.ts';
import { untilAborted } from './transport.ts';
import type { LookOptions } from './veo.ts';

export interface OmniOptions extends GoogleOptions {
  /** Facts that differ from the registry's: prices, limits, timing. */
  readonly model?: VideoModelOverride;
  /** One look's own timeout. @default 10_000 */
  readonly lookTimeoutMs?: number;
  /** Pause before a failed look or read is repeated, doubled for the second repeat. @default 250 */
  readonly retryDelayMs?: number;
  /** The largest result that is read. @default 1 GiB */
  readonly maxDownloadBytes?: number;
  /** A download that stands still for so long is given up. @default 30_000 */
  readonly downloadIdleMs?: number;
}

/** Omni: on Vertex AI its results lie in our bucket, with an API key they are read through `open`. */
export interface Omni extends VideoVendor {
  look(operation: string, options?: LookOptions): Promise<Look>;
  cancel(operation: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

interface Context {
  readonly client: LazyClient;
  readonly model: VideoModel;
  readonly options: OmniOptions;
}

/**
 * Gemini Omni, Google's successor of Veo, through the Interactions API. An extension goes on from the interaction that made the video. Throws
 * at once where neither a project nor an API key is set, because what the adapter can do depends on it.
 */
export function omni(modelId?: string, options: OmniOptions = {}): Omni {
  const client = lazyClient(options, 'either', 'global');
  const id = modelId ?? (client.vertex ? 'gemini-omni-1.2-flash' : 'gemini-omni-1.1-flash');
  const context: Context = { client, model: modelHere(id, client.vertex, options.model), options };
  return {
    model: context.model,
    ...(client.vertex
      ? { outputs: /\.mp4$/ }
      : { open: (output: VideoOutput, call = {}) => open(context, output, call.signal) }),
    launch: (request) => launch(context, request),
    look: (operation, look = {}) => repeat(() => lookOnce(context, operation, look), lookRepeats(options, look.signal)),
    cancel: (operation, call = {}) => cancel(context, operation, call.signal),
  };
}

/** Version 1.2 makes up to 15 s in one go on Vertex AI, and 10 s elsewhere. */
function modelHere(id: string, vertex: boolean, override: VideoModelOverride | undefined): VideoModel {
  const model = videoModel(id, override);
  if (!vertex || id !== 'gemini-omni-1.2-flash' || override?.limits) return model;
  return { ...model, limits: { ...model.limits, startSeconds: [...model.limits.startSeconds, 11, 12, 13, 14, 15] } };
}

/** Exactly one request: unlike the SDK's other methods, this one repeats by default. */
const oneRequest = (timeoutMs: number, signal: AbortSignal | undefined) => ({
  retries: { strategy: 'none' as const },
  timeout_ms: timeoutMs,
  redirect: 'error' as const,
  ...(signal === undefined ? {} : { signal }),
});

async function launch({ client, model }: Context, request: LaunchRequest) {
  const order = await omniOrder(request, model, client.vertex);
  const { signal } = request;
  if (signal?.aborted) throw unsent();
  try {
    const ai = await client.get();
    const posted = ai.interactions.create(order, oneRequest(model.timing.launchTimeoutMs, signal));
    const { id } = await untilAborted(posted, signal);
    if (interactionId.test(id)) return { operation: id };
  } catch (error) {
    throw googleError(error, { client, signal, model });
  }
  throw new ReelstateError('retryable', 'Google took the launch and named no interaction.', {
    code: 'answer-unreadable',
    effect: 'unknown',
  });
}

async function lookOnce(context: Context, id: string, look: LookOptions): Promise<Look> {
  if (!interactionId.test(id)) return { status: 'gone' };
  const { client } = context;
  try {
    return interactionLook(id, await get(context, id, look.signal), {
      vertex: client.vertex,
      outputPlace: look.outputPlace,
    });
  } catch (error) {
    const failure = googleError(error, { client, signal: look.signal, model: context.model });
    if (failure.details.http === 404) return { status: 'gone' };
    throw failure;
  }
}

async function get({ client, options }: Context, id: string, signal: AbortSignal | undefined) {
  const ai = await client.get();
  return untilAborted(ai.interactions.get(id, {}, oneRequest(options.lookTimeoutMs ?? 10_000, signal)), signal);
}

async function open(context: Context, output: VideoOutput, signal: AbortSignal | undefined): Promise<Source> {
  const { client, options, model } = context;
  const id = output.uri.startsWith(inlineUri('')) ? output.uri.slice(inlineUri('').length) : undefined;
  if (id !== undefined) return inline(context, id, signal);
  const apiKey = options.apiKey ?? client.secrets[0];
  if (apiKey === undefined) {
    throw new ReelstateError('permanent', 'A result cannot be read without the API key.', {
      code: 'google-credentials-missing',
      cure: 'Pass apiKey beside client.',
    });
  }
  return googleFile({
    uri: output.uri,
    apiKey,
    fetch: client.fetch,
    baseUrl: options.baseUrl,
    maxBytes: options.maxDownloadBytes ?? 2 ** 30,
    idleMs: options.downloadIdleMs ?? 30_000,
    call: { client, model },
    repeats: (stop) => lookRepeats(options, stop),
  });
}

/** A small video comes inside the interaction itself. */
async function inline(context: Context, id: string, signal: AbortSignal | undefined): Promise<Source> {
  const { client, model } = context;
  if (!interactionId.test(id)) throw unknownOutput();
  try {
    const interaction = await repeat(() => get(context, id, signal), lookRepeats(context.options, signal));
    const data = outputs(interaction).find((video) => typeof video.data === 'string')?.data;
    if (typeof data !== 'string') throw unknownOutput();
    const bytes = new Uint8Array(Buffer.from(data, 'base64'));
    return {
      size: bytes.length,
      open: ({ start = 0, end = bytes.length } = {}) => new Blob([bytes.subarray(start, end)]).stream(),
    };
  } catch (error) {
    throw googleError(error, { client, signal, model });
  }
}

async function cancel({ client, model, options }: Context, id: string, signal: AbortSignal | undefined): Promise<void> {
  if (!interactionId.test(id)) return;
  try {
    const ai = await client.get();
    await untilAborted(ai.interactions.cancel(id, {}, oneRequest(options.lookTimeoutMs ?? 10_000, signal)), signal);
  } catch (error) {
    throw googleError(error, { client, signal, model });
  }
}

const unsent = () =>
  new ReelstateError('cancelled', 'The call was aborted before anything was sent.', {
    code: 'aborted',
    effect: 'none',
  });
const unknownOutput = () =>
  new ReelstateError('permanent', 'The interaction has no video.', {
    code: 'output-unusable',
    cure: 'Reroll the block.',
  });
