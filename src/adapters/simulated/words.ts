/** Text as words that are spoken one after the other. */

/** Languages that put no blanks between words. */
const UNSPACED = /^(ja|zh|yue|cmn|th|lo|km|my)\b/i;

export const isSpaced = (language: string): boolean => !UNSPACED.test(language);
const SPOKEN = /[\p{L}\p{N}]/u;
/** A pause follows these. */
const CLAUSE_END = /[,.;:!?…،؛؟。、！？；：।]["'»”’)\]]*$/u;

export interface Clause {
  readonly words: readonly string[];
  /** The clause as it is written. */
  readonly text: string;
  /** Ends a sentence rather than a part of one. */
  readonly final: boolean;
}

/** The words as they are written, punctuation still on them. */
export function splitWords(text: string, language: string): string[] {
  const spaced = text.split(/\s+/u).filter((word) => word !== '');
  const pieces = isSpaced(language) ? spaced : spaced.flatMap((word) => segment(word, language));
  // A dash between blanks is nothing that is said; it stays on the word before it.
  return pieces.reduce<string[]>((words, piece) => {
    const last = words.length - 1;
    if (SPOKEN.test(piece) || last < 0) words.push(piece);
    else words[last] = `${words[last]}${isSpaced(language) ? ' ' : ''}${piece}`;
    return words;
  }, []);
}

function segment(text: string, language: string): string[] {
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  return [...segmenter.segment(text)].map((part) => part.segment);
}

/** The text in stretches that are spoken in one breath. */
export function splitClauses(text: string, language: string): Clause[] {
  const glue = isSpaced(language) ? ' ' : '';
  const groups: string[][] = [[]];
  for (const word of splitWords(text, language)) {
    groups.at(-1)?.push(word);
    if (CLAUSE_END.test(word)) groups.push([]);
  }
  return groups
    .filter((words) => words.some((word) => SPOKEN.test(word)))
    .map((words) => ({
      words,
      text: words.join(glue),
      final: /[.!?…؟。！？।]["'»”’)\]]*$/u.test(words.at(-1) ?? ''),
    }));
}

/** A word as a recogniser writes it: without punctuation. */
export const bareWord = (word: string): string =>
  word.replace(/^[^\p{L}\p{N}]+/u, '').replace(/[^\p{L}\p{M}\p{N}%°€$£]+$/u, '');
