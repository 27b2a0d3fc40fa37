import { dialogueOf } from '../blocks.ts';
import { captioned } from '../captioning.ts';
import { toSrt, toVtt, toWordJson } from '../captions/index.ts';
import type { Context } from '../context.ts';
import type { Fact } from '../evolve.ts';
import { fingerprint } from '../hash.ts';
import type { Json } from '../json.ts';
import type { Step } from '../machine.ts';
import { memo } from '../memo.ts';
import { paths } from '../paths.ts';
import { publishText } from '../publish.ts';
import type { FilmState } from '../state.ts';
import { timeline } from '../timeline.ts';

export const CAPTIONS = 'captions';

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

export const captionsInput: (film: FilmState) => string = memo((film) =>
  fingerprint({
    blocks: timeline(film).blocks.map(({ token, block }) => [token, dialogueOf(film, block)]),
    captions: film.input.captions,
    trim: film.input.trim,
  }),
);

async function make(film: FilmState, context: Context): Promise<readonly Fact[]> {
  const { videoId } = film;
  const { blocks, durationMs } = timeline(film);
  const token = captionsInput(film);
  const made = await captioned(film, blocks, durationMs, context);
  const { aligned, words, cues, burned, ass, endMs, droppedCharacters } = made;
  const { words: _, ...figures } = aligned;
  const texts: readonly (readonly [string, string, string])[] = [
    [paths.transcript(videoId), `${JSON.stringify({ ...figures, words }, null, 2)}\n`, 'application/json'],
    [paths.captions(videoId, 'ass'), ass, 'text/x-ssa'],
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
    droppedCharacters,
    ...(endMs === undefined ? {} : { endMs }),
  };
  return [
    ...published.flat(),
    { type: 'task-done', id: CAPTIONS, input: token, at: context.now(), output: output as unknown as Json },
  ];
}

/** What the captions step made of the film as it is now. */
export function captionsOutput(film: FilmState): CaptionsOutput | undefined {
  const record = film.tasks[CAPTIONS];
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
      : [{ id: CAPTIONS, role: 'assembler', input: captionsInput(film), kind: 'work', light: false, perform: make }],
});
