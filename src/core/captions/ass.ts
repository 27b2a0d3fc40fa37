import { shippedFontFamily } from './font.ts';
import { baseLanguage, isRightToLeft } from './script.ts';
import { BOX_PADDING, canvasOf, safeZoneOf, sideMargin } from './style.ts';
import { joinWords } from './subtitles.ts';
import { cleanText, withoutEmoji } from './text.ts';
import type { AspectRatio, CaptionStyle, CaptionWord, Cue } from './types.ts';

/** Untrusted text as ASS text: no override, no line end, no drawing; U+2060 keeps a backslash from meaning anything. */
export function assText(text: string): string {
  return withoutEmoji(cleanText(text)).replaceAll('\\', '\\\u2060').replaceAll('{', '\\{').replaceAll('}', '\\}');
}

/** Centiseconds, rounded down past a millisecond of tolerance: a frame's time is never before its own event. */
const centiseconds = (ms: number): number => Math.max(0, Math.floor((ms - 2) / 10));

function assClock(cs: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(cs / 100);
  return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}.${pad(cs % 100)}`;
}

/** `#RRGGBB[AA]` as ASS has it: alpha first, 00 opaque, then blue, green, red. */
function assColour(hex: string): string {
  const part = (index: number) => hex.slice(1 + index * 2, 3 + index * 2).toUpperCase();
  const alpha = hex.length === 9 ? 255 - Number.parseInt(part(3), 16) : 0;
  return `&H${alpha.toString(16).toUpperCase().padStart(2, '0')}${part(2)}${part(1)}${part(0)}`;
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

export interface AssOptions {
  readonly style: CaptionStyle;
  readonly aspectRatio: AspectRatio;
  readonly language: string;
}

/** A complete ASS file for libass. Needs `fontsdir` to hold the font that ships. */
export function toAss(cues: readonly Cue[], options: AssOptions): string {
  const { style, aspectRatio } = options;
  const { width, height } = canvasOf(aspectRatio);
  const events = cues.flatMap((cue) => cueEvents(cue, style));
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
    'Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding',
    styleLine(style, aspectRatio, familyFor(style, options.language)),
    '',
    '[Events]',
    'Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text',
    ...events,
  ].join('\n')}\n`;
}

const ALIGNMENT = { lower: 2, middle: 5, upper: 8 } as const;

function styleLine(style: CaptionStyle, aspectRatio: AspectRatio, family: string): string {
  const zone = safeZoneOf(style.platform, aspectRatio);
  const side = sideMargin(style, aspectRatio);
  const boxed = style.boxColour !== null;
  const sweeps = style.motion === 'sweep';
  const outline = boxed ? BOX_PADDING : style.outline;
  const decoration = outline + style.shadow;
  const vertical = style.position === 'lower' ? zone.bottom + decoration : zone.top + decoration;
  return `Style: Caption,${[
    family,
    style.fontSize,
    assColour(sweeps ? style.activeColour : style.colour),
    assColour(style.colour),
    assColour(style.boxColour ?? style.outlineColour),
    '&H96000000',
    // Fallback fonts come in bold; the one that ships is heavier already and stays as it is.
    -1,
    '0,0,0,100,100,0,0',
    boxed ? 3 : 1,
    outline,
    boxed ? 0 : style.shadow,
    ALIGNMENT[style.position],
    side,
    side,
    vertical,
    1,
  ].join(',')}`;
}

function cueEvents(cue: Cue, style: CaptionStyle): readonly string[] {
  const start = centiseconds(cue.startMs);
  const end = centiseconds(cue.endMs);
  if (end <= start) return [];
  const lines = cue.lines
    .map((line) => line.map((word) => ({ ...word, text: shown(word, style) })).filter(({ text }) => text !== ''))
    .filter((line) => line.length > 0);
  const words = lines.flat();
  if (words.length === 0) return [];
  const event = (from: number, to: number, text: string) =>
    `Dialogue: 0,${assClock(from)},${assClock(to)},Caption,,0,0,0,,${text}`;
  const plain = lines.map((line) => joinWords(line)).join('\\N');
  // Tags inside a line would split what the shaper and the bidi algorithm must see whole.
  const still = isRightToLeft(plain);
  if (style.motion === 'pop') return [event(start, end, `{\\fscx82\\fscy82\\t(0,100,\\fscx100\\fscy100)}${plain}`)];
  if (style.motion === 'flip') {
    const turn = Math.round((cue.endMs - cue.startMs) * 0.35);
    return [event(start, end, `{\\t(${turn},${turn + 1},\\1c${inlineColour(style.activeColour)})}${plain}`)];
  }
  if (style.motion === 'still' || still)
    return [
      event(start, end, still && style.motion === 'sweep' ? `{\\1c${inlineColour(style.colour)}}${plain}` : plain),
    ];
  if (style.motion === 'sweep') return [event(start, end, sweep(lines, start, end))];
  return activeEvents(lines, start, end).map(({ from, to, active }) =>
    event(from, to, highlight(lines, active, style)),
  );
}

function shown(word: CaptionWord, style: CaptionStyle): string {
  const text = assText(word.text);
  return style.case === 'upper' ? text.toLocaleUpperCase() : text;
}

const inlineColour = (hex: string): string => `&H${assColour(hex).slice(4)}&`;

type Lines = readonly (readonly CaptionWord[])[];

/** Start of each word's turn in centiseconds; the first one's is the cue's, so that nothing is ever without a turn. */
function turns(lines: Lines, start: number, end: number): readonly number[] {
  let least = start;
  return lines.flat().map((word, index) => {
    least = Math.min(end, Math.max(least, index === 0 ? start : centiseconds(word.startMs)));
    return least;
  });
}

function sweep(lines: Lines, start: number, end: number): string {
  const from = turns(lines, start, end);
  let index = 0;
  return lines
    .map((line) =>
      line
        .map((word, place) => {
          const length = (from[index + 1] ?? end) - (from[index] ?? start);
          index++;
          const blank = place === 0 || word.joined === true ? '' : ' ';
          return `{\\kf${length}}${blank}${word.text}`;
        })
        .join(''),
    )
    .join('\\N');
}

function activeEvents(lines: Lines, start: number, end: number) {
  const from = turns(lines, start, end);
  return from
    .map((turn, active) => ({ from: turn, to: from[active + 1] ?? end, active }))
    .filter(({ from: begin, to }) => to > begin);
}

function highlight(lines: Lines, active: number, style: CaptionStyle): string {
  const on = `{\\1c${inlineColour(style.activeColour)}}`;
  const off = `{\\1c${inlineColour(style.colour)}}`;
  let index = 0;
  return lines
    .map((line) =>
      line
        .map((word, place) => {
          const isActive = index++ === active;
          const blank = place === 0 || word.joined === true ? '' : ' ';
          return `${blank}${isActive ? on : off}${word.text}`;
        })
        .join(''),
    )
    .join('\\N');
}
