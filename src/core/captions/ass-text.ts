import { cleanText, withoutEmoji } from './text.ts';

/** Untrusted text as ASS text: no override, no line end, no drawing; U+2060 keeps a backslash from meaning anything. */
export function assText(text: string): string {
  return withoutEmoji(cleanText(text)).replaceAll('\\', '\\\u2060').replaceAll('{', '\\{').replaceAll('}', '\\}');
}

/** Centiseconds, rounded down past a millisecond of tolerance: a frame is never before the event that begins with it. */
export const centiseconds = (ms: number): number => Math.max(0, Math.floor((ms - 2) / 10));

/** `h:mm:ss.cc`. */
export function assClock(cs: number): string {
  const pad = (value: number) => String(value).padStart(2, '0');
  const seconds = Math.floor(cs / 100);
  return `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}.${pad(cs % 100)}`;
}

const part = (hex: string, index: number): string => hex.slice(1 + index * 2, 3 + index * 2).toUpperCase();
const bytes = (hex: string): string => part(hex, 2) + part(hex, 1) + part(hex, 0);

function alpha(hex: string): string {
  const opacity = hex.length === 9 ? Number.parseInt(part(hex, 3), 16) : 255;
  return (255 - opacity).toString(16).toUpperCase().padStart(2, '0');
}

/** `#RRGGBB[AA]` as a style has it: alpha first, 00 opaque, then blue, green, red. */
export const styleColour = (hex: string): string => `&H${alpha(hex)}${bytes(hex)}`;

/** The same as override tags for the fill (1) or the outline (3). */
export const colourTags = (which: 1 | 3, hex: string): string =>
  `\\${which}c&H${bytes(hex)}&\\${which}a&H${alpha(hex)}&`;

/**
 * The same colour but for one step of blue. libass kerns across a blank only between words of one look, so words that take turns in
 * looking different would move; with neighbours that always differ by a step they stand still.
 */
export function twinColour(hex: string): string {
  const blue = Number.parseInt(part(hex, 2), 16);
  return `${hex.slice(0, 5)}${(blue === 255 ? 254 : blue + 1).toString(16).padStart(2, '0')}${hex.slice(7)}`;
}
