import type { Clock } from '../../core/ports.ts';
import { seeded, seededUuid } from './seeded.ts';

/** A machine's view of one shared, hand-driven time. */
export interface ManualHost extends Clock {
  /** Moves this host's wall clock by so many milliseconds, as a correction by NTP does; it changes nothing else. */
  skew(ms: number): void;
  /** Time goes on for the world while this host stands still: its wall clock jumps, its monotonic clock does not move. */
  suspend(ms: number): Promise<void>;
}

/** A clock that stands still until it is told to move. */
export interface ManualClock extends ManualHost {
  /** Moves on by `ms`, stopping at each sleeper's time in order; what they start is given its turn before time goes on. */
  advance(ms: number): Promise<void>;
  /** Moves on to the next sleeper's time and wakes it; false where nobody sleeps. */
  advanceToNext(): Promise<boolean>;
  /** How many sleep now. */
  readonly sleepers: number;
  /** Another machine in the same world, with its own skew and suspends. */
  host(options?: { readonly skewMs?: number }): ManualHost;
}

interface Sleeper {
  readonly at: number;
  wake(): void;
}

interface World {
  elapsed: number;
  readonly epoch: number;
  readonly sleepers: Set<Sleeper>;
  readonly random: () => number;
}

/**
 * A clock for tests: same seed, same numbers and ids. `now` starts at 2026-01-01T00:00:00Z where nothing else is said.
 */
export function manualClock(options: { readonly now?: number; readonly seed?: number } = {}): ManualClock {
  const world: World = {
    elapsed: 0,
    epoch: options.now ?? Date.UTC(2026, 0, 1),
    sleepers: new Set(),
    random: seeded(options.seed ?? 1),
  };
  return {
    ...host(world, 0),
    advance: (ms) => advance(world, ms),
    advanceToNext: async () => {
      const next = earliest(world);
      if (next === undefined) return false;
      await advance(world, next.at - world.elapsed);
      return true;
    },
    get sleepers() {
      return world.sleepers.size;
    },
    host: ({ skewMs = 0 } = {}) => host(world, skewMs),
  };
}

function host(world: World, skewMs: number): ManualHost {
  let skew = skewMs;
  let stood = 0;
  return {
    now: () => world.epoch + world.elapsed + skew,
    monotonic: () => world.elapsed - stood,
    random: world.random,
    uuid: () => seededUuid(world.random),
    sleep: (ms, signal) => sleep(world, ms, signal),
    skew: (ms) => {
      skew += ms;
    },
    suspend: async (ms) => {
      stood += ms;
      await advance(world, ms);
    },
  };
}

function sleep(world: World, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    if (ms <= 0) return resolve();
    const abort = () => {
      world.sleepers.delete(sleeper);
      reject(signal?.reason);
    };
    const sleeper: Sleeper = {
      at: world.elapsed + ms,
      wake: () => {
        world.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        resolve();
      },
    };
    world.sleepers.add(sleeper);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

const earliest = (world: World): Sleeper | undefined =>
  [...world.sleepers].reduce<Sleeper | undefined>(
    (first, other) => (first === undefined || other.at < first.at ? other : first),
    undefined,
  );

async function advance(world: World, ms: number): Promise<void> {
  const until = world.elapsed + Math.max(0, ms);
  for (let next = earliest(world); next !== undefined && next.at <= until; next = earliest(world)) {
    world.elapsed = Math.max(world.elapsed, next.at);
    next.wake();
    await settle();
  }
  world.elapsed = Math.max(world.elapsed, until);
  await settle();
}

/** Everything that promises alone can do is done. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
