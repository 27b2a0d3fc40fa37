import { type AssOptions, cueEvents } from './ass-events.ts';
import { styleColour } from './ass-text.ts';
import { shippedFontFamily } from './font.ts';
import { baseLanguage, isRightToLeft } from './script.ts';
import { BOX_PADDING, canvasOf, decorationOf, MARKER, safeZoneOf, sideMargin } from './style.ts';
import type { CaptionStyle, Cue } from './types.ts';

const STYLE_FIELDS =
  'Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding';
const EVENT_FIELDS = 'Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text';

/**
 * A complete ASS file for libass, on the canvas of `canvasOf`. `fontsdir` must hold the font that ships; for scripts that it does not have
 * libass takes the machine's fonts.
 */
export function toAss(cues: readonly Cue[], options: AssOptions): string {
  const { width, height } = canvasOf(options.aspectRatio);
  return `${[
    '[Script Info]',
    'ScriptType: v4.00+',
    `PlayResX: ${width}`,
    `PlayResY: ${height}`,
    'WrapStyle: 2',
    'ScaledBorderAndShadow: yes',
    'Kerning: yes',
    'YCbCr Matrix: TV.709',
    '',
    '[V4+ Styles]',
    `Format: ${STYLE_FIELDS}`,
    ...styleLines(options),
    '',
    '[Events]',
    `Format: ${EVENT_FIELDS}`,
    ...cues.flatMap((cue) => cueEvents(cue, options)),
  ].join('\n')}\n`;
}

/** Han characters differ between languages; a fallback by glyph alone would pick any. */
const HAN_FONTS: Readonly<Record<string, string>> = {
  ja: 'Noto Sans CJK JP',
  ko: 'Noto Sans CJK KR',
  zh: 'Noto Sans CJK SC',
  'zh-TW': 'Noto Sans CJK TC',
  'zh-HK': 'Noto Sans CJK HK',
};

/** The family for a film: the style's own where one is chosen, else the one that ships, but for Han. */
function familyFor(style: CaptionStyle, language: string): string {
  if (style.font !== shippedFontFamily) return style.font;
  const base = baseLanguage(language);
  if (base !== 'zh') return HAN_FONTS[base] ?? style.font;
  const { script, region } = new Intl.Locale(language).maximize();
  if (script !== 'Hant') return HAN_FONTS.zh ?? style.font;
  return HAN_FONTS[region === 'HK' ? 'zh-HK' : 'zh-TW'] ?? style.font;
}

const ALIGNMENT = { lower: 2, middle: 5, upper: 8 } as const;
const TRANSPARENT = '#00000000';
const SHADOW_COLOUR = '#000000A0';
/** Of the shadow's radius: how far it is solid, and how far it fades. */
const SHADOW_SOLID = 0.55;
const BORDER = 1;
const BOX_PER_EVENT = 4;

/** Values of `Encoding`: libass finds out each line's direction, or takes all as left to right. */
const DIRECTION_OF_TEXT = -1;
const LEFT_TO_RIGHT = 1;

interface Look {
  readonly fill: string;
  readonly later?: string;
  readonly edge: string;
  readonly back?: string;
  readonly border?: typeof BORDER | typeof BOX_PER_EVENT;
  readonly outline: number;
  readonly shadow?: number;
}

function styleLines(options: AssOptions): readonly string[] {
  const { style } = options;
  const line = (name: string, look: Look) => styleLine(name, look, options);
  const sweeps = style.motion === 'sweep';
  return [
    line('Caption', {
      fill: sweeps ? style.activeColour : style.colour,
      later: style.colour,
      edge: style.outlineColour,
      outline: style.outline,
    }),
    line('Shadow', {
      fill: TRANSPARENT,
      edge: SHADOW_COLOUR,
      outline: style.outline + style.shadow * SHADOW_SOLID,
    }),
    line('Marker', { fill: style.activeColour, edge: style.activeColour, outline: style.outline + MARKER }),
    line('Box', {
      fill: TRANSPARENT,
      edge: TRANSPARENT,
      back: style.boxColour ?? TRANSPARENT,
      border: BOX_PER_EVENT,
      outline: 0,
      // The padding, in libass.
      shadow: BOX_PADDING / 2,
    }),
  ];
}

function styleLine(name: string, look: Look, { style, aspectRatio, language }: AssOptions): string {
  const zone = safeZoneOf(style.platform, aspectRatio);
  const side = sideMargin(style, aspectRatio);
  const pad = style.boxColour === null ? decorationOf(style) : BOX_PADDING / 2;
  const vertical = (style.position === 'lower' ? zone.bottom : zone.top) + pad;
  const values = [
    familyFor(style, language),
    style.fontSize,
    styleColour(look.fill),
    styleColour(look.later ?? look.fill),
    styleColour(look.edge),
    styleColour(look.back ?? '#000000'),
    // Fallback fonts come in bold; the one that ships is heavier already and stays as it is.
    -1,
    '0,0,0,100,100,0,0',
    look.border ?? BORDER,
    Math.round(look.outline * 10) / 10,
    look.shadow ?? 0,
    ALIGNMENT[style.position],
    side,
    side,
    Math.round(vertical),
    isRightToLeft(language) ? DIRECTION_OF_TEXT : LEFT_TO_RIGHT,
  ];
  return `Style: ${name},${values.join(',')}`;
}
