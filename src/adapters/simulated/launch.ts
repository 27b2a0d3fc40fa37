/** What the simulated vendor says to a launch, by the documented limits and by the fault that a rule wants. */
import { ReelstateError } from '../../core/errors.ts';
import type { LaunchRequest, VideoLimits, VideoModel } from '../../core/ports.ts';
import type { LaunchFacts, VideoFault } from './misbehaviour.ts';

/** A container's duration is off by some milliseconds. */
const DURATION_TOLERANCE_MS = 500;
const SECOND_MS = 1000;

export function factsOf(request: LaunchRequest, number: number): LaunchFacts {
  const count = (label: string | undefined) => (label === undefined ? undefined : Number(label));
  return {
    number,
    film: request.labels.film,
    block: count(request.labels.block),
    take: count(request.labels.take),
    dialogue: request.prompt.dialogue,
    extends: request.extends !== undefined,
  };
}

/** The error with which a launch is turned down before anything starts, if the fault is one of those. */
export function rejection(fault: VideoFault | undefined): ReelstateError | undefined {
  switch (fault?.type) {
    case 'not-connected':
      return new ReelstateError('retryable', 'The simulated vendor could not be reached; nothing was sent.', {
        code: 'not-connected',
        effect: 'none',
      });
    case 'throttled':
      return new ReelstateError('throttled', 'The simulated vendor asked to slow down (429).', {
        code: 'rate-limited',
        ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: fault.retryAfterMs }),
      });
    case 'quota-zero':
      return new ReelstateError('permanent', 'The quota of this simulated project is zero.', {
        code: 'quota-exhausted',
        cure: 'Take the rule out of misbehave, then resume.',
      });
    case 'retired':
      return new ReelstateError('permanent', 'The simulated model is no longer available (404).', {
        code: 'model-retired',
        cure: 'Take the rule out of misbehave, then resume.',
      });
    case 'refused-at-launch':
      return new ReelstateError('refused', 'The simulated vendor refused the prompt.', {
        code: 'prompt-refused',
        cure: 'Reword the block, or let the pipeline soften it.',
        details: { supportCodes: [REFUSAL_CODE] },
      });
    case 'unavailable':
      return new ReelstateError('retryable', 'The simulated vendor had an internal problem (503).', {
        code: 'vendor-unavailable',
        effect: 'unknown',
      });
    default:
      return undefined;
  }
}

/** Veo's code for "video safety". */
export const REFUSAL_CODE = '64151117';

/** What Vertex AI answers with a 400: lengths, formats and places that the model does not do. */
export function invalidity(request: LaunchRequest, { id, limits }: VideoModel): ReelstateError | undefined {
  const { aspectRatio, resolution } = request;
  const length = request.extends ? extensionProblem(request, limits) : startProblem(request, limits);
  if (length !== undefined) return impossible(`${id} ${length}`);
  if (!limits.aspectRatios.includes(aspectRatio)) return impossible(`${id} makes no ${aspectRatio}.`);
  if (!limits.resolutions.includes(resolution)) return impossible(`${id} makes no ${resolution}.`);
  if (!request.outputPlace.endsWith('/')) return impossible('The output place must end with a slash.');
  const label = Object.entries(request.labels).find(
    ([key, value]) => !/^[a-z0-9_-]{1,63}$/.test(key) || !/^[a-z0-9_-]{0,63}$/.test(value),
  );
  return label && impossible('A label is not made of a-z, 0-9, _ and -, at most 63 of them.');
}

function startProblem({ seconds }: LaunchRequest, { startSeconds }: VideoLimits): string | undefined {
  if (startSeconds.includes(seconds)) return undefined;
  return `starts with ${startSeconds.join(', ')} s, not with ${seconds} s.`;
}

function extensionProblem(request: LaunchRequest, limits: VideoLimits): string | undefined {
  const { seconds } = request;
  const durationMs = request.extends?.durationMs ?? 0;
  if (request.firstFrame) return 'extends a video or starts from an image, not both.';
  if (durationMs < SECOND_MS || durationMs > limits.maxInputSeconds * SECOND_MS + DURATION_TOLERANCE_MS)
    return `extends videos of 1 to ${limits.maxInputSeconds} s, not of ${durationMs} ms.`;
  if (seconds !== limits.extendSeconds) return `extends by ${limits.extendSeconds} s, not by ${seconds} s.`;
  if (durationMs + seconds * SECOND_MS > limits.maxChainSeconds * SECOND_MS + DURATION_TOLERANCE_MS)
    return `makes chains of ${limits.maxChainSeconds} s at most.`;
  return undefined;
}

/** A launch that can never succeed; nothing was started. */
export const impossible = (message: string): ReelstateError =>
  new ReelstateError('permanent', message, {
    code: 'launch-impossible',
    cure: 'Ask for what the limits of the model allow.',
    effect: 'none',
  });
