/** Wakes what is due, of all films, for hosts that are called by a clock. */
import { advance, type Engine } from './driver.ts';
import { ReelstateError } from './errors.ts';
import type { Role } from './ports.ts';

/** How much a tick may do. */
export interface TickOptions {
  /** Films at once. @default 8 */
  readonly limit?: number;
  /** Goes on looking for so many ms; 0: one round. @default 0 */
  readonly budgetMs?: number;
  /** Ends the tick; what is under way is saved. */
  readonly signal?: AbortSignal;
}

/** What a tick did. */
export interface Tick {
  /** Films that were looked at. */
  readonly checked: number;
  /** … and that changed. */
  readonly processed: number;
  /** Ids of films whose state could not be read or written. */
  readonly failed: readonly string[];
}

const LEASE_MS = 60_000;
const LONGEST_NAP_MS = 2000;
const SHORTEST_NAP_MS = 50;
const ROLES: readonly Role[] = ['script', 'video', 'monitor', 'assembler'];

export function createTick(engine: Engine) {
  const { ports } = engine;
  const roles = ROLES.filter(engine.owned);

  return async function tick({ limit = 8, budgetMs = 0, signal }: TickOptions = {}): Promise<Tick> {
    const { clock, state, logger } = ports;
    const startedAt = clock.monotonic();
    const left = (): number => budgetMs - (clock.monotonic() - startedAt);
    const running = new Map<string, Promise<void>>();
    const failed = new Set<string>();
    let [checked, processed] = [0, 0];
    let nextWakeAt = Number.POSITIVE_INFINITY;

    const work = async (videoId: string): Promise<void> => {
      checked += 1;
      try {
        const budget = budgetMs === 0 ? {} : { budgetMs: Math.max(0, left()) };
        const { decision, changed } = await advance(engine, videoId, { signal, ...budget });
        if (changed) processed += 1;
        if (decision.wakeAt !== undefined) nextWakeAt = Math.min(nextWakeAt, decision.wakeAt);
      } catch (error) {
        failed.add(videoId);
        logger.error('film could not be advanced', { videoId, code: ReelstateError.from(error).code });
      } finally {
        running.delete(videoId);
      }
    };

    for (;;) {
      const free = limit - running.size;
      const due =
        free > 0 && !signal?.aborted
          ? await state.claimDue({ now: clock.now(), limit: free, roles, leaseMs: LEASE_MS, signal })
          : [];
      for (const videoId of due) if (!running.has(videoId)) running.set(videoId, work(videoId));
      if (signal?.aborted || left() <= 0) break;
      if (running.size >= limit) {
        await Promise.race(running.values());
        continue;
      }
      const nap = Math.min(left(), LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, nextWakeAt - clock.now()));
      nextWakeAt = Number.POSITIVE_INFINITY;
      await clock.sleep(nap, signal).catch(() => undefined);
    }
    await Promise.all(running.values());
    return { checked, processed, failed: [...failed] };
  };
}
