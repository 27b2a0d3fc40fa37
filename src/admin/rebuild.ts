import { checkVideoId } from '../core/paths.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { rebuildFilm } from '../core/rebuild.ts';
import type { FilmView } from '../core/view.ts';

/**
 * Restores a film from its bucket after the database was lost or an old backup came back. Takes under way are watched again, nothing is
 * bought; the film stands in `needs-input` until `resume`. Stop the other hosts, or wait for launch window and timeout, before you call it.
 * Throws `film-not-found` where the bucket has no `film.json`, and `state-conflict` where someone writes the film meanwhile.
 */
export async function rebuild(films: Pipeline, videoId: string): Promise<FilmView> {
  await rebuildFilm(films, checkVideoId(videoId));
  return films.get(videoId);
}
