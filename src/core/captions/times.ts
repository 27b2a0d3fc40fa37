import { normalise } from './text.ts';
import type { CaptionWord } from './types.ts';

/** Shortest time that a word keeps, milliseconds. */
const SHORTEST = 40;
/** A word this many times longer than the film's pace makes likely holds a pause as well. */
const TOO_LONG = 3;
const LEAST_LIMIT = 700;
const USUAL_MS_PER_LETTER = 70;
const SENTENCE_END = /[.!?…。！？।؟]\P{L}*$/u;

/** Words in order, none overlapping the next, all within the film; pauses that a transcriber put into a word taken out of it. */
export function tidyTimes(words: readonly CaptionWord[], durationMs: number): readonly CaptionWord[] {
  // By block, so that a later block does not move the words of an earlier one.
  const paces = new Map(words.map(({ block }) => [block, paceOf(words.filter((word) => word.block === block))]));
  const result: CaptionWord[] = [];
  for (const word of words) {
    const before = result.at(-1);
    const trimmed = withoutPause(word, before, paces.get(word.block) ?? USUAL_MS_PER_LETTER);
    const startMs = Math.max(trimmed.startMs, before === undefined ? 0 : before.startMs + SHORTEST);
    const endMs = Math.min(durationMs, Math.max(trimmed.endMs, startMs + SHORTEST));
    if (startMs >= endMs) continue;
    if (before !== undefined && before.endMs > startMs) result[result.length - 1] = { ...before, endMs: startMs };
    result.push({ ...word, startMs, endMs });
  }
  return result;
}

function paceOf(words: readonly CaptionWord[]): number {
  const paces = words
    .map(({ text, startMs, endMs }) => (endMs - startMs) / Math.max(1, normalise(text).length))
    .sort((a, b) => a - b);
  return paces[Math.floor(paces.length / 2)] ?? USUAL_MS_PER_LETTER;
}

/** A sentence's first word carries the silence before it, any other the silence after it. */
function withoutPause(word: CaptionWord, before: CaptionWord | undefined, pace: number): CaptionWord {
  const limit = Math.max(LEAST_LIMIT, TOO_LONG * pace * Math.max(3, normalise(word.text).length));
  if (word.endMs - word.startMs <= limit) return word;
  const begins = before === undefined || SENTENCE_END.test(before.text);
  return begins
    ? { ...word, startMs: Math.round(word.endMs - limit) }
    : { ...word, endMs: Math.round(word.startMs + limit) };
}
