/** Making the final cut, whatever the captions do: a paid film is never lost to a glyph. */
import { wholeObject } from './bytes.ts';
import { captioned, type Fallback } from './captioning.ts';
import type { Context } from './context.ts';
import { ReelstateError } from './errors.ts';
import { paths } from './paths.ts';
import type { CutPart, Media, MediaInfo, Source, TemporarySource } from './ports.ts';
import type { FilmState } from './state.ts';
import { captionsOutput } from './steps/captions.ts';
import { usableSegments } from './steps/segments.ts';
import { timeline } from './timeline.ts';

export interface Cut {
  readonly file: TemporarySource & { readonly info: MediaInfo };
  /** How the captions came in: as they were laid out, from the script alone, in the plainest style, or (false) not at all. */
  readonly captions: 'as-laid-out' | 'script' | 'plain' | false;
  /** What no caption of these shows, where they were made again for the cut. */
  readonly droppedCharacters?: readonly string[];
  /** Parts that had been burned before the last block was there. */
  readonly segments: number;
}

const FALLBACKS: readonly (readonly [Cut['captions'], Fallback])[] = [
  ['script', { scriptOnly: true }],
  ['plain', { scriptOnly: true, plain: true }],
];

const parts = (film: FilmState, context: Context): readonly CutPart[] =>
  timeline(film).parts.map(({ output, dropFirstFrame }) => ({
    source: wholeObject(context.ports.storage, output),
    fromMs: 0,
    durationMs: output.durationMs,
    dropFirstFrame,
  }));

const PROGRESS_STEP = 0.1;

/** Says how far the cut is, a line per tenth. */
function progressOf(film: FilmState, { ports: { logger } }: Context): (fraction: number) => void {
  let said = 0;
  return (fraction) => {
    if (fraction < said + PROGRESS_STEP && fraction < 1) return;
    said = fraction;
    logger.debug('cutting', { videoId: film.videoId, percent: Math.round(fraction * 100) });
  };
}

function cutter(film: FilmState, media: Media, context: Context) {
  const endMs = captionsOutput(film)?.endMs ?? (film.input.trim ? film.input.durationSeconds * 1000 : undefined);
  const request = {
    parts: parts(film, context),
    timeoutMs: context.settings.mediaTimeoutMs,
    signal: context.signal,
    onProgress: progressOf(film, context),
    ...(endMs === undefined ? {} : { endMs }),
  };
  return (captions: Pick<Parameters<Media['cut']>[0], 'ass' | 'burned'>) => media.cut({ ...request, ...captions });
}

const lacksGlyphs = (error: unknown): boolean => ReelstateError.is(error) && error.code === 'caption-glyphs-missing';

/** With what was burned ahead, or, where that does not work out, without it. */
async function withBurned(
  film: FilmState,
  ass: string,
  cut: ReturnType<typeof cutter>,
  context: Context,
): Promise<Cut> {
  const leftOut = (error: unknown): readonly Source[] => {
    if (context.signal.aborted) throw error;
    const { code } = ReelstateError.from(error);
    context.ports.logger.info('what was burned ahead was left out', { videoId: film.videoId, code });
    return [];
  };
  const burned = await usableSegments(film, ass, context).catch(leftOut);
  const whole = async (): Promise<Cut> => ({
    file: await cut({ ass, burned: [] }),
    captions: 'as-laid-out',
    segments: 0,
  });
  if (burned.length === 0) return whole();
  try {
    return { file: await cut({ ass, burned }), captions: 'as-laid-out', segments: burned.length };
  } catch (error) {
    if (lacksGlyphs(error)) throw error;
    leftOut(error);
    return whole();
  }
}

/**
 * The film in one pass, with what was burned ahead. Where the captions cannot be burned in they are made again, ever plainer; `captions` is
 * false where even that failed, and the caller keeps the result as `master.mp4`.
 */
export async function finalCut(film: FilmState, media: Media, context: Context): Promise<Cut> {
  const cut = cutter(film, media, context);
  const ass =
    captionsOutput(film)?.burn === true
      ? (await context.ports.storage.text(paths.captions(film.videoId, 'ass')))?.text
      : undefined;
  if (ass === undefined) return { file: await cut({}), captions: 'as-laid-out', segments: 0 };
  try {
    return await withBurned(film, ass, cut, context);
  } catch (error) {
    if (!lacksGlyphs(error)) throw error;
  }
  const { blocks, durationMs } = timeline(film);
  for (const [captions, fallback] of FALLBACKS) {
    const made = await captioned(film, blocks, durationMs, context, fallback);
    try {
      const { ass: again, droppedCharacters } = made;
      return { file: await cut({ ass: again }), captions, droppedCharacters, segments: 0 };
    } catch (error) {
      if (!lacksGlyphs(error)) throw error;
    }
  }
  return { file: await cut({}), captions: false, segments: 0 };
}
