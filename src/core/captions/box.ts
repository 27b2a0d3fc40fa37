import type { AssOptions } from './ass-events.ts';
import { colourTags } from './ass-text.ts';
import { shippedFontCovers, shippedFontFamily } from './font.ts';
import { widthOf } from './lines.ts';
import { BOX_PADDING, canvasOf, safeZoneOf } from './style.ts';
import type { CaptionStyle, CaptionWord } from './types.ts';

/** Whether another font draws some of the text, so that its true width is not known here. */
export const isOutsideShippedFont = (text: string, style: CaptionStyle): boolean =>
  style.font !== shippedFontFamily || [...text].some((character) => !shippedFontCovers(character.codePointAt(0) ?? 0));

const RADIUS = 22;
/** How far the curve's control points are from the corner, as a share of the radius. */
const CONTROL = 0.45;

/** A rounded box behind the lines, as an ASS drawing. */
export function boxOf(
  lines: readonly (readonly CaptionWord[])[],
  { style, aspectRatio, language }: AssOptions,
): string {
  const { width, height } = canvasOf(aspectRatio);
  const zone = safeZoneOf(style.platform, aspectRatio);
  const text = Math.max(...lines.map((line) => widthOf(line, style, language)));
  const w = Math.round(text + 2 * BOX_PADDING);
  const h = Math.round(lines.length * style.fontSize + BOX_PADDING);
  const top = {
    lower: height - zone.bottom - h,
    middle: (height - h) / 2,
    upper: zone.top,
  }[style.position];
  const place = `\\an7\\pos(${Math.round((width - w) / 2)},${Math.round(top)})`;
  return `{${place}\\bord0\\shad0${colourTags(1, style.boxColour ?? '#000000')}\\p1}${roundedBox(w, h)}{\\p0}`;
}

function roundedBox(w: number, h: number): string {
  const r = Math.min(RADIUS, Math.floor(h / 2));
  const c = Math.round(r * CONTROL);
  return [
    `m ${r} 0 l ${w - r} 0 b ${w - c} 0 ${w} ${c} ${w} ${r}`,
    `l ${w} ${h - r} b ${w} ${h - c} ${w - c} ${h} ${w - r} ${h}`,
    `l ${r} ${h} b ${c} ${h} 0 ${h - c} 0 ${h - r}`,
    `l 0 ${r} b 0 ${c} ${c} 0 ${r} 0`,
  ].join(' ');
}
