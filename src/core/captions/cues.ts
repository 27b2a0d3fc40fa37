import { breakCost, endsClause, endsSentence, PAUSE } from './breaks.ts';
import { breakLines } from './lines.ts';
import { isUnspaced } from './script.ts';
import { lineWidth } from './style.ts';
import { joinWords } from './subtitles.ts';
import { cueTimes } from './timing.ts';
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

/** Characters per second, blanks included, that a viewer reads along with ease (Netflix: 17 to 20 for adults). */
export const READING_SPEED = 17;
/** In scripts with a sign per word or syllable. */
const READING_SPEED_WIDE = 9;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
/** Netflix's least, five sixths of a second; words that run along may be shorter. */
const SHORTEST_MS = 833;
const SHORTEST_FEW_WORDS_MS = 400;
/** Silence across which nothing stays on screen. */
const LONG_PAUSE = 700;
/** Segments of a language without blanks are about half a word. */
const SEGMENTS_PER_WORD = 2;

const COST = {
  cue: 1.2,
  sentenceInside: 7,
  pauseInside: 4,
  clauseInside: 2,
  orphan: 6,
  tooShort: 5,
  perCharacterTooFast: 1.2,
  unlikeOthers: 1.5,
};

/**
 * The words in cues of one or two lines: broken where the sense and the voice break, readable in their time, none with a lone word where
 * that can be helped, none across a cut between blocks unless the sentence runs on.
 */
export function layoutCues(words: readonly CaptionWord[], options: LayoutOptions): Cue[] {
  const groups = stretches(words, options).flatMap((stretch) => bestGroups(stretch, options));
  return cueTimes(groups, options);
}

/** Lines of one cue. */
export type Lines = readonly (readonly CaptionWord[])[];

/** Runs of words between which a break is certain: a long pause, or a cut at which no sentence runs on. */
function stretches(words: readonly CaptionWord[], { blockCutsMs }: LayoutOptions): readonly (readonly CaptionWord[])[] {
  const result: CaptionWord[][] = [];
  for (const word of words) {
    const before = result.at(-1)?.at(-1);
    const cut = before !== undefined && blockCutsMs.some((ms) => middle(before) < ms && middle(word) >= ms);
    const fresh =
      before === undefined || word.startMs - before.endMs >= LONG_PAUSE || (cut && endsSentence(before.text));
    if (fresh) result.push([word]);
    else result.at(-1)?.push(word);
  }
  return result;
}

const middle = ({ startMs, endMs }: CaptionWord): number => (startMs + endMs) / 2;

/** The cheapest way to cut a stretch into cues, by dynamic programming over the place of the last break. */
function bestGroups(words: readonly CaptionWord[], options: LayoutOptions): readonly Lines[] {
  const { style, language } = options;
  const room = lineWidth(style, options.aspectRatio);
  const most = style.maxWords * (isUnspaced(language) ? SEGMENTS_PER_WORD : 1);
  const best: { cost: number; from: number; lines: Lines }[] = [];
  for (let end = 1; end <= words.length; end++) {
    for (let from = end - 1; from >= Math.max(0, end - most); from--) {
      const group = words.slice(from, end);
      const lines = breakLines(group, style, language, room) ?? (group.length === 1 ? [group] : undefined);
      if (lines === undefined) break;
      if (group.length > 1 && spoken(group) > style.maxCueMs) break;
      const cost = (best[from - 1]?.cost ?? 0) + groupCost(group, words[end], options);
      const known = best[end - 1];
      if (known === undefined || cost < known.cost) best[end - 1] = { cost, from, lines };
    }
  }
  const groups: Lines[] = [];
  for (let end = words.length; end > 0; ) {
    const step = best[end - 1];
    if (step === undefined) break;
    groups.push(step.lines);
    end = step.from;
  }
  return groups.reverse();
}

const spoken = (group: readonly CaptionWord[]): number => (group.at(-1)?.endMs ?? 0) - (group[0]?.startMs ?? 0);

function groupCost(group: readonly CaptionWord[], next: CaptionWord | undefined, options: LayoutOptions): number {
  const { style, language } = options;
  const last = group.at(-1);
  const first = group[0];
  if (first === undefined || last === undefined) return 0;
  let cost: number = COST.cue;
  if (next !== undefined) cost += breakCost(last, next, language);
  for (const [index, word] of group.slice(1).entries()) {
    const before = group[index];
    if (before === undefined) continue;
    if (endsSentence(before.text)) cost += COST.sentenceInside;
    else if (word.startMs - before.endMs >= PAUSE) cost += COST.pauseInside;
    else if (endsClause(before.text)) cost += COST.clauseInside;
  }
  const until = next === undefined ? last.endMs + LONG_PAUSE : Math.min(next.startMs, last.endMs + LONG_PAUSE);
  const shown = until - first.startMs;
  const few = style.maxWords <= 2;
  if (shown < (few ? SHORTEST_FEW_WORDS_MS : SHORTEST_MS)) cost += COST.tooShort;
  if (isOrphan(group, shown, style)) cost += COST.orphan;
  const text = joinWords(group);
  const tooFast = [...text].length / (shown / 1000) - (WIDE.test(text) ? READING_SPEED_WIDE : READING_SPEED);
  if (tooFast > 0) cost += COST.perCharacterTooFast * tooFast * (1 + tooFast);
  const most = style.maxWords * (isUnspaced(language) ? SEGMENTS_PER_WORD : 1);
  return cost + COST.unlikeOthers * (1 - group.length / most) ** 2;
}

const LONG_WORD = 9;

/** A lone short word among cues of several. */
function isOrphan(group: readonly CaptionWord[], shownMs: number, style: CaptionStyle): boolean {
  if (style.maxWords === 1 || group.length > 1) return false;
  const [word] = group;
  if (word === undefined || shownMs >= SHORTEST_MS + PAUSE) return false;
  return [...word.text].length < LONG_WORD;
}
