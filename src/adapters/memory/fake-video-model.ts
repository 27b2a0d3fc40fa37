import type { VideoModel } from '../../core/ports.ts';

/** Limits, times and prices in the manner of Veo 3.1 Fast: plans and sums of a test come out as in earnest. */
export const fakeVideoModel = (changes: Partial<VideoModel> = {}): VideoModel => ({
  id: 'fake-video',
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
    floorMs: 11_000,
    worstMs: 480_000,
    deadlineMs: 900_000,
    giveUpMs: 172_800_000,
    launchTimeoutMs: 60_000,
    launchWithinMs: 30_000,
    lookDelayMs: 2_000,
  },
  pricePerSecond: { '720p': 100_000, '1080p': 120_000 },
  asOf: '2026-11-23',
  failedTakeCharge: 'not-charged',
  ...changes,
});
