/** Scripts that FreeType draws right without a shaper: one glyph after the other. */
const UNSHAPED = new Set(['Latn', 'Cyrl', 'Grek', 'Hani', 'Hira', 'Kana', 'Hang', 'Bopo', 'Armn', 'Geor']);

/** Scripts that are told apart; the rest counts as `Zzzz`, which needs shaping to be safe. */
const SCRIPTS = (
  'Latn Cyrl Grek Armn Geor Hebr Arab Syrc Thaa Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Thai Laoo Tibt Mymr Khmr Ethi Hang ' +
  'Hira Kana Bopo Hani'
).split(' ');

const matchers = SCRIPTS.map((script) => ({ script, pattern: new RegExp(`\\p{Script_Extensions=${script}}`, 'u') }));
const LETTER = /\p{L}/u;
const COMBINING = /\p{Mn}/u;

/**
 * The ISO 15924 scripts of a text's letters, and whether drawing them takes a shaper (HarfBuzz): joined, reordered or stacked
 * letters, or a text that runs from right to left.
 */
export function scriptsIn(text: string): { readonly scripts: readonly string[]; readonly needsShaping: boolean } {
  const found = new Set<string>();
  for (const character of new Set(text)) {
    if (!LETTER.test(character)) continue;
    found.add(matchers.find(({ pattern }) => pattern.test(character))?.script ?? 'Zzzz');
  }
  const scripts = [...found].sort();
  const needsShaping = scripts.some((script) => !UNSHAPED.has(script)) || COMBINING.test(text.normalize('NFC'));
  return { scripts, needsShaping };
}

const RIGHT_TO_LEFT = new Set(['Arab', 'Hebr', 'Syrc', 'Thaa', 'Nkoo']);

/** Whether the language is written from right to left. */
export function isRightToLeft(tag: string): boolean {
  try {
    return RIGHT_TO_LEFT.has(new Intl.Locale(tag).maximize().script ?? '');
  } catch {
    return false;
  }
}

const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });

/** True for a well-formed BCP 47 tag whose language this runtime's ICU has a name for. */
export function isKnownLanguage(tag: string): boolean {
  try {
    const { language } = new Intl.Locale(tag);
    return language !== 'und' && names.of(language) !== undefined;
  } catch {
    return false;
  }
}

/** The language subtag, lower case; `und` where the tag is none. */
export function baseLanguage(tag: string): string {
  const known = languages.get(tag) ?? languageOf(tag);
  // Tags are people's own texts: their number has no end.
  if (languages.size < MAX_LANGUAGES) languages.set(tag, known);
  return known;
}

const languages = new Map<string, string>();
const MAX_LANGUAGES = 64;

function languageOf(tag: string): string {
  try {
    return new Intl.Locale(tag).language;
  } catch {
    return 'und';
  }
}

const UNSPACED = new Set(['zh', 'yue', 'wuu', 'ja', 'th', 'lo', 'km', 'my', 'bo']);

/** Languages whose words are not set apart by blanks. */
export const isUnspaced = (tag: string): boolean => UNSPACED.has(baseLanguage(tag));
