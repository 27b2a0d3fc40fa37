import { badInput } from './errors.ts';
import type { Chaining, Resolution, VideoLimits, VideoModel } from './ports.ts';

/** How a block begins: from nothing, as the vendor's extension of the block before, or from that block's last frame. */
export type BlockKind = 'start' | 'extend' | 'last-frame';

/** One stretch of the film, as it is planned. */
export interface PlannedBlock {
  /** 1-based. */
  readonly block: number;
  /** 1-based; the blocks of a chain are one video. */
  readonly chain: number;
  /** New seconds that it adds. */
  readonly seconds: number;
  /** What it begins with. */
  readonly kind: BlockKind;
}

export const FRAMES_PER_SECOND = 24;
export const DEFAULT_MAX_SECONDS = 180;

/** What this model does when nobody says otherwise. */
export function defaultChaining(limits: VideoLimits): Chaining {
  if (limits.extendSeconds !== undefined) return 'extend';
  return limits.firstFrame ? 'last-frame' : 'independent';
}

const longestStart = (limits: VideoLimits): number => Math.max(...limits.startSeconds);

/** How many extensions one chain can carry. */
export function maxExtensions(limits: VideoLimits): number {
  const { extendSeconds, maxInputSeconds, maxChainSeconds } = limits;
  if (extendSeconds === undefined) return 0;
  const start = longestStart(limits);
  let count = 0;
  while (start + extendSeconds * count <= maxInputSeconds && start + extendSeconds * (count + 1) <= maxChainSeconds) {
    count += 1;
  }
  return count;
}

/** Extensions per chain: the fewest chains, then the shortest film, then long chains first with none of one block. */
function extensionsPerChain(durationSeconds: number, limits: VideoLimits): readonly number[] {
  const start = longestStart(limits);
  const perExtension = limits.extendSeconds ?? 0;
  const most = maxExtensions(limits);
  const chains = Math.ceil(durationSeconds / (start + perExtension * most));
  let left = most === 0 ? 0 : Math.max(0, Math.ceil((durationSeconds - start * chains) / perExtension));
  return Array.from({ length: chains }, (_, index) => {
    const keepForLater = Math.min(left, chains - index - 1);
    const mine = Math.min(most, left - keepForLater);
    left -= mine;
    return mine;
  });
}

function checkDuration(durationSeconds: number, maxSeconds: number): number {
  if (!Number.isFinite(durationSeconds) || durationSeconds <= 0) {
    throw badInput(
      'invalid-duration',
      `A film cannot last ${durationSeconds} seconds.`,
      'Give durationSeconds above 0.',
    );
  }
  if (durationSeconds > maxSeconds) {
    throw badInput(
      'invalid-duration',
      `${durationSeconds} s is longer than the ${maxSeconds} s that this pipeline allows.`,
      `Ask for at most ${maxSeconds} s, or raise limits.maxSeconds.`,
    );
  }
  return durationSeconds;
}

function checkChaining(chaining: Chaining, limits: VideoLimits): void {
  const able =
    chaining === 'independent' || (chaining === 'extend' ? limits.extendSeconds !== undefined : limits.firstFrame);
  if (!able) {
    throw badInput(
      'unsupported-chaining',
      `This video model cannot chain blocks by '${chaining}'.`,
      `Leave chaining out; the model's own way is '${defaultChaining(limits)}'.`,
    );
  }
}

/**
 * The blocks of a film that lasts at least `durationSeconds` (the plan's own length is what is made; `trim` cuts later).
 * Throws `invalid-duration` and `unsupported-chaining`.
 */
export function planBlocks(
  durationSeconds: number,
  limits: VideoLimits,
  options: { readonly chaining?: Chaining; readonly maxSeconds?: number } = {},
): readonly PlannedBlock[] {
  const chaining = options.chaining ?? defaultChaining(limits);
  checkChaining(chaining, limits);
  const target = checkDuration(durationSeconds, options.maxSeconds ?? DEFAULT_MAX_SECONDS);
  const start = longestStart(limits);
  const chains =
    chaining === 'extend' ? extensionsPerChain(target, limits) : new Array<number>(Math.ceil(target / start)).fill(0);
  // A model that can only begin from nothing still makes long films: its chains then simply follow each other.
  const laterChains: BlockKind = chaining !== 'independent' && limits.firstFrame ? 'last-frame' : 'start';
  const blocks: PlannedBlock[] = [];
  for (const [index, extensions] of chains.entries()) {
    const chain = index + 1;
    blocks.push({ block: blocks.length + 1, chain, seconds: start, kind: index === 0 ? 'start' : laterChains });
    for (let i = 0; i < extensions; i += 1) {
      blocks.push({ block: blocks.length + 1, chain, seconds: limits.extendSeconds ?? 0, kind: 'extend' });
    }
  }
  return blocks;
}

/** The plan's length in milliseconds: one frame less per last-frame joint, because that frame would show twice. */
export function plannedDurationMs(plan: readonly PlannedBlock[]): number {
  const seconds = plan.reduce((sum, block) => sum + block.seconds, 0);
  const joints = plan.filter((block) => block.kind === 'last-frame').length;
  return Math.round((seconds - joints / FRAMES_PER_SECOND) * 1000);
}

/** The blocks that are made from block `block`, directly or not, in order. */
export function dependants(plan: readonly PlannedBlock[], block: number): readonly number[] {
  const found: number[] = [];
  for (const next of plan.slice(block)) {
    if (next.kind === 'start') break;
    found.push(next.block);
  }
  return found;
}

/** A length that a film can have. */
export interface DurationChoice {
  /** Of the whole film. */
  readonly seconds: number;
  /** How many blocks it takes. */
  readonly blocks: number;
  /** Price of its video, micro-dollars. */
  readonly microUsd: number;
}

/** The lengths that this model's chains can have, with the price of their video, for a picker. */
export function durationChoices(
  model: VideoModel,
  options: { readonly maxSeconds?: number; readonly resolution?: Resolution } = {},
): readonly DurationChoice[] {
  const maxSeconds = options.maxSeconds ?? DEFAULT_MAX_SECONDS;
  const perSecond = model.pricePerSecond[options.resolution ?? '720p'] ?? 0;
  const choices: DurationChoice[] = [];
  for (let target = 1; target <= maxSeconds; ) {
    const plan = planBlocks(target, model.limits, { maxSeconds });
    const seconds = plan.reduce((sum, block) => sum + block.seconds, 0);
    if (seconds > maxSeconds) break;
    choices.push({ seconds, blocks: plan.length, microUsd: Math.round(seconds * perSecond) });
    target = seconds + 1;
  }
  return choices;
}
