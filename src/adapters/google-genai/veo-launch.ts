import type { GenerateVideosConfig, GenerateVideosSource, Image, Video } from '@google/genai';
import { readAll } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, Source, VideoModel } from '../../core/ports.ts';
import { videoPromptText } from './prompt.ts';
import { unsent } from './transport.ts';

/** Veo's own settings; each is sent only where it is given. */
export interface VeoSettings {
  /** @default the vendor's: adults only */
  readonly personGeneration?: 'allow_adult' | 'disallow' | 'dont_allow' | 'allow_all';
  /** What is not to be seen. */
  readonly negativePrompt?: string;
  /** Lets Veo rewrite the prompt. */
  readonly enhancePrompt?: boolean;
  /** Sound, which the registry's prices include. Undefined sends nothing. @default true */
  readonly generateAudio?: boolean | undefined;
  /** Whether an extension repeats aspect ratio and resolution beside its input. @default true */
  readonly describeExtensions?: boolean;
  /** More labels for the billing export, beside film, block and take. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface VeoCall {
  readonly source: GenerateVideosSource;
  readonly config: GenerateVideosConfig;
}

/** The SDK's arguments for a launch; throws `launch-impossible` for what Veo's documented limits rule out. */
export async function veoCall(request: LaunchRequest, model: VideoModel, settings: VeoSettings): Promise<VeoCall> {
  check(request, model);
  const source: GenerateVideosSource = { prompt: videoPromptText(request.prompt, model.limits.maxPromptTokens) };
  if (request.extends) source.video = extensionInput(request.extends.uri);
  if (request.firstFrame) source.image = await startImage(request.firstFrame, request.signal);
  return { source, config: config(request, settings) };
}

function config(request: LaunchRequest, settings: VeoSettings): GenerateVideosConfig {
  const picture = { aspectRatio: request.aspectRatio, resolution: request.resolution };
  const bare = request.extends !== undefined && settings.describeExtensions === false;
  const { personGeneration, negativePrompt, enhancePrompt } = settings;
  const generateAudio = 'generateAudio' in settings ? settings.generateAudio : true;
  return {
    numberOfVideos: 1,
    outputGcsUri: request.outputPlace,
    durationSeconds: request.seconds,
    labels: { ...settings.labels, ...request.labels },
    ...(bare ? {} : picture),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(personGeneration === undefined ? {} : { personGeneration }),
    ...(negativePrompt === undefined ? {} : { negativePrompt }),
    ...(enhancePrompt === undefined ? {} : { enhancePrompt }),
    ...(generateAudio === undefined ? {} : { generateAudio }),
  };
}

const extensionInput = (uri: string): Video => ({ uri, mimeType: 'video/mp4' });

/** An image in a bucket goes by its URI, any other one in the request's body. */
async function startImage(
  image: NonNullable<LaunchRequest['firstFrame']>,
  signal: AbortSignal | undefined,
): Promise<Image> {
  if (isBucketUri(image.uri)) return { gcsUri: image.uri, mimeType: image.contentType };
  return { imageBytes: await imageBase64(image.source, signal), mimeType: image.contentType };
}

export async function imageBase64(source: Source, signal: AbortSignal | undefined): Promise<string> {
  try {
    return Buffer.from(await readAll(source.open({ signal }), signal)).toString('base64');
  } catch (error) {
    throw unsent(error);
  }
}

/** A gs:// URI with a bucket and a name that says nothing to a shell, a URL parser or a path. */
export const isBucketUri = (uri: string) => /^gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]\/[^\s\p{Cc}]+$/u.test(uri);

function check(request: LaunchRequest, { id, limits }: VideoModel): void {
  const refuse = (what: string, cure: string) => {
    throw new ReelstateError('permanent', `${id} cannot be asked for ${what}.`, {
      code: 'launch-impossible',
      cure,
      effect: 'none',
    });
  };
  if (!isBucketUri(request.outputPlace) || !request.outputPlace.endsWith('/')) {
    refuse('a film outside Cloud Storage', 'Use gcs() as storage with veo(), or omni() where there is no bucket.');
  }
  if (request.extends && request.firstFrame) refuse('an extension that starts from an image', 'Give one of the two.');
  if (request.extends) {
    const { uri, durationMs } = request.extends;
    if (!isBucketUri(uri)) refuse('the extension of a video outside Cloud Storage', 'Use gcs() as storage.');
    // A container rounds its duration by some milliseconds.
    if (durationMs < 1000 || durationMs > limits.maxInputSeconds * 1000 + 500) {
      refuse(
        `the extension of ${durationMs} ms of video`,
        `Extend 1 s to ${limits.maxInputSeconds} s, or start a new chain.`,
      );
    }
    if (request.seconds !== limits.extendSeconds)
      refuse(`${request.seconds} s more`, `Extend by ${limits.extendSeconds} s.`);
  } else if (!limits.startSeconds.includes(request.seconds)) {
    refuse(`a start of ${request.seconds} s`, `Start with ${limits.startSeconds.join(', ')} s.`);
  }
  if (!limits.aspectRatios.includes(request.aspectRatio))
    refuse(request.aspectRatio, `Use ${limits.aspectRatios.join(' or ')}.`);
  if (!limits.resolutions.includes(request.resolution))
    refuse(request.resolution, `Use ${limits.resolutions.join(' or ')}.`);
}
