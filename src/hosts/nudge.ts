/** Telling another function of the flow that a film has work for it: a courtesy that makes films faster, never a promise. */
import { ReelstateError } from '../core/errors.ts';
import { wakesOf } from '../core/machine.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { Logger, Role } from '../core/ports.ts';
import { storeTimeAtLeast } from '../core/store-time.ts';
import { googleIdToken, type IdToken } from './auth.ts';

/** How other functions are woken. */
export interface NudgeOptions {
  /** The address of the function that does a role's work. What has none is left to its own scheduler job. */
  readonly urls: Readonly<Partial<Record<Role, string>>>;
  /** @default a token of this machine's service account for the URL; `false` calls without one */
  readonly idToken?: IdToken | false;
  /** How long an answer is waited for; the other side goes on without us. @default 10000 */
  readonly timeoutMs?: number;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
}

export interface Nudger {
  /** False where no other function has an address. */
  readonly canNudge: boolean;
  /** Nudges every function that this film has due work for and that this host is not. */
  film(videoId: string): Promise<void>;
  /** Nudges for all films with due work; each of them again at its next due time only. Answers how many. */
  due(): Promise<number>;
}

const TIMEOUT_MS = 10_000;
const LIMIT = 20;
/** A film is claimed for its nudge alone: the function that is nudged sets the next wake with its first save. */
const LEASE_MS = 30_000;

export function nudger(films: Pipeline, options: NudgeOptions | undefined, logger: Logger): Nudger {
  const { ports, films: store, steps, can, owned } = engineOf(films);
  const { idToken = googleIdToken(), timeoutMs = TIMEOUT_MS, fetch = globalThis.fetch } = options ?? {};
  const entries = (Object.entries(options?.urls ?? {}) as [Role, string][]).filter(([, url]) => url !== '');

  async function post(url: string, videoId: string): Promise<void> {
    try {
      const token = idToken === false ? undefined : await idToken(url);
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ video_id: videoId }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      await response.body?.cancel();
      // 404 from the assembler: the last block is not there yet. It has done what there was.
      if (!response.ok && response.status !== 404)
        logger.warn('nudge refused', { videoId, url, status: response.status });
    } catch (error) {
      const isLate = error instanceof Error && error.name === 'TimeoutError';
      if (!isLate) logger.warn('nudge failed', { videoId, url, code: ReelstateError.from(error).code });
    }
  }

  return {
    canNudge: entries.length > 0,
    async film(videoId) {
      if (entries.length === 0) return;
      const stored = await store.find(videoId);
      if (stored === undefined) return;
      const wakes = wakesOf(stored.film, steps);
      const now = storeTimeAtLeast(stored.time, ports.clock);
      const due = entries.filter(([role]) => (wakes[role] ?? Number.POSITIVE_INFINITY) <= now);
      const urls = new Set(due.filter(([role]) => !can(role, stored.film)).map(([, url]) => url));
      await Promise.all([...urls].map((url) => post(url, videoId)));
    },
    async due() {
      const counts = entries
        .filter(([role]) => !owned(role))
        .map(async ([role, url]) => {
          const request = { now: ports.clock.now(), limit: LIMIT, roles: [role], leaseMs: LEASE_MS };
          const videoIds = await ports.state.claimDue(request);
          await Promise.all(videoIds.map((videoId) => post(url, videoId)));
          return videoIds.length;
        });
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
  };
}
