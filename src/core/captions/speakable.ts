import { baseLanguage } from './script.ts';
import { isNumeric, spokenForms } from './spoken.ts';
import { cleanText } from './text.ts';

/**
 * Characters per second, blanks included, of brisk natural speech: the syllable rates of Pellegrino, Coupé and Marsico (2011: English
 * 6.2, German 6.0, Italian 7.0, French 7.2, Spanish 7.8, Japanese 7.8 morae, Mandarin 5.2) times the letters of a syllable in writing.
 */
const RATES: Readonly<Record<string, number>> = { zh: 5.2, yue: 5.2, ja: 6.5, ko: 7, th: 14, ar: 13, he: 12, hi: 13 };
const RATE = 17;
const SENTENCE_PAUSE = 0.25;
const SENTENCE_END = /[.!?…。！？।؟]+(?=\s|\p{L})/gu;
const SAID = /[\p{L}\p{N}\p{M}]/u;

/** Whether a dialogue can be said in its block at a brisk, natural pace; numbers count as the words that they are said as. */
export function speakable(
  dialogue: string,
  language: string,
  seconds: number,
): { readonly ok: boolean; readonly estimatedSeconds: number } {
  const text = cleanText(dialogue);
  const words = text.split(' ').filter((word) => SAID.test(word));
  const letters = words.map((word) => {
    const spoken = isNumeric(word) ? (spokenForms(word, language)[1] ?? word) : word;
    return [...spoken].filter((character) => SAID.test(character)).length;
  });
  const length = letters.reduce((sum, count) => sum + count, 0) + Math.max(0, words.length - 1);
  const pauses = text.match(SENTENCE_END)?.length ?? 0;
  const estimatedSeconds = length / (RATES[baseLanguage(language)] ?? RATE) + pauses * SENTENCE_PAUSE;
  return { ok: estimatedSeconds <= seconds, estimatedSeconds: Math.round(estimatedSeconds * 100) / 100 };
}
