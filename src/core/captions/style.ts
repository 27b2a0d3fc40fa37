import { badInput } from '../errors.ts';
import { shippedFontFamily } from './font.ts';
import type { AspectRatio, CaptionOptions, CaptionPlatform, CaptionStyle, SafeZone } from './types.ts';

const common = {
  font: shippedFontFamily,
  case: 'as-written',
  colour: '#FFFFFF',
  activeColour: '#FFD60A',
  outlineColour: '#000000',
  outline: 5,
  shadow: 16,
  boxColour: null,
  position: 'lower',
  platform: 'universal',
} as const;

/** The presets by name. Plain data: `captionStyle` copies one and checks what is changed in it. */
export const captionPresets = {
  /** Short phrases, the word being said in colour. */
  active: { ...common, preset: 'active', motion: 'active', fontSize: 112, maxLines: 2, maxWords: 6, maxCueMs: 3000 },
  /** Short phrases, colour sweeping over each word as it is said. */
  karaoke: {
    ...common,
    preset: 'karaoke',
    motion: 'sweep',
    activeColour: '#3DF5B0',
    fontSize: 112,
    maxLines: 2,
    maxWords: 6,
    maxCueMs: 3000,
  },
  /** Short phrases, a coloured marker behind the word being said. */
  marker: {
    ...common,
    preset: 'marker',
    motion: 'marker',
    activeColour: '#6D3DF5',
    outline: 4,
    fontSize: 108,
    maxLines: 2,
    maxWords: 6,
    maxCueMs: 3000,
  },
  /** One or two big words at a time, growing into place. */
  pop: {
    ...common,
    preset: 'pop',
    motion: 'pop',
    fontSize: 144,
    outline: 8,
    shadow: 22,
    maxLines: 1,
    maxWords: 2,
    maxCueMs: 1500,
  },
  /** Two calm lines, as television does it. */
  classic: {
    ...common,
    preset: 'classic',
    motion: 'still',
    fontSize: 82,
    outline: 3,
    shadow: 14,
    maxLines: 2,
    maxWords: 14,
    maxCueMs: 6000,
  },
  /** Two calm lines on a dark box: readable on anything. */
  boxed: {
    ...common,
    preset: 'boxed',
    motion: 'still',
    fontSize: 78,
    outline: 0,
    shadow: 0,
    boxColour: '#000000B8',
    maxLines: 2,
    maxWords: 14,
    maxCueMs: 6000,
  },
  /** Two words in capitals that turn yellow: how reelstate's forerunner looked, now in the safe zone and in a font that is there. */
  reference: {
    ...common,
    preset: 'reference',
    motion: 'flip',
    case: 'upper',
    activeColour: '#FFFF00',
    fontSize: 108,
    outline: 7,
    maxLines: 1,
    maxWords: 2,
    maxCueMs: 2500,
  },
} as const satisfies Readonly<Record<string, CaptionStyle>>;

export type CaptionPreset = keyof typeof captionPresets;

/** The preset where nobody asks for another. */
export const defaultPreset: CaptionPreset = 'active';

/**
 * Pixels that the apps cover on 1080x1920: TikTok with ad texts, Reels by Meta's percentages (14 / 35 / 6) with the button rail, Shorts; third-party
 * measurements of 2026 except Meta's.
 */
const TALL: Readonly<Record<CaptionPlatform, SafeZone>> = {
  tiktok: { top: 150, bottom: 484, left: 60, right: 164 },
  reels: { top: 270, bottom: 670, left: 65, right: 120 },
  shorts: { top: 288, bottom: 480, left: 60, right: 190 },
  universal: { top: 288, bottom: 670, left: 65, right: 190 },
};

/** The title-safe tenth at the sides; below, a player's controls. */
const WIDE: SafeZone = { top: 86, bottom: 110, left: 192, right: 192 };

/** The canvas that all lengths are on; libass scales it to the film's own size. */
export const canvasOf = (aspectRatio: AspectRatio): { readonly width: number; readonly height: number } =>
  aspectRatio === '9:16' ? { width: 1080, height: 1920 } : { width: 1920, height: 1080 };

/** Where captions may be on that canvas. */
export const safeZoneOf = (platform: CaptionPlatform, aspectRatio: AspectRatio): SafeZone =>
  aspectRatio === '9:16' ? TALL[platform] : WIDE;

/** Captions stand in the middle of the picture, so the wider of the two margins counts on both sides. */
export function sideMargin(style: CaptionOptions, aspectRatio: AspectRatio): number {
  const zone = safeZoneOf(style.platform, aspectRatio);
  return Math.max(zone.left, zone.right);
}

/** The share of a soft shadow's radius that can be seen. */
const SHADOW_SEEN = 1.25;
/** What a marker adds around a word, over the outline. */
export const MARKER = 15;

/** Pixels that outline, shadow, marker or box add around the letters. */
export function decorationOf({ outline, shadow, boxColour, motion }: CaptionStyle): number {
  if (boxColour !== null) return Math.max(outline, BOX_PADDING);
  return outline + Math.max(shadow * SHADOW_SEEN, motion === 'marker' ? MARKER : 0);
}

/** What one line's letters may measure. */
export const lineWidth = (style: CaptionStyle, aspectRatio: AspectRatio): number =>
  canvasOf(aspectRatio).width - 2 * (sideMargin(style, aspectRatio) + decorationOf(style));

/** Pixels around the text of a box. */
export const BOX_PADDING = 24;

const COLOUR = /^#[0-9a-f]{6}(?:[0-9a-f]{2})?$/i;
const FONT = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,62}$/u;

const between = (low: number, high: number) => ({
  says: `a number from ${low} to ${high}`,
  holds: (value: unknown) => typeof value === 'number' && value >= low && value <= high,
});
const oneOf = (...values: readonly unknown[]) => ({
  says: values.map((value) => JSON.stringify(value)).join(' or '),
  holds: (value: unknown) => values.includes(value),
});
const colour = {
  says: 'a colour like "#FFD60A" or "#000000B0"',
  holds: (value: unknown) => typeof value === 'string' && COLOUR.test(value),
};

const rules: Readonly<Record<keyof CaptionOptions, { says: string; holds: (value: unknown) => boolean }>> = {
  font: {
    says: 'a font family: letters, digits, blanks, dots, hyphens',
    holds: (value) => typeof value === 'string' && FONT.test(value),
  },
  fontSize: between(24, 240),
  case: oneOf('as-written', 'upper'),
  colour,
  activeColour: colour,
  outlineColour: colour,
  outline: between(0, 20),
  shadow: between(0, 40),
  boxColour: { says: `${colour.says} or null`, holds: (value) => value === null || colour.holds(value) },
  position: oneOf('lower', 'middle', 'upper'),
  platform: oneOf('universal', 'tiktok', 'reels', 'shorts'),
  maxLines: oneOf(1, 2),
  maxWords: {
    says: 'a whole number from 1 to 20',
    holds: (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 20,
  },
};

/**
 * A preset with changes. Throws `permanent` `unknown-caption-preset`, `unknown-caption-option` or `bad-caption-option`; undefined
 * leaves an option as it is.
 */
export function captionStyle(preset: string = defaultPreset, overrides: Partial<CaptionOptions> = {}): CaptionStyle {
  if (!Object.hasOwn(captionPresets, preset)) {
    const known = Object.keys(captionPresets).join(', ');
    throw badInput('unknown-caption-preset', `There is no caption preset ${show(preset)}.`, `Take one of ${known}.`);
  }
  const base: CaptionStyle = captionPresets[preset as CaptionPreset];
  const given = Object.entries(overrides).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(rules, name)) {
      const known = Object.keys(rules).join(', ');
      throw badInput('unknown-caption-option', `Captions have no option ${show(name)}.`, `Take one of ${known}.`);
    }
    const rule = rules[name as keyof CaptionOptions];
    if (rule.holds(value)) continue;
    throw badInput('bad-caption-option', `Caption option ${name} cannot be ${show(value)}.`, `Give ${rule.says}.`);
  }
  return { ...base, ...Object.fromEntries(given) };
}

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 60);
