/** Wakes what is due, of all films, for hosts that are called by a clock. */
import { advance } from './driver.ts';
import { ReelstateError } from './errors.ts';
import type { Clock, Role } from './ports.ts';
import type { Engine } from './session.ts';

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
/** What other hosts do shows in the store only; while nothing is known to be due soon it is asked this often. */
const LONGEST_NAP_MS = 10_000;
const SHORTEST_NAP_MS = 50;
/** A claimed film is given this long at least: left alone, it would wait for the end of its claim. */
const LEAST_WORK_MS = 1000;
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
    const wakes = new Map<string, number>();

    const work = async (videoId: string): Promise<void> => {
      checked += 1;
      try {
        const budget = budgetMs === 0 ? {} : { budgetMs: Math.max(LEAST_WORK_MS, left()) };
        const { decision, changed } = await advance(engine, videoId, { signal, ...budget });
        if (changed) processed += 1;
        if (decision.wakeAt === undefined || decision.on === 'another-host') wakes.delete(videoId);
        else wakes.set(videoId, decision.wakeAt);
      } catch (error) {
        failed.add(videoId);
        logger.error('film could not be advanced', { videoId, code: ReelstateError.from(error).code });
      } finally {
        running.delete(videoId);
      }
    };

    /** What is under way is brought to its end before the tick gives up. */
    const unclaimed = async (error: unknown): Promise<never> => {
      await Promise.all(running.values());
      throw error;
    };

    for (let round = 1; ; round += 1) {
      // Nothing is claimed as the time runs out.
      const free = round === 1 || left() > 0 ? limit - running.size : 0;
      const due =
        free > 0 && !signal?.aborted
          ? await state.claimDue({ now: clock.now(), limit: free, roles, leaseMs: LEASE_MS, signal }).catch(unclaimed)
          : [];
      for (const videoId of due) if (!running.has(videoId)) running.set(videoId, work(videoId));
      if (signal?.aborted || left() <= 0) break;
      // Claimed films tell anew when they want to be woken; one that somebody else woke meanwhile tells nothing more here.
      for (const [videoId, at] of wakes) if (at <= clock.now()) wakes.delete(videoId);
      const next = Math.min(...wakes.values()) - clock.now();
      await nap(
        clock,
        running.size >= limit ? left() : Math.min(left(), LONGEST_NAP_MS, Math.max(SHORTEST_NAP_MS, next)),
        {
          signal,
          until: [...running.values()],
        },
      );
    }
    await Promise.all(running.values());
    return { checked, processed, failed: [...failed] };
  };
}

/** Sleeps, unless one of the films that are worked on is done first. */
async function nap(
  clock: Clock,
  ms: number,
  { signal, until }: { readonly signal: AbortSignal | undefined; readonly until: readonly Promise<void>[] },
): Promise<void> {
  const woken = new AbortController();
  const stop = signal ? AbortSignal.any([signal, woken.signal]) : woken.signal;
  await Promise.race([clock.sleep(ms, stop).catch(() => undefined), ...until]);
  woken.abort('awake');
}
