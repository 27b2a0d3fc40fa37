import type { HeardSegment, HeardWord, Transcript } from '../ports.ts';
import { normalise } from './text.ts';

/** Figures of Whisper's own decoder and of its users in the field; past them a segment is music or silence put into words. */
const SILENCE = { noSpeech: 0.6, logProbability: -0.5 };
const REPETITIVE = 2.4;
const IMPROBABLE = -1;
/** A spoken word takes longer than nothing and less than this, milliseconds. */
const LONGEST_WORD = 2500;
const REPEATS = 3;
const LONGEST_PATTERN = 6;

/** A heard word that is believed. */
export interface Credible extends HeardWord {
  /** As its segment writes it, punctuation included; the word itself where the segment does not have it. */
  readonly text: string;
  readonly bare: string;
  /** The segment that it was said in. */
  readonly segment?: HeardSegment;
}

/**
 * The heard words without what no one said: in time order, within the film. `written` are the script's words, bare: what it repeats itself
 * is no loop.
 */
export function credibleWords(heard: Transcript, durationMs: number, written: readonly string[]): readonly Credible[] {
  const inTime = spelled(heard)
    .filter((word) => isSaid(word, durationMs))
    .map((word) => {
      const segment = segmentOf(word, heard.segments);
      const bare = normalise(word.text);
      return { ...word, bare, endMs: Math.min(word.endMs, durationMs), ...(segment === undefined ? {} : { segment }) };
    })
    .filter(({ bare, segment }) => bare !== '' && (segment === undefined || !isHallucinated(segment)))
    .sort((a, b) => a.startMs - b.startMs);
  return withoutLoops(inTime, written);
}

function isSaid({ startMs, endMs }: HeardWord, durationMs: number): boolean {
  const length = endMs - startMs;
  return length > 0 && length <= LONGEST_WORD && startMs >= 0 && startMs < durationMs;
}

function segmentOf(word: HeardWord, segments: readonly HeardSegment[]): HeardSegment | undefined {
  const middle = (word.startMs + word.endMs) / 2;
  return segments.find(({ startMs, endMs }) => middle >= startMs && middle < endMs);
}

function isHallucinated(segment: HeardSegment): boolean {
  const { noSpeechProbability = 0, averageLogProbability = 0, compressionRatio = 0 } = segment;
  if (noSpeechProbability > SILENCE.noSpeech && averageLogProbability < SILENCE.logProbability) return true;
  return compressionRatio > REPETITIVE || averageLogProbability < IMPROBABLE;
}

/** The segments that are believed. */
export const soundSegments = (segments: readonly HeardSegment[]): readonly HeardSegment[] =>
  segments.filter((segment) => !isHallucinated(segment));

/** Figures at which words that the script does not have are not believed. */
const DOUBT = { noSpeech: 0.35, logProbability: -0.7 };

/** A segment that may be music or silence put into words; undecided where the transcriber gives no figures. */
export function isDoubtful({ noSpeechProbability = 0, averageLogProbability = 0 }: HeardSegment): boolean {
  return noSpeechProbability > DOUBT.noSpeech || averageLogProbability < DOUBT.logProbability;
}

/** A pattern of words said three times and more in a row is a decoder's loop: it stays as often as the script has it, at least once. */
function withoutLoops(words: readonly Credible[], written: readonly string[]): readonly Credible[] {
  const said = words.map(({ bare }) => bare);
  const kept: Credible[] = [];
  let index = 0;
  while (index < words.length) {
    const { length, times } = loopAt(said, index);
    const allowed =
      times < REPEATS ? times : Math.max(1, Math.min(times, repeatsOf(said.slice(index, index + length), written)));
    kept.push(...words.slice(index, index + length * allowed));
    index += length * times;
  }
  return kept;
}

/** The pattern that repeats most words from here on; a lone word once where none does. */
function loopAt(said: readonly string[], start: number): { length: number; times: number } {
  for (let length = 1; length <= LONGEST_PATTERN; length++) {
    const times = repeatsAt(said.slice(start, start + length), said, start);
    if (times >= REPEATS) return { length, times };
  }
  return { length: 1, times: 1 };
}

function repeatsAt(pattern: readonly string[], words: readonly string[], start: number): number {
  let times = 0;
  while (pattern.every((bare, offset) => words[start + times * pattern.length + offset] === bare)) times++;
  return times;
}

const repeatsOf = (pattern: readonly string[], words: readonly string[]): number =>
  Math.max(0, ...words.map((_, start) => repeatsAt(pattern, words, start)));

/** How far ahead in its segment's text a word is looked for, letters. */
const AHEAD = 40;
const TRAILING = /^[^\p{L}\p{N}\s\p{Ps}\p{Pi}¿¡]+/u;
const LEADING = /[\p{Ps}\p{Pi}¿¡]$/u;

/** Words with the capitals and the punctuation that transcribers put only into their segments. */
function spelled({ words, segments }: Transcript): readonly HeardWord[] {
  const read = new Map<HeardSegment, number>();
  return words.map((word) => {
    const segment = segmentOf(word, segments);
    const own = word.text.trim();
    if (segment === undefined || own === '') return word;
    const from = read.get(segment) ?? 0;
    const at = segment.text.toLowerCase().indexOf(own.toLowerCase(), from);
    if (at === -1 || at - from > AHEAD) return word;
    const end = at + own.length;
    const trailing = TRAILING.exec(segment.text.slice(end))?.[0] ?? '';
    const leading = LEADING.exec(segment.text.slice(from, at))?.[0] ?? '';
    read.set(segment, end + trailing.length);
    return { ...word, text: leading + segment.text.slice(at, end) + trailing };
  });
}
