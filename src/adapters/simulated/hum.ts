/** Sound with the rhythm of speech, for languages and machines without a voice: a sung vowel per syllable. */
import { seeded } from './random.ts';
import { SAMPLE_RATE } from './wav.ts';

/** First and second formant of a, e, i, o, u, Hz. */
const VOWELS = [
  [730, 1090],
  [530, 1840],
  [270, 2290],
  [570, 840],
  [300, 870],
] as const;
const PITCH_HZ = 118;
const HARMONICS = 20;
/** Syllables of an average word, which turns words per minute into a tempo. */
const SYLLABLES_PER_WORD = 1.9;
const WORD_GAP_SYLLABLES = 0.3;

export function hum(text: string, wordsPerMinute: number): Int16Array {
  const syllable = Math.round((SAMPLE_RATE * 60) / wordsPerMinute / SYLLABLES_PER_WORD);
  const gap = Math.round(syllable * WORD_GAP_SYLLABLES);
  const parts = text
    .split(/\s+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .flatMap((word) => [
      ...Array.from({ length: syllables(word) }, (_, i) => sing(word, i, syllable)),
      new Int16Array(gap),
    ]);
  const sound = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    sound.set(part, at);
    at += part.length;
  }
  return sound;
}

/** A syllable per Chinese character or kana, else per two or three letters. */
function syllables(word: string): number {
  const full = word.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu)?.length ?? 0;
  const letters = (word.match(/[\p{L}\p{N}]/gu)?.length ?? 0) - full;
  return Math.max(1, full + Math.round(letters / 2.7));
}

function sing(word: string, index: number, length: number): Int16Array {
  const random = seeded('hum', word, index);
  const [first, second] = VOWELS[Math.floor(random() * VOWELS.length)] ?? VOWELS[0];
  const pitch = PITCH_HZ * (0.92 + 0.2 * random());
  const resonance = (hz: number) =>
    Math.exp(-(((hz - first) / 130) ** 2)) + 0.6 * Math.exp(-(((hz - second) / 180) ** 2)) + 0.04;
  const loudness = Array.from({ length: HARMONICS }, (_, i) => resonance(pitch * (i + 1)));
  return Int16Array.from({ length }, (_, i) => {
    const swell = Math.min(1, i / (0.12 * length), (length - i) / (0.35 * length));
    const phase = (2 * Math.PI * pitch * i) / SAMPLE_RATE;
    const wave = loudness.reduce((sum, level, harmonic) => sum + level * Math.sin(phase * (harmonic + 1)), 0);
    return 6000 * swell * wave;
  });
}
