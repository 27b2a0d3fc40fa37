import { ReelstateError } from '../core/errors.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import { type TakeOverDefaults, takeOverFilm } from '../core/take-over.ts';

/** How `takeOver` looks, and what the old documents do not say of a film. */
export interface TakeOverOptions extends TakeOverDefaults {
  /** Films at most. @default 20 */
  readonly limit?: number;
}

/** What `takeOver` did. */
export interface TakenOver {
  /** Films that are ours now and go on. */
  readonly taken: readonly string[];
  /** Films that stay as they were, and why. */
  readonly refused: readonly { readonly videoId: string; readonly code: string; readonly message: string }[];
}

/**
 * Makes films that the old functions began, and that nobody has finished, films of ours: what they launched is watched, what they finished is
 * accepted as it lies there, and nothing is bought twice. Stop the old monitor first. Without a store that keeps their documents there is
 * nothing to find.
 */
export async function takeOver(films: Pipeline, options: TakeOverOptions = {}): Promise<TakenOver> {
  const { limit = 20, ...defaults } = options;
  const { state } = engineOf(films).ports;
  const found = (await state.foreignFilms?.({ limit })) ?? [];
  const taken: string[] = [];
  const refused: { videoId: string; code: string; message: string }[] = [];
  for (const film of found) {
    try {
      await takeOverFilm(films, film.videoId, defaults, film);
      taken.push(film.videoId);
    } catch (caught) {
      const { kind, code, message } = ReelstateError.from(caught);
      // Another host was there first, or the old function wrote meanwhile: the next call sees.
      if (code === 'state-conflict' || code === 'film-exists') continue;
      if (kind !== 'permanent') throw caught;
      refused.push({ videoId: film.videoId, code, message });
    }
  }
  return { taken, refused };
}
