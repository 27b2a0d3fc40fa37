import { breathing, leaning, trailing } from './function-words.ts';
import { baseLanguage } from './script.ts';
import { normalise } from './text.ts';
import type { CaptionWord } from './types.ts';

const SENTENCE_END = /(?:[.!?…。！？।؟｡]|\.{3})["'\p{Pe}\p{Pf}]*$/u;
const CLAUSE_END = /[;:–—；：،؛][\p{Pe}\p{Pf}"']*$|[\p{Pe}]$/u;
const COMMA = /[,，、､][\p{Pe}\p{Pf}"']*$/u;
const ABBREVIATION = /^(?:\p{L}\.)+$|^(?:mr|mrs|ms|dr|st|vs|etc|prof|sr|jr|mme|nr|z\.b|sra|dott)\.$/iu;

/** Whether a sentence ends with this word. */
export const endsSentence = (text: string): boolean => SENTENCE_END.test(text) && !ABBREVIATION.test(text);

/** Whether a clause ends with this word: a comma, a colon, a dash. */
export const endsClause = (text: string): boolean => CLAUSE_END.test(text) || COMMA.test(text);

/** Silence after which something new begins, milliseconds. */
export const PAUSE = 350;
const BREATH = 180;

const COST = {
  sentence: 0,
  clause: 0.6,
  comma: 1.2,
  pause: 1,
  breath: 2.2,
  conjunction: 2.6,
  any: 4,
  leaning: 8,
  trailing: 9,
};

/** What it costs the reader when the text is broken between two words; 0 is the best place. */
export function breakCost(before: CaptionWord, after: CaptionWord, language: string): number {
  if (endsSentence(before.text)) return COST.sentence;
  if (CLAUSE_END.test(before.text)) return COST.clause;
  const silence = after.startMs - before.endMs;
  if (COMMA.test(before.text)) return silence >= BREATH ? COST.clause : COST.comma;
  if (silence >= PAUSE) return COST.pause;
  const base = baseLanguage(language);
  if (after.joined === true && trailing[base]?.test(normalise(after.text)) === true) return COST.trailing;
  if (leaning[base]?.has(normalise(afterElision(before.text))) === true) return COST.leaning;
  if (silence >= BREATH) return COST.breath;
  return breathing[base]?.has(normalise(after.text)) === true ? COST.conjunction : COST.any;
}

/** `l'on` leans as `on` does. */
const afterElision = (text: string): string => text.split(/['’]/u).at(-1) ?? text;
