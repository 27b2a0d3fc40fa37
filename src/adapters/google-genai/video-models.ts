import { badInput } from '../../core/errors.ts';
import type { VideoModel, VideoTiming } from '../../core/ports.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * Google documents 11 s to 6 min; over 8 min was seen under load. `worstMs` has a margin on top, because a take whose
 * launch was never answered is only given up after it.
 */
const veoTiming: VideoTiming = {
  floorMs: 11 * SECOND,
  worstMs: 20 * MINUTE,
  deadlineMs: 20 * MINUTE,
  giveUpMs: 24 * HOUR,
  launchTimeoutMs: MINUTE,
  launchWithinMs: 30 * SECOND,
  lookDelayMs: 2 * SECOND,
};

const veo = {
  limits: {
    startSeconds: [4, 6, 8],
    extendSeconds: 7,
    maxInputSeconds: 30,
    maxChainSeconds: 37,
    firstFrame: true,
    aspectRatios: ['9:16', '16:9'],
    resolutions: ['720p', '1080p'],
    maxPromptTokens: 1024,
  },
  timing: veoTiming,
  asOf: '2026-10-02',
  retiresOn: '2026-11-17',
  successor: 'gemini-omni-1.2-flash',
  // Google's filter text and price notes say that blocked and failed generations are free.
  failedTakeCharge: 'not-charged',
} as const;

const omni = {
  limits: {
    startSeconds: [3, 4, 5, 6, 7, 8, 9, 10],
    extendSeconds: 10,
    maxInputSeconds: 30,
    maxChainSeconds: 40,
    firstFrame: true,
    aspectRatios: ['9:16', '16:9'],
    resolutions: ['720p', '1080p', '4k'],
    maxPromptTokens: 1024,
  },
  timing: veoTiming,
  // Priced by tokens; these are Google's own approximations per second.
  pricePerSecond: { '720p': 101_000, '1080p': 152_000, '4k': 304_000 },
  asOf: '2026-09-02',
} as const;

/**
 * What is known about Google's video models, each with the date on which it was read: limits of Vertex AI, micro-dollars per
 * generated second with sound, latency, the date from which a model may be gone. Override any of it with the `model` option.
 */
export const videoModels: readonly VideoModel[] = [
  { id: 'veo-3.1-fast-generate-001', ...veo, pricePerSecond: { '720p': 100_000, '1080p': 120_000, '4k': 300_000 } },
  {
    id: 'veo-3.1-generate-001',
    ...veo,
    limits: { ...veo.limits, resolutions: ['720p', '1080p', '4k'] },
    pricePerSecond: { '720p': 400_000, '1080p': 400_000, '4k': 600_000 },
  },
  { id: 'veo-3.1-lite-generate-001', ...veo, pricePerSecond: { '720p': 50_000, '1080p': 80_000 } },
  { id: 'gemini-omni-1.1-flash', ...omni, successor: 'gemini-omni-1.2-flash' },
  { id: 'gemini-omni-1.1-flash-preview', ...omni, successor: 'gemini-omni-1.2-flash' },
  { id: 'gemini-omni-1.2-flash', ...omni },
];

/** What a host may say about a model: for an id of the registry only what differs, for any other id everything. */
export type VideoModelOverride = Partial<Omit<VideoModel, 'id'>>;

/** The registry's entry for an id, with the host's own facts on top; throws `model-unknown` where facts are missing. */
export function videoModel(id: string, override: VideoModelOverride = {}): VideoModel {
  const known = videoModels.find((model) => model.id === id);
  const { limits, timing, pricePerSecond, asOf } = { ...known, ...override };
  if (limits && timing && pricePerSecond && asOf)
    return { ...known, ...override, id, limits, timing, pricePerSecond, asOf };
  throw badInput(
    'model-unknown',
    `Nothing is known about the video model ${id}.`,
    'Use one of the registry (videoModels), or pass model: { limits, timing, pricePerSecond, asOf } with its facts.',
  );
}
