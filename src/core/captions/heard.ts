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
  readonly bare: string;
  /** The segment that it was said in. */
  readonly segment?: HeardSegment;
}

/** The heard words without what no one said: in time order, within the film, never overlapping. */
export function credibleWords(heard: Transcript, durationMs: number): readonly Credible[] {
  const inTime = heard.words
    .filter((word) => isSaid(word, durationMs))
    .map((word) => {
      const segment = segmentOf(word, heard.segments);
      const bare = normalise(word.text);
      return { ...word, bare, endMs: Math.min(word.endMs, durationMs), ...(segment === undefined ? {} : { segment }) };
    })
    .filter(({ bare, segment }) => bare !== '' && (segment === undefined || !isHallucinated(segment)))
    .sort((a, b) => a.startMs - b.startMs);
  return withoutLoops(inTime);
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

/** A pattern of words said three times and more in a row is a decoder's loop: the first time stays. */
function withoutLoops(words: readonly Credible[]): readonly Credible[] {
  const kept: Credible[] = [];
  let index = 0;
  while (index < words.length) {
    const loop = loopAt(words, index);
    const word = words[index];
    if (loop === undefined && word !== undefined) {
      kept.push(word);
      index++;
    } else if (loop !== undefined) {
      kept.push(...words.slice(index, index + loop.length));
      index += loop.length * loop.times;
    }
  }
  return kept;
}

function loopAt(words: readonly Credible[], start: number): { length: number; times: number } | undefined {
  for (let length = 1; length <= LONGEST_PATTERN; length++) {
    let times = 1;
    const same = (round: number) =>
      Array.from({ length }, (_, offset) => offset).every(
        (offset) =>
          words[start + offset]?.bare !== undefined &&
          words[start + offset]?.bare === words[start + round * length + offset]?.bare,
      );
    while (same(times)) times++;
    if (times >= REPEATS) return { length, times };
  }
  return undefined;
}
