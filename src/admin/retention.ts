import { badInput, ReelstateError } from '../core/errors.ts';
import { parseTakeObject, paths } from '../core/paths.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { Storage, StoredObject } from '../core/ports.ts';
import { type FilmState, isFinal } from '../core/state.ts';
import { remove } from './remove.ts';

const DAY_MS = 86_400_000;
/** Only films in these statuses are looked at. */
const FINAL = ['completed', 'failed', 'cancelled'] as const;

/** How long what is kept. What is left out stays for ever. */
export interface RetentionPolicy {
  /** Days after which the videos of takes that a finished film does not show are deleted; `pick` cannot use them any more. */
  readonly keepTakesDays?: number;
  /** Days after which a finished, failed or cancelled film is removed with all that belongs to it. */
  readonly removeFinalAfterDays?: number;
}

/** How far one call goes. */
export interface RetentionSweep {
  /** Films that one call looks at. @default 500 */
  readonly limit?: number;
  /** `next` of the call before. */
  readonly after?: string;
  /** Says what would be deleted and deletes nothing. @default false */
  readonly dryRun?: boolean;
  /** Ends the sweep after the film that it is at. */
  readonly signal?: AbortSignal;
}

/** What a sweep has deleted, or would have. */
export interface Retained {
  /** Films that were looked at. */
  readonly checked: number;
  /** Ids of the films that were removed. */
  readonly removed: readonly string[];
  /** Objects of takes that were deleted. */
  readonly objects: number;
  /** Ids of films that could not be treated; the next sweep tries them again. */
  readonly failed: readonly string[];
  /** Pass as `after` to go on; absent: all films of these statuses were looked at. */
  readonly next?: string;
}

function checkDays(what: keyof RetentionPolicy, days: number | undefined): void {
  if (days === undefined || (Number.isFinite(days) && days >= 0)) return;
  throw badInput('invalid-retention', `${what} of ${days} is no number of days.`, 'Give 0 or more, or leave it out.');
}

const isUnderWay = (film: FilmState): boolean =>
  film.blocks.some((block) => block.takes.some((take) => take.outcome === undefined));

/** The videos below `takes/` that nothing of a finished film is made from any more. The marks stay: the film can still be rebuilt. */
function idleObjects(film: FilmState, objects: readonly StoredObject[]): readonly StoredObject[] {
  return objects.filter(({ name }) => {
    const of = parseTakeObject(name);
    if (of === undefined || of.videoId !== film.videoId || !name.endsWith('.mp4')) return false;
    const accepted = film.blocks[of.block - 1]?.accepted;
    // What `resume` would go on from is kept; a cancelled film does not go on.
    return accepted === undefined ? film.status === 'cancelled' : accepted.take !== of.take;
  });
}

async function deleteTakes(film: FilmState, storage: Storage, dryRun: boolean): Promise<number> {
  const idle = idleObjects(film, await storage.list(paths.takes(film.videoId)));
  if (!dryRun) for (const { name, revision } of idle) await storage.remove(name, { ifRevision: revision });
  return idle.length;
}

/**
 * Deletes what is older than a policy allows: for a nightly job of operators. Films that are still made, or whose takes are still under way at
 * the vendor, are left alone, and so is every take that a film shows. Age counts from a film's last change. Throws `invalid-retention`.
 */
export async function retention(
  films: Pipeline,
  policy: RetentionPolicy,
  { limit = 500, after, dryRun = false, signal }: RetentionSweep = {},
): Promise<Retained> {
  const { keepTakesDays, removeFinalAfterDays } = policy;
  checkDays('keepTakesDays', keepTakesDays);
  checkDays('removeFinalAfterDays', removeFinalAfterDays);
  const { ports, films: store } = engineOf(films);
  const [removed, failed]: [string[], string[]] = [[], []];
  let [checked, objects] = [0, 0];

  async function treat(videoId: string): Promise<void> {
    const found = await store.find(videoId);
    if (found === undefined || !isFinal(found.film) || isUnderWay(found.film)) return;
    const days = (ports.clock.now() - found.film.updatedAt) / DAY_MS;
    if (removeFinalAfterDays !== undefined && days >= removeFinalAfterDays) {
      if (!dryRun) await remove(films, videoId);
      removed.push(videoId);
    } else if (keepTakesDays !== undefined && days >= keepTakesDays) {
      objects += await deleteTakes(found.film, ports.storage, dryRun);
    }
  }

  // The cursor is the status and the store's own cursor within it.
  let [status, cursor] = position(after);
  while (status !== undefined && checked < limit && !signal?.aborted) {
    const page = { limit: Math.min(100, limit - checked), ...(cursor === undefined ? {} : { after: cursor }) };
    const { videoIds, next } = await ports.state.list({ status }, page);
    for (const videoId of videoIds) {
      checked += 1;
      await treat(videoId).catch((error: unknown) => {
        failed.push(videoId);
        ports.logger.warn('retention failed', { videoId, code: ReelstateError.from(error).code });
      });
    }
    cursor = next;
    if (next === undefined) status = FINAL[FINAL.indexOf(status) + 1];
  }
  const result = { checked, removed, objects, failed };
  return status === undefined ? result : { ...result, next: cursor === undefined ? status : `${status} ${cursor}` };
}

function position(after: string | undefined): [status: (typeof FINAL)[number] | undefined, cursor: string | undefined] {
  if (after === undefined) return [FINAL[0], undefined];
  const [name = '', ...rest] = after.split(' ');
  const status = FINAL.find((known) => known === name);
  if (status === undefined) throw badInput('invalid-retention', 'That is no `next` of retention.', 'Leave after out.');
  return [status, rest.length === 0 ? undefined : rest.join(' ')];
}
