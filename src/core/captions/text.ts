/** Controls, line ends, bidi embeddings and isolates, byte order marks: nothing that may reach a caption file. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
  /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]+/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** A person's or a model's text on one line: NFC, controls gone, white space single. */
export function cleanText(text: string): string {
  return text.normalize('NFC').replace(LONE_SURROGATE, '').replace(UNPRINTABLE, ' ').replace(/\s+/gu, ' ').trim();
}

/** Emoji sequences as Unicode recommends them, then whatever pictograph, flag half or skin tone stands alone. */
const EMOJI = new RegExp(
  [
    '\\p{RGI_Emoji}[\\u200d\\ufe0e\\ufe0f]*',
    '[\\p{Extended_Pictographic}\\p{Regional_Indicator}\\p{Emoji_Modifier}][\\u200d\\ufe0e\\ufe0f\\u20e3]*',
  ].join('|'),
  'gv',
);
/** Pictographic for Unicode, yet plain signs that text fonts have. */
const TEXT_SIGNS = /[©®™‼⁉ℹ↔↩↪]/u;

/** Without emoji: no renderer of subtitles draws them (colour fonts), so burned captions leave them out. */
export function withoutEmoji(text: string): string {
  return text
    .replace(EMOJI, (emoji) => (TEXT_SIGNS.test(emoji) ? emoji.replace(/[\ufe0e\ufe0f]/gu, '') : ''))
    .replace(/\s+/gu, ' ')
    .trim();
}

/** What two spellings of a word share: letters, marks and digits, lower case, compatibility forms folded. */
export function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
}

/** A code point as a person can look it up: `é (U+00E9)`. */
const described = (character: string): string =>
  `${character} (U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')})`;

/**
 * The text with what a font cannot draw replaced by a plain form that it can (compatibility form, letter without its mark, a plain
 * quotation mark) or left out. `dropped` describes each character that is gone.
 */
export function renderableText(
  text: string,
  covers: (codePoint: number) => boolean,
): { readonly text: string; readonly dropped: readonly string[] } {
  const has = (part: string) => [...part].every((character) => covers(character.codePointAt(0) ?? 0));
  const dropped = new Set<string>();
  let result = '';
  for (const character of cleanText(text)) {
    const form = plainForms(character).find(has);
    if (form === undefined) dropped.add(described(character));
    result += form ?? '';
  }
  return { text: result.replace(/\s+/gu, ' ').trim(), dropped: [...dropped] };
}

const PLAIN: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  ʼ: "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '–': '-',
  '—': '-',
  '‑': '-',
  '−': '-',
  '…': '...',
  '\u00a0': ' ',
  '\u202f': ' ',
  '×': 'x',
};

function plainForms(character: string): readonly string[] {
  const compatible = character.normalize('NFKC');
  const bare = compatible.normalize('NFD').replace(/\p{M}+/gu, '');
  const plain = PLAIN[character];
  return [character, compatible, ...(plain === undefined ? [] : [plain]), ...(bare === '' ? [] : [bare])];
}

/** `renderableText` for a film's words; a word of which nothing is left goes too. */
export function renderableWords<Word extends { readonly text: string }>(
  words: readonly Word[],
  covers: (codePoint: number) => boolean,
): { readonly words: readonly Word[]; readonly dropped: readonly string[] } {
  const dropped = new Set<string>();
  const kept = words.flatMap((word) => {
    const result = renderableText(word.text, covers);
    for (const character of result.dropped) dropped.add(character);
    return result.text === '' ? [] : [{ ...word, text: result.text }];
  });
  return { words: kept, dropped: [...dropped] };
}

/** Capitals as the language has them (Turkish dotted I, Greek without accents). */
export const upperCase = (text: string, language: string): string => {
  try {
    return text.toLocaleUpperCase(language);
  } catch {
    return text.toUpperCase();
  }
};
