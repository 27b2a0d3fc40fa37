import { breakCost } from './breaks.ts';
import { textWidth } from './font.ts';
import { joinWords } from './subtitles.ts';
import { upperCase, withoutEmoji } from './text.ts';
import type { CaptionStyle, CaptionWord } from './types.ts';

type Line = readonly CaptionWord[];

/** A line's width as it will be drawn: no emoji, in capitals where the style has them. */
export function widthOf(
  line: readonly Pick<CaptionWord, 'text' | 'joined'>[],
  style: CaptionStyle,
  language: string,
): number {
  const text = withoutEmoji(joinWords(line));
  return textWidth(style.case === 'upper' ? upperCase(text, language) : text, style.fontSize);
}

/** Unevenness of two lines against the place of the break. */
const BALANCE = 10;
const SENSE = 0.8;
/** Pyramids read best with the longer line below. */
const TOP_HEAVY = 0.6;
const STUB = 4;
const STUB_LETTERS = 3;

/** One line where it fits, else the two that read best; undefined where neither fits in `room`. */
export function breakLines(
  words: Line,
  style: CaptionStyle,
  language: string,
  room: number,
): readonly Line[] | undefined {
  if (widthOf(words, style, language) <= room) return [words];
  if (style.maxLines === 1) return undefined;
  let best: { cost: number; lines: readonly Line[] } | undefined;
  for (let at = 1; at < words.length; at++) {
    const lines = [words.slice(0, at), words.slice(at)];
    const [top = 0, bottom = 0] = lines.map((line) => widthOf(line, style, language));
    const before = words[at - 1];
    const after = words[at];
    if (top > room || bottom > room || before === undefined || after === undefined) continue;
    const cost =
      (BALANCE * Math.abs(top - bottom)) / room +
      SENSE * breakCost(before, after, language) +
      (top > bottom ? TOP_HEAVY : 0) +
      (isStub(lines[0]) || isStub(lines[1]) ? STUB : 0);
    if (best === undefined || cost < best.cost) best = { cost, lines };
  }
  return best?.lines;
}

const isStub = (line: Line | undefined): boolean =>
  line?.length === 1 && [...(line[0]?.text ?? '')].length <= STUB_LETTERS && line[0]?.joined !== true;
