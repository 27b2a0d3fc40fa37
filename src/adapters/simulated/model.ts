import type { VideoModel } from '../../core/ports.ts';

/** Latencies of Veo 3.1 Fast: never ready before the floor, half after 55 s, 95 % after 130 s, 8 min seen under load. */
const FLOOR_MS = 11_000;
const MEDIAN_MS = 55_000;
const P95_MS = 130_000;
const WORST_MS = 8 * 60_000;
const HOUR_MS = 3_600_000;
/**
 * Rendering is real work, which no factor makes faster: on a crowded machine, and after a crash, a video may come this late. Shorter
 * patience would buy a take again that is about to appear.
 */
const LEAST = { launchMs: 5_000, worstMs: 20_000, deadlineMs: 25_000, giveUpMs: 5 * 60_000 };

export const DEFAULT_SPEED_UP = 30;

/** What `simulatedModel()` takes. */
export interface SimulatedModelOptions {
  /** How many times faster than the real vendor. @default 30 */
  readonly speedUp?: number;
}

/**
 * The simulated video model: limits and prices of Veo 3.1 Fast on Vertex AI (so that plans and money are the real ones, although nothing
 * is paid), its timing divided by `speedUp`, but with the patience that rendering needs.
 */
export function simulatedModel(options: SimulatedModelOptions = {}): VideoModel {
  const speedUp = options.speedUp ?? DEFAULT_SPEED_UP;
  const scaled = (ms: number) => Math.max(1, Math.round(ms / speedUp));
  return {
    id: 'simulated-video',
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
    timing: {
      floorMs: scaled(FLOOR_MS),
      worstMs: Math.max(LEAST.worstMs, scaled(WORST_MS)),
      deadlineMs: Math.max(LEAST.deadlineMs, scaled(15 * 60_000)),
      giveUpMs: Math.max(LEAST.giveUpMs, scaled(24 * HOUR_MS)),
      launchTimeoutMs: Math.max(LEAST.launchMs, scaled(60_000)),
      launchWithinMs: Math.max(LEAST.launchMs, scaled(30_000)),
      lookDelayMs: scaled(2_000),
    },
    pricePerSecond: { '720p': 100_000, '1080p': 120_000 },
    asOf: '2026-11-23',
    failedTakeCharge: 'not-charged',
  };
}

/** How long an operation takes, from a number in [0, 1): log-normal through the median and the 95 % quantile. */
export function latencyMs(uniform: number, speedUp: number): number {
  const sigma = Math.log(P95_MS / MEDIAN_MS) / 1.645;
  const real = MEDIAN_MS * Math.exp(sigma * normalQuantile(uniform));
  return Math.round(Math.min(WORST_MS, Math.max(FLOOR_MS, real)) / speedUp);
}

/** Tukey's lambda approximation, good to 1 % between the 1 % and the 99 % quantile. */
function normalQuantile(uniform: number): number {
  const p = Math.min(0.9999, Math.max(0.0001, uniform));
  return (p ** 0.135 - (1 - p) ** 0.135) / 0.1975;
}
