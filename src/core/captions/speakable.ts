import { baseLanguage } from './script.ts';
import { cleanText } from './text.ts';

/**
 * Characters per second, blanks included, of brisk natural speech: syllable rates of Pellegrino, Coupé and Marsico (2011) times letters per
 * syllable.
 */
const RATES: Readonly<Record<string, number>> = { zh: 5.2, yue: 5.2, ja: 7, ko: 7, th: 14, ar: 13, he: 12, hi: 13 };
const RATE = 17;
const SENTENCE_PAUSE = 0.25;

/** Whether a dialogue can be said in its block at a natural pace. */
export function speakable(
  dialogue: string,
  language: string,
  seconds: number,
): { readonly ok: boolean; readonly estimatedSeconds: number } {
  const text = cleanText(dialogue);
  const pauses = Math.max(0, (text.match(/[.!?…。！？।؟]+(?=\s|\p{L})/gu) ?? []).length);
  const length = [...text].filter((character) => /[\p{L}\p{N} ]/u.test(character)).length;
  const estimatedSeconds = length / (RATES[baseLanguage(language)] ?? RATE) + pauses * SENTENCE_PAUSE;
  return { ok: estimatedSeconds <= seconds, estimatedSeconds };
}
