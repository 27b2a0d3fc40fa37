/** The captions of a film, or of what there is of it, from the script that we know and the times that were heard. */
import { dialogueOf } from './blocks.ts';
import {
  type AlignedWords,
  alignWords,
  type CaptionOptions,
  type CaptionWord,
  type Cue,
  captionStyle,
  layoutCues,
  renderableWords,
  shippedFontCovers,
  toAss,
} from './captions/index.ts';
import type { Context } from './context.ts';
import { ReelstateError } from './errors.ts';
import { paths } from './paths.ts';
import { FRAMES_PER_SECOND } from './plan.ts';
import type { Transcript } from './ports.ts';
import type { FilmState } from './state.ts';
import type { PlacedBlock } from './timeline.ts';

async function heardIn(film: FilmState, placed: PlacedBlock, context: Context): Promise<Transcript> {
  const name = paths.words(film.videoId, placed.block, placed.take);
  const there = await context.ports.storage.text(name);
  if (there === undefined) {
    throw new ReelstateError('permanent', `The words of block ${placed.block} are gone from the bucket.`, {
      code: 'object-not-found',
      cure: `Restore ${name}.`,
    });
  }
  const { words, segments } = JSON.parse(there.text) as Transcript;
  const shift = <T extends { startMs: number; endMs: number }>(item: T): T => ({
    ...item,
    startMs: item.startMs + placed.fromMs,
    endMs: item.endMs + placed.fromMs,
  });
  return { words: words.map(shift), segments: segments.map(shift) };
}

const PAUSE_MS = 150;
const LATEST_PAUSE_BEFORE_MS = 3000;

/** The last pause before the target, else the target itself. */
function trimAt(film: FilmState, words: readonly CaptionWord[], durationMs: number): number | undefined {
  const targetMs = film.input.durationSeconds * 1000;
  if (!film.input.trim || targetMs >= durationMs) return undefined;
  const pauses = words.flatMap((word, index) => {
    const next = words[index + 1]?.startMs ?? durationMs;
    const middle = (word.endMs + next) / 2;
    return next - word.endMs >= PAUSE_MS && middle <= targetMs && middle >= targetMs - LATEST_PAUSE_BEFORE_MS
      ? [middle]
      : [];
  });
  return pauses.at(-1) ?? targetMs;
}

/** The glyphs that the cut's fonts lack, where this host can tell. */
async function missingGlyphs(words: readonly CaptionWord[], context: Context): Promise<ReadonlySet<string>> {
  const text = words.map((word) => word.text).join(' ');
  const answer = await context.ports.media?.canRender(text);
  return new Set(
    answer === undefined
      ? [...text].filter((character) => !shippedFontCovers(character.codePointAt(0) ?? 0))
      : answer.missing,
  );
}

export interface Captioned {
  readonly aligned: AlignedWords;
  /** What is burned in: without characters that no font has. */
  readonly ass: string;
  readonly burned: readonly Cue[];
  /** What the subtitle files show. */
  readonly cues: readonly Cue[];
  readonly words: readonly CaptionWord[];
  readonly droppedCharacters: readonly string[];
  /** Where the film is cut, ms, if it was to be trimmed. */
  readonly endMs?: number;
}

/** How captions are made when the usual way could not be burned in. */
export interface Fallback {
  /** Shows the script, spread over its blocks, whatever was heard. */
  readonly scriptOnly?: boolean;
  /** The plainest preset, and nothing that the shipped font lacks. */
  readonly plain?: boolean;
}

const PLAIN_PRESET = 'classic';

/** The script as if it had been said evenly. */
function evenly(film: FilmState, { block, fromMs, toMs }: PlacedBlock): Transcript {
  const texts = dialogueOf(film, block)
    .split(/\s+/)
    .filter((text) => text !== '');
  const eachMs = (toMs - fromMs) / Math.max(1, texts.length);
  const words = texts.map((text, index) => ({
    text,
    startMs: Math.round(fromMs + index * eachMs),
    endMs: Math.round(fromMs + (index + 1) * eachMs),
  }));
  return { words, segments: [] };
}

/** Captions for these blocks, whose words were heard already; `durationMs` is where the last of them ends. */
export async function captioned(
  film: FilmState,
  blocks: readonly PlacedBlock[],
  durationMs: number,
  context: Context,
  { scriptOnly = false, plain = false }: Fallback = {},
): Promise<Captioned> {
  const { input } = film;
  const heard = await Promise.all(
    blocks.map((placed) => (scriptOnly ? evenly(film, placed) : heardIn(film, placed, context))),
  );
  const aligned = alignWords({
    blocks: blocks.map(({ block, fromMs, toMs }) => ({
      block,
      fromMs,
      toMs,
      dialogue: dialogueOf(film, block),
    })),
    heard: { words: heard.flatMap((part) => part.words), segments: heard.flatMap((part) => part.segments) },
    language: input.language,
    durationMs,
  });
  const endMs = trimAt(film, aligned.words, durationMs);
  const words = aligned.words.filter((word) => endMs === undefined || word.endMs <= endMs);
  const missing = await missingGlyphs(words, context);
  const { words: shown, dropped } = renderableWords(words, (codePoint) =>
    plain ? shippedFontCovers(codePoint) : !missing.has(String.fromCodePoint(codePoint)),
  );
  const wanted = input.captions === false ? undefined : input.captions;
  const style = plain
    ? captionStyle(PLAIN_PRESET)
    : captionStyle(wanted?.preset ?? 'active', wanted?.options as Partial<CaptionOptions> | undefined);
  const layout = {
    language: input.language,
    style,
    aspectRatio: input.aspectRatio,
    blockCutsMs: blocks.slice(0, -1).map((placed) => placed.toMs),
    durationMs: endMs ?? durationMs,
    framesPerSecond: FRAMES_PER_SECOND,
  };
  const burned = layoutCues(shown, layout);
  const ass = toAss(burned, layout);
  // Subtitle files are read, not watched: two lines, whatever style is burned in, and emoji as they are.
  const cues = layoutCues(words, { ...layout, style: captionStyle(PLAIN_PRESET) });
  const common = { aligned, ass, burned, cues, words, droppedCharacters: dropped };
  return endMs === undefined ? common : { ...common, endMs };
}
