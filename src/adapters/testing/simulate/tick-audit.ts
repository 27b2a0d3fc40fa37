/** I12: a tick is bounded, takes the oldest first, and lets nobody wait for ever. */
import type { Role } from '../../../core/ports.ts';
import type { Auditor } from './auditor.ts';
import type { Claimed, FilmSaved, Witness } from './journal.ts';

/** What a tick has begun before its time is up is brought to its end: one task's calls at their usual speed, and their repetition. */
const LAST_WORK_MS = 15_000;
/** Claims beyond one for each film that is due: those of a tick more, and of one beside it. */
const SLACK = 16;

/** Checks what ticks claim against what the database log says is due. `restored`: an older database, whose wakes nobody logged. */
export function createTickAudit(
  report: Auditor['report'],
): Required<Pick<Witness, 'saved' | 'claimed' | 'ticked'>> & { restored(): void } {
  const wakes = new Map<string, Map<Role, number>>();
  /** Claims of others since a film is due, and the most films that were due meanwhile. */
  const passedOver = new Map<string, { readonly claims: number; readonly most: number }>();
  const claims = new Map<string, number>();

  const dueAt = (videoId: string, roles: readonly Role[]): number =>
    Math.min(...roles.map((role) => wakes.get(videoId)?.get(role) ?? Number.POSITIVE_INFINITY));

  const saved = ({ videoId, wakes: given }: FilmSaved): void => {
    wakes.set(videoId, new Map(Object.entries(given) as [Role, number][]));
  };

  const push = (videoId: string, { roles, now, leaseMs }: Claimed): void => {
    const mine = wakes.get(videoId);
    for (const role of roles) if ((mine?.get(role) ?? Number.POSITIVE_INFINITY) <= now) mine?.set(role, now + leaseMs);
  };

  const claimed = (entry: Claimed): void => {
    const { by, now, limit, roles, videoIds } = entry;
    claims.set(by, (claims.get(by) ?? 0) + videoIds.length);
    if (videoIds.length > limit) report('I12', `${by} claimed ${videoIds.length} films at once instead of ${limit}`);
    const due = [...wakes.keys()].filter((videoId) => dueAt(videoId, roles) <= now);
    const left = due.filter((videoId) => !videoIds.includes(videoId));
    const newest = Math.max(...videoIds.map((videoId) => dueAt(videoId, roles)));
    for (const videoId of left) {
      const { claims: before = 0, most: mostBefore = 0 } = passedOver.get(videoId) ?? {};
      const [others, most] = [before + videoIds.length, Math.max(mostBefore, due.length)];
      passedOver.set(videoId, { claims: others, most });
      if (videoIds.length < limit) report('I12', `${by} left ${videoId}, which is due, although there was room`);
      if (dueAt(videoId, roles) < newest) report('I12', `${by} took a younger film than ${videoId}`);
      if (others > most + SLACK) report('I12', `${videoId} saw ${others} claims of others, of ${most} films`);
    }
    for (const videoId of videoIds) {
      passedOver.delete(videoId);
      push(videoId, entry);
    }
  };

  return {
    saved,
    claimed,
    ticked: ({ by, limit, budgetMs, tookMs }) => {
      const number = claims.get(by) ?? 0;
      claims.delete(by);
      // Without a budget there is one round.
      if (budgetMs === 0 && number > limit)
        report('I12', `a tick of ${by} claimed ${number} films instead of ${limit}`);
      if (budgetMs > 0 && tookMs > budgetMs + LAST_WORK_MS)
        report('I12', `a tick of ${by} took ${(tookMs / 1000).toFixed(1)} s of ${budgetMs / 1000}`);
    },
    restored: () => {
      wakes.clear();
      passedOver.clear();
    },
  };
}
