/** When to look at an operation: the rule and its figures are peers.md 4's "learnt 5 % quantile, then every 4 s". */
import type { Json } from './json.ts';
import type { Clock, StateStore, VideoTiming } from './ports.ts';
import type { FilmState } from './state.ts';

export const LATENCIES_KEPT = 200;
const MIN_LEARNT = 20;
const GROWTH = 1.3;
const LONGEST_GAP_MS = 30_000;
const JITTER = 0.1;

export interface Latencies {
  readonly firstMs: number;
  /** 99 % quantile; undefined until enough is learnt. */
  readonly p99Ms?: number;
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

/** What the last latencies teach; the model's floor holds until then and below it. */
export function learn(latenciesMs: readonly number[], timing: VideoTiming): Latencies {
  if (latenciesMs.length < MIN_LEARNT) return { firstMs: timing.floorMs };
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  return { firstMs: Math.max(timing.floorMs, quantile(sorted, 0.05)), p99Ms: quantile(sorted, 0.99) };
}

const jittered = (ms: number, random: number): number => Math.round(ms * (1 - JITTER + 2 * JITTER * random));

/** Epoch ms of the first look after a launch. */
export const firstLookAt = (launchedAt: number, learnt: Latencies): number => launchedAt + Math.round(learnt.firstMs);

/** Epoch ms of the look after one at `now` that found the operation running. */
export function nextLookAt(
  launchedAt: number,
  now: number,
  learnt: Latencies,
  timing: VideoTiming,
  random: number,
): number {
  const gap = 2 * timing.lookDelayMs;
  const beyond = now - launchedAt - (learnt.p99Ms ?? timing.worstMs);
  const longest = Math.max(gap, (LONGEST_GAP_MS * gap) / 4000);
  // Past the 99 % quantile each gap is 1.3 times the one before: after time t beyond it the gaps have summed to t.
  const grown = beyond <= 0 ? gap : Math.min(longest, gap + beyond * (GROWTH - 1));
  return now + Math.max(1, jittered(grown, random));
}

/** How long an unknown take is looked for: twice the learnt 99 % quantile, at least the model's documented worst. */
export const settleMs = (learnt: Latencies, timing: VideoTiming): number =>
  Math.max(timing.worstMs, 2 * (learnt.p99Ms ?? 0));

const keyOf = (model: string): string => `latencies/${model}`;

/** Latencies of a model, ms, by the length that was asked for. */
type Known = Readonly<Record<string, readonly number[]>>;

async function read(state: StateStore, model: string): Promise<Known> {
  const value: Json | undefined = await state.kv.get(keyOf(model)).catch(() => undefined);
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  return Object.fromEntries(
    entries.map(([seconds, latencies]) => [seconds, (latencies as readonly number[]).filter(Number.isFinite)]),
  );
}

/** Best effort: without memory the model's floor is used. */
export const recall = async (
  state: StateStore,
  model: string,
  seconds: number,
  timing: VideoTiming,
): Promise<Latencies> => learn((await read(state, model))[`${seconds}`] ?? [], timing);

/** Remembers how long a finished film's takes took, in one write. Seen by a look, a take was ready half a gap earlier in the mean. */
export async function remember(state: StateStore, film: FilmState): Promise<void> {
  const known: Record<string, readonly number[]> = { ...(await read(state, film.model.id)) };
  for (const { seconds, launchedAt, outcome } of film.blocks.flatMap((block) => block.takes)) {
    if (launchedAt === undefined || outcome?.kind !== 'finished') continue;
    const latencyMs = outcome.at - launchedAt - film.model.timing.lookDelayMs;
    known[`${seconds}`] = [...(known[`${seconds}`] ?? []), latencyMs].slice(-LATENCIES_KEPT);
  }
  await state.kv.set(keyOf(film.model.id), known).catch(() => undefined);
}

/** Exponential back-off with full jitter above half, ms. */
export function backOffMs(
  failures: number,
  random: number,
  bounds: { readonly baseMs: number; readonly capMs: number },
): number {
  const ceiling = Math.min(bounds.capMs, bounds.baseMs * 2 ** Math.min(failures, 20));
  return Math.round(ceiling * (0.5 + random / 2));
}

const LONGEST_WAIT_MS = 3_600_000;

/** What a launch that has come to nothing for so long waits at least, ms: each one leaves a take in the film, which has to fit one document. */
export const patience = (clock: Clock, failingForMs: number): number =>
  Math.round(Math.min(LONGEST_WAIT_MS, failingForMs / 4) * (0.5 + clock.random() / 2));

export const pause = (clock: Clock, failures: number, throttled: boolean): number =>
  backOffMs(failures, clock.random(), throttled ? { baseMs: 5_000, capMs: 300_000 } : { baseMs: 1_000, capMs: 60_000 });
