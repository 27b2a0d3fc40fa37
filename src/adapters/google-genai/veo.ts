import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, Look, Signalled, VideoModel, VideoVendor } from '../../core/ports.ts';
import { type GoogleOptions, googleBaseUrl, type LazyClient, lazyClient, loadSdk } from './client.ts';
import { type VideoModelOverride, videoModel } from './models.ts';
import { lookRepeats, repeat } from './retry.ts';
import { oneRequest } from './transport.ts';
import { type VeoSettings, veoCall } from './veo-launch.ts';
import { lookOf } from './veo-look.ts';

export interface VeoOptions extends GoogleOptions, VeoSettings {
  /** Facts that differ from the registry's: prices, limits, timing. */
  readonly model?: VideoModelOverride;
  /** One look's own timeout. @default 10_000 */
  readonly lookTimeoutMs?: number;
  /** Pause before a failed look is repeated, doubled for the second repeat. @default 250 */
  readonly retryDelayMs?: number;
}

/** Where a look may check the result's place, for a caller that knows it. */
export interface LookOptions extends Signalled {
  /** The `outputPlace` of the launch: a result elsewhere is a failed take, `foreign-output`. */
  readonly outputPlace?: string;
}

/** Veo through Vertex AI: `outputs` lie in our bucket, and any process can look at an operation by its name alone. */
export interface Veo extends VideoVendor {
  readonly outputs: RegExp;
  /** Whether the operation is done, and with what; `outputPlace` is checked where it is given. */
  look(operation: string, options?: LookOptions): Promise<Look>;
}

const operationName =
  /^projects\/[\w:.-]+\/locations\/([\w-]+)\/publishers\/google\/models\/[\w.-]+\/operations\/[\w-]+$/;
/** The only region of the model card. */
const veoLocation = 'us-central1';

/** Google's Veo on Vertex AI, the default video vendor. An id outside the registry needs its facts in `model`. */
export function veo(modelId = 'veo-3.1-fast-generate-001', options: VeoOptions = {}): Veo {
  const model = videoModel(modelId, options.model);
  let client: LazyClient | undefined;
  const connect = () => {
    client ??= lazyClient(options, 'vertex', veoLocation);
    return client;
  };
  return {
    model,
    outputs: /\/sample_\d+\.mp4$/,
    launch: async (request) => launch(connect(), model, options, request),
    look: (operation, look = {}) =>
      repeat(async () => lookOnce(connect(), model, options, operation, look), lookRepeats(options, look.signal)),
  };
}

/** One POST, never repeated: whatever goes wrong says whether it may have been sent. */
async function launch(client: LazyClient, model: VideoModel, options: VeoOptions, request: LaunchRequest) {
  const limits = { timeoutMs: model.timing.launchTimeoutMs, signal: request.signal, model };
  const answer = await oneRequest(client, limits, async (ai, { httpOptions, signal }) => {
    const { source, config } = await veoCall(request, model, options);
    return ai.models.generateVideos({
      model: model.id,
      source,
      config: { ...config, httpOptions, abortSignal: signal },
    });
  });
  if (answer.name !== undefined && operationName.test(answer.name)) return { operation: answer.name };
  throw new ReelstateError('retryable', 'Google took the launch and named no operation.', {
    code: 'answer-unreadable',
    effect: 'unknown',
  });
}

async function lookOnce(
  client: LazyClient,
  model: VideoModel,
  options: VeoOptions,
  name: string,
  look: LookOptions,
): Promise<Look> {
  const location = operationName.exec(name)?.[1];
  // Not one of Vertex AI's names: nobody there knows it.
  if (location === undefined) return { status: 'gone' };
  // An operation lives where it was launched, which need not be where this client points now.
  const home =
    client.ours && options.baseUrl === undefined ? { baseUrl: googleBaseUrl({ vertex: true, location }) } : {};
  const limits = { timeoutMs: options.lookTimeoutMs ?? 10_000, signal: look.signal, model };
  try {
    const found = await oneRequest(client, limits, async (ai, { httpOptions }) => {
      const { GenerateVideosOperation } = await loadSdk();
      const operation = Object.assign(new GenerateVideosOperation(), { name });
      return ai.operations.getVideosOperation({ operation, config: { httpOptions: { ...httpOptions, ...home } } });
    });
    return lookOf(found, look.outputPlace);
  } catch (error) {
    if (ReelstateError.is(error) && error.details.http === 404) return { status: 'gone' };
    throw error;
  }
}
