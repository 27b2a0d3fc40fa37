/** Virtual time and one queue of events: the only thing that decides what happens when. Same seed, same order. */
import type { Clock } from '../../../core/ports.ts';
import { seeded, seededUuid } from '../../memory/seeded.ts';

export const EPOCH = Date.UTC(2026, 0, 1);

interface Happening {
  readonly at: number;
  readonly order: number;
  cancelled: boolean;
  run(): void;
}

/** A process of the simulated world: it can die, stand still, be suspended and have a wrong clock. */
export interface Process {
  readonly name: string;
  readonly clock: Clock;
  readonly alive: boolean;
  /** None of its later calls have an effect and none of its promises settle any more. */
  die(): void;
  /** Stands still for so long; a suspended machine's monotonic clock stands still too. */
  freeze(ms: number, suspended: boolean): void;
  /** Moves its wall clock, as a correction does. */
  skew(ms: number): void;
  /** Hands it an answer: never once it is dead, and later while it stands still. */
  deliver(answer: () => void): void;
  /** When it can send something. */
  awakeAt(): number;
  /** How long its calls were held up so far: by standing still, or by what went wrong with them. */
  stoodMs(): number;
  /** One of its calls is held up. */
  holdUp(ms: number): void;
}

export interface World {
  /** Milliseconds since the beginning. */
  readonly elapsed: number;
  now(): number;
  random(): number;
  /** Runs it after so many ms; gives what takes it back. */
  after(ms: number, run: () => void): () => void;
  process(name: string, options?: { readonly skewMs?: number }): Process;
  /** Something is still to happen until then, so many ms from now: a frozen process wakes, a slow call ends. */
  expect(ms: number): void;
  /** When nothing of that kind is left. */
  readonly quietAt: number;
  /** Lets things happen until `isOver`, or nothing is left; false where `maxMs` or `maxEvents` stopped it. */
  run(isOver: () => boolean, limits: { readonly maxMs: number; readonly maxEvents: number }): Promise<boolean>;
}

export function createWorld(seed: number): World {
  const random = seeded(seed);
  const queue: Happening[] = [];
  let elapsed = 0;
  let order = 0;
  let processes = 0;
  let quietAt = 0;

  const after = (ms: number, run: () => void): (() => void) => {
    order += 1;
    const happening: Happening = { at: elapsed + Math.max(0, ms), order, cancelled: false, run };
    push(queue, happening);
    return () => {
      happening.cancelled = true;
    };
  };

  const world: World = {
    get elapsed() {
      return elapsed;
    },
    now: () => EPOCH + elapsed,
    random,
    after,
    expect: (ms) => {
      quietAt = Math.max(quietAt, elapsed + ms);
    },
    get quietAt() {
      return quietAt;
    },
    process: (name, { skewMs = 0 } = {}) => {
      processes += 1;
      return createProcess(world, name, skewMs, seeded(seed * 1009 + processes));
    },
    run: async (isOver, { maxMs, maxEvents }) => {
      for (let events = 0; events < maxEvents; events += 1) {
        if (isOver()) return true;
        const next = pop(queue);
        if (next === undefined) return isOver();
        if (next.cancelled) continue;
        if (next.at > maxMs) return false;
        elapsed = next.at;
        next.run();
        await settle();
      }
      return false;
    },
  };
  return world;
}

/** Everything that promises alone can do is done. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function createProcess(world: World, name: string, skewMs: number, random: () => number): Process {
  let [alive, skew, stood, frozenUntil] = [true, skewMs, 0, 0];
  let heldUp = 0;
  const deliver = (answer: () => void): void => {
    if (!alive) return;
    if (frozenUntil > world.elapsed) world.after(frozenUntil - world.elapsed, () => deliver(answer));
    else answer();
  };
  const clock: Clock = {
    now: () => world.now() + skew,
    monotonic: () => world.elapsed - stood,
    random,
    uuid: () => seededUuid(random),
    sleep: (ms, signal) =>
      new Promise<void>((resolve, reject) => {
        if (!alive) return;
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          cancel();
          reject(signal?.reason);
        };
        const cancel = world.after(ms, () =>
          deliver(() => {
            signal?.removeEventListener('abort', abort);
            resolve();
          }),
        );
        signal?.addEventListener('abort', abort, { once: true });
      }),
  };
  return {
    name,
    clock,
    get alive() {
      return alive;
    },
    die: () => {
      alive = false;
    },
    freeze: (ms, suspended) => {
      heldUp += Math.max(0, world.elapsed + ms - Math.max(frozenUntil, world.elapsed));
      frozenUntil = Math.max(frozenUntil, world.elapsed + ms);
      world.expect(ms);
      if (suspended) stood += ms;
    },
    skew: (ms) => {
      skew += ms;
    },
    deliver,
    awakeAt: () => Math.max(frozenUntil, world.elapsed),
    stoodMs: () => heldUp,
    holdUp: (ms) => {
      heldUp += ms;
    },
  };
}

// ── A binary heap by time, then by order ─────────────────────────────────────────────────────────────────────────────

const isBefore = (a: Happening, b: Happening): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Happening[], item: Happening): void {
  let at = heap.length;
  heap.push(item);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent] as Happening;
    if (!isBefore(item, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = item;
}

function pop(heap: Happening[]): Happening | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
    if (!isBefore(heap[child] as Happening, last)) break;
    heap[at] = heap[child] as Happening;
    at = child;
  }
  heap[at] = last;
  return first;
}
