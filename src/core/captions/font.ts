import { fontFamily, lineUnits, packedAdvances, unitsPerEm } from './font-metrics.ts';

const BASE = 36;

/**
 * Mean advance of a letter in the Noto font that draws a script which the font that ships lacks, as the widest of a few phrases measured
 * in libass; in ems of the font that ships.
 */
const SCRIPT_EMS: readonly (readonly [script: string, em: number])[] = [
  ['Arabic', 0.88],
  ['Hebrew', 0.8],
  ['Thai', 0.57],
  ['Lao', 0.84],
  ['Tamil', 1.06],
  ['Telugu', 0.72],
  ['Malayalam', 1],
  ['Sinhala', 0.88],
  ['Georgian', 0.76],
  ['Armenian', 0.82],
];
const OTHER_EM = 0.67;
const WIDE_EM = 1;
const scripts = SCRIPT_EMS.map(([script, em]) => ({ pattern: new RegExp(`\\p{Script=${script}}`, 'u'), em }));

const advances = unpack(packedAdvances);

function unpack(packed: string): ReadonlyMap<number, number> {
  const result = new Map<number, number>();
  for (const run of packed.split(';')) {
    const [start = '', list = ''] = run.split(':');
    let codePoint = Number.parseInt(start, BASE);
    let advance = 0;
    for (const item of list.split(',')) {
      if (item !== '') advance = Number.parseInt(item, BASE);
      result.set(codePoint++, advance);
    }
  }
  return result;
}

/** Whether the font that ships has a glyph for the code point. */
export function shippedFontCovers(codePoint: number): boolean {
  return advances.has(codePoint);
}

const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60]/u;

/** Layout asks for the same few characters again and again. */
const measured = new Map<string, number>();

function unitsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  const known = advances.get(character.codePointAt(0) ?? 0);
  if (known !== undefined) return known;
  if (WIDE.test(character)) return WIDE_EM * unitsPerEm;
  return (scripts.find(({ pattern }) => pattern.test(character))?.em ?? OTHER_EM) * unitsPerEm;
}

/**
 * How wide a line is when libass draws it at this ASS font size, in the same pixels; without outline and shadow. Kerning makes it a little
 * narrower. For another family than the one that ships it is an estimate.
 */
export function textWidth(text: string, fontSize: number): number {
  let units = 0;
  for (const character of text) {
    let own = measured.get(character);
    if (own === undefined) {
      own = unitsOf(character);
      measured.set(character, own);
    }
    units += own;
  }
  return (units * fontSize) / lineUnits;
}

export { fontFamily as shippedFontFamily };
