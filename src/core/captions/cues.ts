import { textWidth } from './font.ts';
import { lineWidth } from './style.ts';
import { joinWords } from './subtitles.ts';
import type { AspectRatio, CaptionStyle, CaptionWord, Cue } from './types.ts';

export interface LayoutOptions {
  /** BCP 47. */
  readonly language: string;
  readonly style: CaptionStyle;
  readonly aspectRatio: AspectRatio;
  /** Where one block ends and the next begins. */
  readonly blockCutsMs: readonly number[];
  readonly durationMs: number;
  readonly framesPerSecond: number;
}

const PAUSE = 600;
const HOLD = 250;
const CLOSE = 400;
const SENTENCE_END = /[.!?…。！？।؟][\p{Pe}\p{Pf}"']*$/u;

/** The words in cues of one or two lines that a person can read in their time. */
export function layoutCues(words: readonly CaptionWord[], options: LayoutOptions): Cue[] {
  const room = lineWidth(options.style, options.aspectRatio);
  const groups: CaptionWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group === undefined || last === undefined || breaksBefore(word, last, group, options, room))
      groups.push([word]);
    else group.push(word);
  }
  const frame = (ms: number) => Math.floor((ms * options.framesPerSecond) / 1000);
  const time = (frames: number) => Math.round((frames * 1000) / options.framesPerSecond);
  return groups.map((group, index) => {
    const next = groups[index + 1]?.[0]?.startMs ?? options.durationMs;
    const said = group.at(-1)?.endMs ?? 0;
    const until = next - said < CLOSE ? next : Math.min(next, said + HOLD);
    const startMs = time(frame(group[0]?.startMs ?? 0));
    const endMs = time(Math.max(frame(startMs) + 1, frame(Math.min(until, options.durationMs))));
    return { startMs, endMs, lines: linesOf(group, options.style, room) };
  });
}

function breaksBefore(
  word: CaptionWord,
  last: CaptionWord,
  group: readonly CaptionWord[],
  options: LayoutOptions,
  room: number,
): boolean {
  const { style, blockCutsMs } = options;
  if (SENTENCE_END.test(last.text) || word.startMs - last.endMs > PAUSE) return true;
  if (blockCutsMs.some((cut) => last.endMs <= cut && word.startMs >= cut)) return true;
  if (group.length >= style.maxWords) return true;
  return linesOf([...group, word], style, room).some((line) => widthOf(line, style) > room);
}

const widthOf = (line: readonly CaptionWord[], style: CaptionStyle): number => {
  const text = joinWords(line);
  return textWidth(style.case === 'upper' ? text.toLocaleUpperCase() : text, style.fontSize);
};

function linesOf(
  group: readonly CaptionWord[],
  style: CaptionStyle,
  room: number,
): readonly (readonly CaptionWord[])[] {
  if (style.maxLines === 1 || widthOf(group, style) <= room) return [group];
  const splits = group.slice(1).map((_, index) => [group.slice(0, index + 1), group.slice(index + 1)]);
  const widest = (lines: readonly (readonly CaptionWord[])[]) => Math.max(...lines.map((line) => widthOf(line, style)));
  return splits.sort((a, b) => widest(a) - widest(b))[0] ?? [group];
}
