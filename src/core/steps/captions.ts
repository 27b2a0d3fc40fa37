import { textOf } from '../blocks.ts';
import {
  alignWords,
  type CaptionOptions,
  type CaptionWord,
  captionStyle,
  layoutCues,
  renderableText,
  shippedFontCovers,
  toAss,
  toSrt,
  toVtt,
  toWordJson,
} from '../captions/index.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import { fingerprint } from '../hash.ts';
import type { Json } from '../json.ts';
import type { Step } from '../machine.ts';
import { paths } from '../paths.ts';
import { FRAMES_PER_SECOND } from '../plan.ts';
import type { Transcript } from '../ports.ts';
import { publishText } from '../publish.ts';
import type { FilmState } from '../state.ts';
import { type PlacedBlock, timeline } from '../timeline.ts';

const TASK = 'captions';

/** What the captions step tells the cut. */
export interface CaptionsOutput {
  /** Identity of everything below. */
  readonly token: string;
  /** False where nobody speaks. */
  readonly burn: boolean;
  readonly source: 'script' | 'transcription' | 'none';
  /** Share of the script that was heard, 0 to 1. */
  readonly coverage: number;
  /** Characters that no caption shows, because the font lacks them. */
  readonly droppedCharacters: readonly string[];
  /** Where the film is cut, ms, if it was to be trimmed. */
  readonly endMs?: number;
}

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

function renderable(words: readonly CaptionWord[], covers: (codePoint: number) => boolean) {
  const dropped = new Set<string>();
  const shown = words.flatMap((word) => {
    const { text, dropped: lost } = renderableText(word.text, covers);
    for (const character of lost) dropped.add(character);
    return text.trim() === '' ? [] : [{ ...word, text }];
  });
  return { shown, dropped: [...dropped] };
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

export const captionsInput = (film: FilmState): string =>
  fingerprint({
    blocks: timeline(film).blocks.map(({ token, block }) => [token, textOf(film, block)?.dialogue]),
    captions: film.input.captions,
    trim: film.input.trim,
  });

async function make(film: FilmState, context: Context): Promise<readonly Fact[]> {
  const { videoId, input } = film;
  const { blocks, durationMs } = timeline(film);
  const token = captionsInput(film);
  const heard = await Promise.all(blocks.map((placed) => heardIn(film, placed, context)));
  const aligned = alignWords({
    blocks: blocks.map(({ block, fromMs, toMs }) => ({
      block,
      fromMs,
      toMs,
      dialogue: textOf(film, block)?.dialogue ?? '',
    })),
    heard: { words: heard.flatMap((part) => part.words), segments: heard.flatMap((part) => part.segments) },
    language: input.language,
    durationMs,
  });
  const endMs = trimAt(film, aligned.words, durationMs);
  const words = aligned.words.filter((word) => endMs === undefined || word.endMs <= endMs);
  const missing = await missingGlyphs(words, context);
  const { shown, dropped } = renderable(words, (codePoint) => !missing.has(String.fromCodePoint(codePoint)));
  const captions = input.captions === false ? undefined : input.captions;
  const style = captionStyle(captions?.preset ?? 'active', captions?.options as Partial<CaptionOptions> | undefined);
  const layout = {
    language: input.language,
    style,
    aspectRatio: input.aspectRatio,
    blockCutsMs: blocks.slice(0, -1).map((placed) => placed.toMs),
    durationMs: endMs ?? durationMs,
    framesPerSecond: FRAMES_PER_SECOND,
  };
  const burned = layoutCues(shown, layout);
  const cues = layoutCues(words, layout);
  const { words: _, ...figures } = aligned;
  const texts: readonly (readonly [string, string, string])[] = [
    [paths.transcript(videoId), `${JSON.stringify({ ...figures, words }, null, 2)}\n`, 'application/json'],
    [paths.captions(videoId, 'ass'), toAss(burned, layout), 'text/x-ssa'],
    [paths.captions(videoId, 'srt'), toSrt(cues), 'application/x-subrip'],
    [paths.captions(videoId, 'vtt'), toVtt(cues), 'text/vtt'],
    [paths.captions(videoId, 'json'), `${JSON.stringify(toWordJson(words), null, 2)}\n`, 'application/json'],
  ];
  const isWanted = (present: FilmState): boolean => captionsInput(present) === token;
  const published = await Promise.all(
    texts.map(([name, body, contentType]) => publishText(film, { name, body, contentType, token }, isWanted, context)),
  );
  const output: CaptionsOutput = {
    token,
    burn: burned.length > 0,
    source: aligned.source,
    coverage: aligned.coverage,
    droppedCharacters: dropped,
    ...(endMs === undefined ? {} : { endMs }),
  };
  return [
    ...published.flat(),
    { type: 'task-done', id: TASK, input: token, at: context.now(), output: output as unknown as Json },
  ];
}

/** What the captions step made of the film as it is now. */
export function captionsOutput(film: FilmState): CaptionsOutput | undefined {
  const record = film.tasks[TASK];
  return record?.done !== undefined && record.input === captionsInput(film)
    ? (record.done.output as unknown as CaptionsOutput)
    : undefined;
}

/** Captions from the script that we know and the times that were heard, in every format. */
export const captionsStep = (): Step => ({
  name: 'captions',
  after: ['blocks', 'words'],
  isDone: (film) => film.input.captions === false || captionsOutput(film) !== undefined,
  tasks: (film) =>
    film.input.captions === false
      ? []
      : [{ id: TASK, role: 'assembler', input: captionsInput(film), kind: 'work', light: false, perform: make }],
});
