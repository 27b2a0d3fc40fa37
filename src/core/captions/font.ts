import { fontFamily, lineUnits, packedAdvances, unitsPerEm } from './font-metrics.ts';

const BASE = 36;

/** Shown where the font that ships has no glyph: another font of the machine will draw it, about this wide. */
const FALLBACK_EM = 0.62;
const WIDE_EM = 1;

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

const ZERO_WIDTH = /[\p{M}\p{Cf}]/u;
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60]/u;

function unitsOf(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  const known = advances.get(character.codePointAt(0) ?? 0);
  if (known !== undefined) return known;
  return (WIDE.test(character) ? WIDE_EM : FALLBACK_EM) * unitsPerEm;
}

/**
 * How wide a line is when libass draws it at this ASS font size, in the same pixels; without outline and shadow. Kerning makes it a little
 * narrower. For another family than the one that ships it is an estimate.
 */
export function textWidth(text: string, fontSize: number): number {
  let units = 0;
  for (const character of text) units += unitsOf(character);
  return (units * fontSize) / lineUnits;
}

export { fontFamily as shippedFontFamily };
