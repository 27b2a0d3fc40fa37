/** What a film costs, in integer micro-dollars, and what it holds of the budgets that films share. All pure. */
import { badInput } from './errors.ts';
import { DEFAULT_MAX_SECONDS } from './plan.ts';
import type { CounterChange, Resolution, VideoModel } from './ports.ts';
import { type FilmState, isForeign, type PaidCall, type Take } from './state.ts';

/** What films may cost and how long they may be. */
export interface Limits {
  /** Film: what a film may cost unless `create` says so itself. @default 1.5 × its estimate */
  readonly maxUsd?: number;
  /** Takes per block and round that may fail, get lost or come late; the first is included. @default 4 */
  readonly maxAttempts: number;
  /** Longest film, seconds. @default 180 */
  readonly maxSeconds: number;
  /** What the films of one owner may cost per UTC day. @default no limit */
  readonly ownerPerDayUsd?: number;
  /** What all films may cost per UTC day. @default no limit */
  readonly perDayUsd?: number;
  /** Takes under way at once, over all films. */
  readonly launchesUnderWay?: number;
  /** The breaker: so many failed or lost takes of a model within ten minutes, over all films, and nobody launches until these end. @default 20 */
  readonly failuresPerTenMinutes: number;
}

const DEFAULT_LIMITS = { maxAttempts: 4, maxSeconds: DEFAULT_MAX_SECONDS, failuresPerTenMinutes: 20 };
const WHOLE: readonly (keyof Limits)[] = ['maxAttempts', 'launchesUnderWay', 'failuresPerTenMinutes'];

/** Limits with their defaults. Throws `invalid-limit` for what would limit nothing, or everything. */
export function checkLimits(given: Partial<Limits> = {}): Limits {
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const limits: Limits = { ...DEFAULT_LIMITS, ...set };
  for (const [name, value] of Object.entries(limits)) {
    const isWhole = !WHOLE.includes(name as keyof Limits) || Number.isInteger(value);
    if (Number.isFinite(value) && value > 0 && isWhole) continue;
    throw badInput('invalid-limit', `limits.${name} cannot be ${value}.`, 'Give a number above 0, or leave it out.');
  }
  return limits;
}

export const KILL_SWITCH = 'kill-switch';
export const UNDER_WAY = 'launches-under-way';
const MICRO = 1_000_000;

export const toMicro = (usd: number): number => Math.round(usd * MICRO);
export const toUsd = (microUsd: number): number => microUsd / MICRO;

const BREAKER_MS = 600_000;
const FAILURES = 'failures/';
/** The breaker counts by windows of ten minutes, so that it closes by itself. */
const failuresKey = (film: FilmState, at: number): string =>
  `${FAILURES}${film.model.id}/${Math.floor(at / BREAKER_MS)}`;
export const isBreaker = (key: string): boolean => key.startsWith(FAILURES);
/** Epoch ms at which the breaker's present window ends. */
export const endOfBreaker = (at: number): number => (Math.floor(at / BREAKER_MS) + 1) * BREAKER_MS;

export const utcDay = (at: number): string => new Date(at).toISOString().slice(0, 10);
/** Epoch ms at which that day's budgets are over. */
export const endOfUtcDay = (at: number): number => (Math.floor(at / 86_400_000) + 1) * 86_400_000;

export const takePrice = (model: VideoModel, resolution: Resolution, seconds: number): number =>
  Math.round((model.pricePerSecond[resolution] ?? 0) * seconds);

const counts = (entry: Take | PaidCall): boolean => entry.charge !== 'not-charged';

export interface Cost {
  readonly reserved: number;
  readonly charged: number;
  readonly unknown: number;
  /** Reserved, charged and unknown: what the cap sees. */
  readonly committed: number;
}

/** Sums the film's takes and paid calls. */
export function costOf(film: FilmState): Cost {
  const entries: readonly (Take | PaidCall)[] = [...film.blocks.flatMap((block) => block.takes), ...film.calls];
  const sum = (charge: Take['charge']): number =>
    entries.reduce((total, entry) => total + (entry.charge === charge ? entry.microUsd : 0), 0);
  const [reserved, charged, unknown] = [sum('reserved'), sum('charged'), sum('unknown')];
  return { reserved, charged, unknown, committed: reserved + charged + unknown };
}

/** What a film holds of every shared counter, by these takes of its. */
function holdings(film: FilmState | undefined, of: (take: Take) => boolean = () => true): Map<string, number> {
  const held = new Map<string, number>();
  if (film === undefined) return held;
  const add = (key: string, amount: number): void => void held.set(key, (held.get(key) ?? 0) + amount);
  const takes = film.blocks.flatMap((block) => block.takes).filter(of);
  for (const entry of [...takes, ...film.calls].filter(counts)) {
    add(`spend/day/${entry.day}`, entry.microUsd);
    if (film.input.owner !== undefined) add(`spend/owner/${film.input.owner}/${entry.day}`, entry.microUsd);
  }
  for (const { outcome } of takes) {
    const failed = outcome?.kind === 'failed' || outcome?.kind === 'lost';
    if (failed) add(failuresKey(film, outcome.at), 1);
  }
  add(UNDER_WAY, takes.filter((take) => take.outcome === undefined && take.late !== true).length);
  return held;
}

function limitOf(key: string, limits: Limits): number | undefined {
  if (key === UNDER_WAY) return limits.launchesUnderWay;
  if (isBreaker(key)) return undefined;
  const usd = key.startsWith('spend/owner/') ? limits.ownerPerDayUsd : limits.perDayUsd;
  return usd === undefined ? undefined : toMicro(usd);
}

/**
 * How the shared counters change with a save: the difference of what the film held and holds, limited where it grows. A new take
 * also needs the kill switch to be off and the breaker to be closed.
 */
export function counterChanges(
  before: FilmState | undefined,
  after: FilmState,
  limits: Limits,
): readonly CounterChange[] {
  if (before?.blocks === after.blocks && before.calls === after.calls) return [];
  const [held, holds] = [holdings(before), holdings(after)];
  // What other programs launched is spent already: it is counted and stopped by no limit.
  const isOurs = (take: Take): boolean => !isForeign(take);
  const isShared = [before, after].some((film) => film?.blocks.some((block) => block.takes.some(isForeign)));
  const [ours, oursBefore] = isShared ? [holdings(after, isOurs), holdings(before, isOurs)] : [holds, held];
  const grows = (key: string): boolean => (ours.get(key) ?? 0) > (oursBefore.get(key) ?? 0);
  const changes: CounterChange[] = [];
  for (const key of new Set([...held.keys(), ...holds.keys()])) {
    const add = (holds.get(key) ?? 0) - (held.get(key) ?? 0);
    const limit = add > 0 && grows(key) ? limitOf(key, limits) : undefined;
    if (add !== 0) changes.push(limit === undefined ? { key, add } : { key, add, limit });
  }
  const takes = (film: FilmState | undefined): number =>
    film?.blocks.reduce((total, block) => total + block.takes.filter(isOurs).length, 0) ?? 0;
  if (takes(after) === takes(before)) return changes;
  const breaker = failuresKey(after, after.updatedAt);
  const counted = changes.find(({ key }) => key === breaker)?.add ?? 0;
  return [
    ...changes.filter(({ key }) => key !== breaker),
    { key: breaker, add: counted, limit: limits.failuresPerTenMinutes - 1 },
    { key: KILL_SWITCH, add: 0, limit: 0 },
  ];
}
