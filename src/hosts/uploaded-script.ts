/** A `script_v2.json` that somebody put into the bucket: a film nobody has created yet begins with it. */
import { ReelstateError } from '../core/errors.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { Logger } from '../core/ports.ts';
import { rebuildFilm } from '../core/rebuild.ts';
import { type TakeOverDefaults, takeOverFilm } from '../core/take-over.ts';

/** Defaults for films that a request or a document says nothing about. */
export type FilmDefaults = TakeOverDefaults;

export type Started = 'started' | 'no-script' | 'no-blocks' | 'bad-script' | 'rebuilt';

const REASONS: Readonly<Record<string, Started>> = {
  'script-missing': 'no-script',
  'script-without-blocks': 'no-blocks',
};

/**
 * Begins the film of an uploaded script, under the default cap, with whatever the old functions did for it; one that exists meanwhile is left
 * as it is.
 */
export async function startFromScript(
  films: Pipeline,
  videoId: string,
  defaults: FilmDefaults,
  logger: Logger,
): Promise<Started> {
  const { films: store } = engineOf(films);
  try {
    await takeOverFilm(films, videoId, defaults);
    logger.info('film begun by an uploaded script', { videoId });
    return 'started';
  } catch (error) {
    if (!ReelstateError.is(error)) throw error;
    const isThere = (await store.find(videoId)) !== undefined;
    if (isThere && (error.code === 'film-exists' || error.code === 'state-conflict')) return 'started';
    if (error.code === 'film-exists') {
      // The database does not know it: it is restored from its marks and waits for a person's `resume`.
      await rebuildFilm(films, videoId);
      return 'rebuilt';
    }
    if (error.kind !== 'permanent') throw error;
    const reason = REASONS[error.code];
    if (reason === undefined) logger.warn('uploaded script refused', { videoId, code: error.code });
    return reason ?? 'bad-script';
  }
}
