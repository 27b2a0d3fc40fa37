import type { Interactions } from '@google/genai';
import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, VideoModel } from '../../core/ports.ts';
import { videoPromptText } from './prompt.ts';
import { imageBase64, isBucketUri } from './veo-launch.ts';

export type InteractionOrder = Interactions.InteractionCreateParams.CreateModelInteractionParamsNonStreaming;

/** Ids as the API gives them; they become part of a path. */
export const interactionId = /^[A-Za-z0-9][\w.~-]{0,500}$/;

/** The Interactions request for a launch; throws `launch-impossible` for what Omni's documented limits rule out. */
export async function omniOrder(request: LaunchRequest, model: VideoModel, vertex: boolean): Promise<InteractionOrder> {
  check(request, model, vertex);
  const image = request.firstFrame ? [await startImage(request, request.firstFrame, vertex)] : [];
  return {
    model: model.id,
    input: [{ type: 'text', text: videoPromptText(request.prompt, model.limits.maxPromptTokens) }, ...image],
    // In the background, because a connection held for minutes breaks; stored, because it is looked up by its id and extended.
    background: true,
    store: true,
    response_format: {
      type: 'video',
      aspect_ratio: request.aspectRatio,
      resolution: request.resolution,
      duration: `${request.seconds}s`,
      delivery: 'uri',
      ...(vertex ? { gcs_uri: request.outputPlace } : {}),
    },
    generation_config: { video_config: { task: taskOf(request) } },
    ...(request.extends === undefined ? {} : { previous_interaction_id: request.extends.operation }),
    ...(vertex ? { labels: { ...request.labels } } : {}),
  };
}

function taskOf(request: LaunchRequest): string {
  if (request.extends) return 'extend';
  return request.firstFrame ? 'image_to_video' : 'text_to_video';
}

async function startImage(request: LaunchRequest, image: NonNullable<LaunchRequest['firstFrame']>, vertex: boolean) {
  const kind = { type: 'image' as const, mime_type: image.contentType };
  if (vertex && isBucketUri(image.uri)) return { ...kind, uri: image.uri };
  return { ...kind, data: await imageBase64(image.source, request.signal) };
}

function check(request: LaunchRequest, { id, limits }: VideoModel, vertex: boolean): void {
  const refuse = (what: string, cure: string) => {
    throw new ReelstateError('permanent', `${id} cannot be asked for ${what}.`, {
      code: 'launch-impossible',
      cure,
      effect: 'none',
    });
  };
  if (vertex && !(isBucketUri(request.outputPlace) && request.outputPlace.endsWith('/'))) {
    refuse('a film outside Cloud Storage on Vertex AI', 'Use gcs() as storage, or an API key instead of a project.');
  }
  if (request.extends && request.firstFrame) refuse('an extension that starts from an image', 'Give one of the two.');
  const longest = Math.max(limits.extendSeconds ?? 0, ...limits.startSeconds);
  const shortest = Math.min(...limits.startSeconds);
  if (request.seconds < shortest || request.seconds > longest)
    refuse(`${request.seconds} s`, `Ask for ${shortest} to ${longest} s.`);
  if (request.extends) {
    if (!interactionId.test(request.extends.operation ?? ''))
      refuse('the extension of a video that it did not make', 'Start a new chain.');
    const total = request.extends.durationMs / 1000 + request.seconds;
    if (total > limits.maxChainSeconds + 0.5)
      refuse(`a chain of ${total} s`, `Chains end at ${limits.maxChainSeconds} s.`);
  }
  if (!limits.aspectRatios.includes(request.aspectRatio))
    refuse(request.aspectRatio, `Use ${limits.aspectRatios.join(' or ')}.`);
  if (!limits.resolutions.includes(request.resolution))
    refuse(request.resolution, `Use ${limits.resolutions.join(' or ')}.`);
}
