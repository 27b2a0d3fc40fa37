import type { Json } from '../json.ts';
import { cleanText } from './text.ts';
import type { CaptionWord, Cue } from './types.ts';

/** The words as one text, blanks where they belong. */
export const joinWords = (words: readonly Pick<CaptionWord, 'text' | 'joined'>[]): string =>
  words.map(({ text, joined }, index) => (index === 0 || joined === true ? text : ` ${text}`)).join('');

function clock(ms: number, separator: string): string {
  const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');
  const whole = Math.max(0, Math.round(ms));
  const seconds = Math.floor(whole / 1000);
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${separator}${pad(whole % 1000, 3)}`;
}

/** Text cannot end its cue or begin a tag: no line ends, no arrow, and angle brackets as their look-alikes. */
const srtText = (text: string): string =>
  cleanText(text)
    .replace(/-->/gu, '→')
    .replaceAll('\\', '\\\u2060')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('{', '(')
    .replaceAll('}', ')');

/** SubRip. Lines as on screen, emoji kept, every cue of one style; UTF-8, `\n`, no byte order mark. */
export function toSrt(cues: readonly Cue[]): string {
  return visible(cues)
    .map(({ startMs, endMs, lines }, index) => {
      const text = lines.map((line) => srtText(joinWords(line))).filter((line) => line !== '');
      return `${index + 1}\n${clock(startMs, ',')} --> ${clock(endMs, ',')}\n${text.join('\n')}\n`;
    })
    .join('\n');
}

const vttText = (text: string): string =>
  cleanText(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** WebVTT, text escaped as its specification says. */
export function toVtt(cues: readonly Cue[]): string {
  const blocks = visible(cues).map(({ startMs, endMs, lines }, index) => {
    const text = lines.map((line) => vttText(joinWords(line))).filter((line) => line !== '');
    return `${index + 1}\n${clock(startMs, '.')} --> ${clock(endMs, '.')}\n${text.join('\n')}\n`;
  });
  return `WEBVTT\n\n${blocks.join('\n')}`;
}

const visible = (cues: readonly Cue[]): readonly Cue[] =>
  cues.filter(({ lines }) => lines.some((line) => cleanText(joinWords(line)) !== ''));

/**
 * The words in the shape that Remotion's captions take: a blank begins each word that stands apart from the one before; `timestampMs`
 * is the word's middle. `source` and `block` come on top.
 */
export function toWordJson(words: readonly CaptionWord[]): Json {
  return words.map(({ text, startMs, endMs, confidence, source, block, joined }, index) => ({
    text: `${index === 0 || joined === true ? '' : ' '}${cleanText(text)}`,
    startMs,
    endMs,
    timestampMs: Math.round((startMs + endMs) / 2),
    confidence: confidence ?? null,
    source,
    block,
  }));
}
