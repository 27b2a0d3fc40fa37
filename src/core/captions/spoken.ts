import { contractions } from './contractions.ts';
import { numberSpeakers, signWords } from './number-words.ts';
import { baseLanguage } from './script.ts';
import { normalise } from './text.ts';

const MOST_FORMS = 10;
const LARGEST = 999_999_999;

/** A written word's possible sounds, spelt out and normalised; its own letters come first. */
export function spokenForms(text: string, language: string): readonly string[] {
  const base = baseLanguage(language);
  const own = normalise(text);
  const forms = new Set([own]);
  for (const form of numberForms(text, base)) forms.add(normalise(form));
  for (const form of writtenOut(text, base)) forms.add(normalise(form));
  forms.delete('');
  return [...forms].slice(0, MOST_FORMS);
}

function writtenOut(text: string, base: string): readonly string[] {
  const word = text
    .toLowerCase()
    .replace(/[’ʼ]/gu, "'")
    .replace(/^[^\p{L}\p{N}']+|[^\p{L}\p{N}'.]+$/gu, '');
  const forms: string[] = [];
  for (const candidate of new Set([word, word.replace(/\.+$/u, '')])) {
    for (const [pattern, ...spoken] of contractions[base] ?? []) {
      if (pattern.test(candidate)) forms.push(...spoken.map((form) => candidate.replace(pattern, form)));
    }
  }
  return forms;
}

const NUMBER = /\d+(?:[.,' \u00a0\u202f]\d{3})*(?:[.,:]\d+)?/u;

/** Every way to say a word with digits or signs in it: `$2.5` is `two point five dollars`. */
function numberForms(text: string, base: string): readonly string[] {
  const found = NUMBER.exec(text);
  const names = signWords[base];
  if (names === undefined) return [];
  const sign = Object.keys(names.signs).find((candidate) => text.includes(candidate));
  const signNames = sign === undefined ? [''] : [...(names.signs[sign] ?? ['']), ''];
  if (found === null) return sign === undefined ? [] : signNames.map((name) => `${normalise(text)} ${name}`);
  const before = text.slice(0, found.index).replace(/[^\p{L}]/gu, '');
  const after = text.slice(found.index + found[0].length).replace(/[^\p{L}]/gu, '');
  return readings(found[0], base, after).flatMap((reading) => signNames.map((name) => `${before} ${reading} ${name}`));
}

function readings(number: string, base: string, suffix: string): readonly string[] {
  const say = numberSpeakers[base];
  const names = signWords[base];
  if (say === undefined || names === undefined) return [];
  if (/^\d+:\d+$/u.test(number)) {
    const [hours = '', minutes = ''] = number.split(':');
    const tails = Number(minutes) === 0 ? ['', ...say(0)] : say(Number(minutes));
    return say(Number(hours)).flatMap((head) => tails.map((tail) => `${head} ${tail} ${suffix}`));
  }
  const grouping = names.decimalSeparator === '.' ? /[,' \u00a0\u202f](?=\d{3})/gu : /[.' \u00a0\u202f](?=\d{3})/gu;
  const [whole = '', decimals] = number.replace(grouping, '').split(names.decimalSeparator);
  const value = Number(whole.replace(/\D/gu, ''));
  if (!Number.isSafeInteger(value) || value > LARGEST) return [];
  const ordinal = base === 'en' ? englishOrdinal(say(value), suffix) : undefined;
  if (ordinal !== undefined) return ordinal;
  const digits = (text: string) => [...text].map((digit) => say(Number(digit))[0] ?? '').join(' ');
  if (decimals !== undefined)
    return say(value).flatMap((head) =>
      [digits(decimals), ...say(Number(decimals))].map((tail) => `${head} ${names.point} ${tail} ${suffix}`),
    );
  const spelt = whole.length > 1 && whole.length <= 4 ? [digits(whole)] : [];
  return [...say(value), ...spelt].map((reading) => `${reading} ${suffix}`);
}

const IRREGULAR: Readonly<Record<string, string>> = {
  one: 'first',
  two: 'second',
  three: 'third',
  five: 'fifth',
  eight: 'eighth',
  nine: 'ninth',
  twelve: 'twelfth',
};

function englishOrdinal(cardinals: readonly string[], suffix: string): readonly string[] | undefined {
  if (suffix === 's') return cardinals.map((text) => (text.endsWith('y') ? `${text.slice(0, -1)}ies` : `${text}s`));
  if (!/^(?:st|nd|rd|th)$/u.test(suffix)) return undefined;
  return cardinals.map((text) => {
    const cut = text.lastIndexOf(' ') + 1;
    const last = text.slice(cut);
    return text.slice(0, cut) + (IRREGULAR[last] ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`));
  });
}

const speakDigits = /\d/u;

/** Whether a word may take several spoken words: one with digits. */
export const isNumeric = (text: string): boolean => speakDigits.test(text);
