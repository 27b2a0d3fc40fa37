import { hanNumbers } from './han-numbers.ts';
import type { Credible } from './heard.ts';
import { baseLanguage, isUnspaced } from './script.ts';
import { isNumeric, spokenForms } from './spoken.ts';
import { normalise } from './text.ts';
import type { Token } from './tokens.ts';

/** What is compared with what: a word, or a character in languages that set no blanks. */
interface Unit {
  readonly bare: string;
  /** Its possible sounds, the bare one first. */
  readonly forms: readonly string[];
  readonly numeric: boolean;
}

/** A word of the script in its block. */
export interface Written extends Token {
  readonly block: number;
  /** When it can be said at all. */
  readonly fromMs: number;
  readonly toMs: number;
}

export interface WrittenUnit extends Unit {
  readonly word: Written;
}

export interface HeardUnit extends Unit {
  readonly word: Credible;
  readonly startMs: number;
  readonly endMs: number;
}

const KATAKANA = /[\u30a1-\u30f6]/gu;
const HIRAGANA_OFFSET = 0x60;

/** Katakana as hiragana: transcribers choose between them as they like. */
const foldKana = (text: string): string =>
  text.replace(KATAKANA, (kana) => String.fromCodePoint((kana.codePointAt(0) ?? 0) - HIRAGANA_OFFSET));

const HAN = new Set(['zh', 'yue', 'wuu', 'ja']);

function characters(bare: string, language: string): readonly Unit[] {
  const said = HAN.has(baseLanguage(language)) ? hanNumbers(bare, language) : bare;
  return [...foldKana(said)].map((character) => ({ bare: character, forms: [character], numeric: false }));
}

export function writtenUnits(words: readonly Written[], language: string): readonly WrittenUnit[] {
  return words.flatMap((word) =>
    isUnspaced(language)
      ? characters(word.bare, language).map((unit) => ({ ...unit, word }))
      : [{ bare: word.bare, forms: spokenForms(word.text, language), numeric: isNumeric(word.text), word }],
  );
}

export function heardUnits(words: readonly Credible[], language: string): readonly HeardUnit[] {
  return words.flatMap((word) => {
    const { startMs, endMs, text, bare } = word;
    if (!isUnspaced(language))
      return [{ bare, forms: spokenForms(text, language), numeric: isNumeric(text), word, startMs, endMs }];
    const units = characters(normalise(text), language);
    const at = (index: number) => startMs + ((endMs - startMs) * index) / units.length;
    return units.map((unit, index) => ({ ...unit, word, startMs: at(index), endMs: at(index + 1) }));
  });
}
