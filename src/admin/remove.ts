import { badInput } from '../core/errors.ts';
import { UNDER_WAY } from '../core/ledger.ts';
import { checkVideoId } from '../core/paths.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import { isFinal } from '../core/state.ts';

/** What `remove` deleted. */
export interface Removed {
  /** How many objects. */
  readonly objects: number;
  /** Whether there was a state. */
  readonly state: boolean;
}

/**
 * Deletes a film: its objects, then its state. What it cost stays in the day's budgets. Throws `film-not-final` for a film that is still
 * made (cancel it first) or whose takes are still under way at the vendor, unless `force`.
 */
export async function remove(
  films: Pipeline,
  videoId: string,
  { force = false }: { readonly force?: boolean } = {},
): Promise<Removed> {
  const { films: store, ports } = engineOf(films);
  const found = await store.find(checkVideoId(videoId));
  const underWayTakes = (found?.film.blocks ?? [])
    .flatMap((block) => block.takes)
    .filter((take) => take.outcome === undefined);
  const underWay = underWayTakes.length;
  if (found && !force && (!isFinal(found.film) || underWay > 0)) {
    throw badInput(
      'film-not-final',
      `Film ${videoId} is ${found.film.status} with ${underWay} takes under way.`,
      'Cancel it and advance it until its takes are settled, or remove it with force.',
    );
  }
  const objects = await ports.storage.list(`${videoId}/`);
  // film.json goes last: as long as it is there, the film can still be rebuilt.
  const inOrder = [...objects].sort(
    (a, b) => Number(a.name.endsWith('/film.json')) - Number(b.name.endsWith('/film.json')),
  );
  for (const { name } of inOrder) await ports.storage.remove(name);
  if (found) await ports.state.remove(videoId);
  const counted = underWayTakes.filter((take) => take.late !== true).length;
  if (counted > 0) await ports.state.counters.change([{ key: UNDER_WAY, add: -counted }]);
  return { objects: objects.length, state: found !== undefined };
}
