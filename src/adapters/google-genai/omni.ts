import { sourceOf } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, Look, Source, VideoModel, VideoOutput, VideoVendor } from '../../core/ports.ts';
import { type GoogleOptions, type LazyClient, lazyClient } from './client.ts';
import { googleFile } from './google-files.ts';
import { type VideoModelOverride, videoModel } from './models.ts';
import { interactionId, omniOrder } from './omni-launch.ts';
import { inlineUri, interactionLook, outputs } from './omni-look.ts';
import { lookRepeats, repeat } from './retry.ts';
import { type CallOptions, oneRequest } from './transport.ts';
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
  /** Whether the interaction is done, and with what; `outputPlace` is checked where it is given. */
  look(operation: string, options?: LookOptions): Promise<Look>;
  /** Asks Google to stop an interaction. */
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

/** Unlike the SDK's other methods these repeat by default, launches included. */
const once = ({ httpOptions, signal }: CallOptions) => ({
  retries: { strategy: 'none' as const },
  ...(httpOptions.timeout === undefined ? {} : { timeout_ms: httpOptions.timeout }),
  signal,
});

async function launch({ client, model }: Context, request: LaunchRequest) {
  const limits = { timeoutMs: model.timing.launchTimeoutMs, signal: request.signal, model };
  const { id } = await oneRequest(client, limits, async (ai, options) =>
    ai.interactions.create(await omniOrder(request, model, client.vertex), once(options)),
  );
  if (interactionId.test(id)) return { operation: id };
  throw new ReelstateError('retryable', 'Google took the launch and named no interaction.', {
    code: 'answer-unreadable',
    effect: 'unknown',
  });
}

async function lookOnce(context: Context, id: string, look: LookOptions): Promise<Look> {
  if (!interactionId.test(id)) return { status: 'gone' };
  const place = { vertex: context.client.vertex, outputPlace: look.outputPlace };
  try {
    return interactionLook(id, await get(context, id, look.signal), place);
  } catch (error) {
    if (ReelstateError.is(error) && error.details.http === 404) return { status: 'gone' };
    throw error;
  }
}

const limitsOf = ({ options, model }: Context, signal: AbortSignal | undefined) => ({
  timeoutMs: options.lookTimeoutMs ?? 10_000,
  signal,
  model,
});

const get = (context: Context, id: string, signal: AbortSignal | undefined) =>
  oneRequest(context.client, limitsOf(context, signal), (ai, options) => ai.interactions.get(id, {}, once(options)));

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
  const interaction = interactionId.test(id)
    ? await repeat(() => get(context, id, signal), lookRepeats(context.options, signal))
    : {};
  const data = outputs(interaction).find((video) => typeof video.data === 'string')?.data;
  if (typeof data === 'string') return sourceOf(new Uint8Array(Buffer.from(data, 'base64')));
  throw new ReelstateError('permanent', 'The interaction has no video.', {
    code: 'output-unusable',
    cure: 'Reroll the block.',
  });
}

async function cancel(context: Context, id: string, signal: AbortSignal | undefined): Promise<void> {
  if (!interactionId.test(id)) return;
  await oneRequest(context.client, limitsOf(context, signal), (ai, options) =>
    ai.interactions.cancel(id, {}, once(options)),
  );
}
