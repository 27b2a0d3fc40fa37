/** What a recogniser gets wrong, on demand and the same each time. */
import type { HeardSegment, HeardWord } from '../../core/ports.ts';
import { seeded } from './random.ts';
import { bareWord } from './words.ts';

/** How badly the transcriber hears. */
export interface Hearing {
  /** Share of the words that are not heard, 0 to 1. @default 0 */
  readonly drop?: number;
  /** Share of the words that are heard as others. @default 0 */
  readonly replace?: number;
  /** Share of the words that are heard as two. @default 0 */
  readonly split?: number;
  /** Word times are off by up to so much, milliseconds. @default 0 */
  readonly jitterMs?: number;
  /** Hears words in silence, as Whisper does. @default false */
  readonly hallucinate?: boolean;
  /** Gives a confidence with each word. @default false */
  readonly confidence?: boolean;
}

const SILENCE_MS = 900;
const INVENTED = ['Thanks', 'for', 'watching'];

/** The words as this hearing has them: in order, without overlaps. */
export function mishear(words: readonly HeardWord[], hearing: Hearing, durationMs: number, seed: unknown): HeardWord[] {
  const random = seeded('hearing', seed);
  const { drop = 0, replace = 0, split = 0, jitterMs = 0 } = hearing;
  const heard = words.flatMap((word): HeardWord[] => {
    // One draw each, whatever the shares are, so that raising one leaves the others' choices as they were.
    const [dropped, replaced, halved, shift] = [random(), random(), random(), random()];
    if (dropped < drop) return [];
    const moved = shifted(word, Math.round((2 * shift - 1) * jitterMs));
    const text = replaced < replace ? garble(word.text, random) : word.text;
    if (halved >= split || [...text].length < 4) return [{ ...moved, text }];
    const half = Math.ceil([...text].length / 2);
    const middle = Math.round((moved.startMs + moved.endMs) / 2);
    return [
      { ...moved, text: [...text].slice(0, half).join(''), endMs: middle },
      { ...moved, text: [...text].slice(half).join(''), startMs: middle },
    ];
  });
  const said = hearing.hallucinate ? [...heard, ...invented(words, durationMs)] : heard;
  const ordered = inOrder(said, durationMs);
  return hearing.confidence
    ? ordered.map((word) => ({ ...word, confidence: Math.round((0.7 + 0.3 * random()) * 100) / 100 }))
    : ordered;
}

const shifted = (word: HeardWord, byMs: number): HeardWord => ({
  ...word,
  startMs: Math.max(0, word.startMs + byMs),
  endMs: Math.max(0, word.endMs + byMs),
});

/** Another word of about that length and script. */
function garble(text: string, random: () => number): string {
  const letters = [...bareWord(text)];
  const at = Math.floor(random() * letters.length);
  const other = letters[Math.floor(random() * letters.length)] ?? '';
  return [...letters.slice(0, at), other, ...letters.slice(at + 1), other].join('');
}

/** Words over the longest silence, where there is one. */
function invented(words: readonly HeardWord[], durationMs: number): HeardWord[] {
  const edges = [0, ...words.flatMap((word) => [word.startMs, word.endMs]), durationMs];
  let longest = { from: 0, to: 0 };
  for (let i = 0; i + 1 < edges.length; i += 2) {
    const from = edges[i] as number;
    const to = edges[i + 1] as number;
    if (to - from > longest.to - longest.from) longest = { from, to };
  }
  const length = longest.to - longest.from;
  if (length < SILENCE_MS) return [];
  const each = Math.floor(Math.min(length - 200, 900) / INVENTED.length);
  return INVENTED.map((text, i) => ({
    text,
    startMs: longest.from + 100 + i * each,
    endMs: longest.from + 100 + (i + 1) * each,
  }));
}

function inOrder(words: readonly HeardWord[], durationMs: number): HeardWord[] {
  let last = 0;
  return [...words]
    .sort((a, b) => a.startMs - b.startMs)
    .flatMap((word) => {
      const startMs = Math.max(last, word.startMs);
      const endMs = Math.min(durationMs, word.endMs);
      if (endMs <= startMs) return [];
      last = endMs;
      return [{ ...word, startMs, endMs }];
    });
}

const PAUSE_MS = 600;

/** Stretches of words without a long pause, with the quality figures that Whisper gives. */
export function segmentsOf(words: readonly HeardWord[], glue: string): HeardSegment[] {
  const groups: HeardWord[][] = [];
  for (const word of words) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    if (group && before && word.startMs - before.endMs < PAUSE_MS) group.push(word);
    else groups.push([word]);
  }
  return groups.map((group) => {
    const text = group.map((word) => word.text).join(glue);
    const made = INVENTED.every((word) => text.includes(word));
    return {
      text,
      startMs: (group[0] as HeardWord).startMs,
      endMs: (group.at(-1) as HeardWord).endMs,
      averageLogProbability: made ? -0.9 : -0.2,
      compressionRatio: 1.2,
      noSpeechProbability: made ? 0.82 : 0.02,
    };
  });
}
