import { assClock, assText, centiseconds, colourTags, twinColour } from './ass-text.ts';
import { boxOf, isOutsideShippedFont } from './box.ts';
import { widthOf } from './lines.ts';
import { isRightToLeft } from './script.ts';
import { lineWidth } from './style.ts';
import { joinWords } from './subtitles.ts';
import { upperCase } from './text.ts';
import type { AspectRatio, CaptionStyle, CaptionWord, Cue } from './types.ts';

export interface AssOptions {
  readonly style: CaptionStyle;
  readonly aspectRatio: AspectRatio;
  /** BCP 47. */
  readonly language: string;
}

/** Which of the file's styles an event has, and what lies above what. */
type Layer = 'Box' | 'Shadow' | 'Marker' | 'Caption';
const LAYERS: readonly Layer[] = ['Box', 'Shadow', 'Marker', 'Caption'];

interface Event {
  readonly layer: Layer;
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

interface Shown {
  readonly lines: readonly (readonly CaptionWord[])[];
  readonly start: number;
  readonly end: number;
  /** Tags that every event of the cue begins with. */
  readonly fit: string;
  /** Before each line. */
  readonly head: string;
  readonly style: CaptionStyle;
}

/** Sets a line's direction where it begins with a word of another script. */
const RIGHT_TO_LEFT_MARK = '\u200f';

/** Escaped words of a cue as `Dialogue:` lines; none where nothing is left to be seen. */
export function cueEvents(cue: Cue, options: AssOptions): readonly string[] {
  const { style, language } = options;
  const lines = cue.lines
    .map((line) => line.map((word) => ({ ...word, text: shownText(word.text, style, language) })))
    .map((line) => line.filter(({ text }) => text !== ''))
    .filter((line) => line.length > 0);
  const start = centiseconds(cue.startMs);
  const end = centiseconds(cue.endMs);
  if (lines.length === 0 || end <= start) return [];
  const head = isRightToLeft(language) ? RIGHT_TO_LEFT_MARK : '';
  const shown: Shown = { lines, start, end, fit: fitTags(cue, options), head, style };
  const events = [...grounds(shown, options), ...motions(shown)];
  return events.map(
    ({ layer, from, to, text }) =>
      `Dialogue: ${LAYERS.indexOf(layer)},${assClock(from)},${assClock(to)},${layer},,0,0,0,,${text}`,
  );
}

function shownText(text: string, style: CaptionStyle, language: string): string {
  const escaped = assText(text);
  return style.case === 'upper' ? upperCase(escaped, language) : escaped;
}

/** A line too wide even alone (an endless word, a large font) is drawn smaller: nothing leaves the safe zone. */
function fitTags(cue: Cue, { style, language, aspectRatio }: AssOptions): string {
  const widest = Math.max(...cue.lines.map((line) => widthOf(line, style, language)));
  const room = lineWidth(style, aspectRatio);
  return widest <= room ? '' : `\\fs${Math.floor((style.fontSize * room) / widest)}`;
}

const tags = (...all: readonly string[]): string => {
  const joined = all.join('');
  return joined === '' ? '' : `{${joined}}`;
};

const plain = ({ lines, head }: Shown): string => lines.map((line) => head + joinWords(line)).join('\\N');

/** What lies below the words: a box, or a soft shadow. */
function grounds(shown: Shown, options: AssOptions): readonly Event[] {
  const { start: from, end: to, fit, style } = shown;
  if (style.boxColour !== null) {
    if (fit !== '' || isOutsideShippedFont(joinWords(shown.lines.flat()), style))
      return [{ layer: 'Box', from, to, text: tags(fit, '\\1a&HFF&\\3a&HFF&') + plain(shown) }];
    return [{ layer: 'Marker', from, to, text: boxOf(shown.lines, options) }];
  }
  if (style.shadow === 0) return [];
  return [
    {
      layer: 'Shadow',
      from,
      to,
      text: tags(fit, `\\blur${style.shadow * SHADOW_BLUR}`, style.motion === 'pop' ? POP : '') + plain(shown),
    },
  ];
}

/** How much of a shadow's radius is blur. */
const SHADOW_BLUR = 0.5;
/** Grows beyond its size by nothing: what fits at rest fits at every frame. */
const POP = '\\fscx70\\fscy70\\t(0,110,0.6,\\fscx100\\fscy100)';
const FLIP_AT = 0.35;

function motions(shown: Shown): readonly Event[] {
  const { start: from, end: to, fit, style } = shown;
  const whole = (...more: readonly string[]): readonly Event[] => [
    { layer: 'Caption', from, to, text: tags(fit, ...more) + plain(shown) },
  ];
  if (style.motion === 'pop') return whole(POP);
  if (style.motion === 'flip') {
    const turn = Math.round((to - from) * 10 * FLIP_AT);
    return whole(`\\t(${turn},${turn + 1},${colourTags(1, style.activeColour)})`);
  }
  // libass sweeps from left to right whatever the script, so there the word lights up as a whole.
  if (style.motion === 'sweep' && shown.head === '')
    return [{ layer: 'Caption', from, to, text: tags(fit) + sweep(shown) }];
  const own = (index: number) => colourTags(1, index % 2 === 0 ? style.colour : twinColour(style.colour));
  if (style.motion === 'active' || style.motion === 'sweep')
    return perWord(shown, 'Caption', (active, index) => (active ? colourTags(1, style.activeColour) : own(index)));
  if (style.motion !== 'marker') return whole();
  const hidden = '\\1a&HFF&\\3a&HFF&';
  const marker = (active: boolean, index: number) => own(index) + (active ? markerTags(style) : hidden);
  const text = tags(fit) + decorated(shown, (index) => tags(own(index)));
  return [...perWord(shown, 'Marker', marker), { layer: 'Caption', from, to, text }];
}

const markerTags = ({ activeColour }: CaptionStyle): string =>
  colourTags(1, activeColour) + colourTags(3, activeColour);

/** Start of each word's turn in centiseconds; the first one's is the cue's, so that somebody always has it. */
function turns({ lines, start, end }: Shown): readonly number[] {
  let least = start;
  return lines.flat().map((word, index) => {
    least = Math.min(end, Math.max(least, index === 0 ? start : centiseconds(word.startMs)));
    return least;
  });
}

/** The lines with something put before each word; the blank between two words comes before it. */
function decorated({ lines, head }: Shown, before: (index: number) => string): string {
  let index = 0;
  const blank = (word: CaptionWord, place: number) => (place === 0 || word.joined === true ? '' : ' ');
  return lines
    .map((line) => head + line.map((word, place) => blank(word, place) + before(index++) + word.text).join(''))
    .join('\\N');
}

function sweep(shown: Shown): string {
  const from = turns(shown);
  return decorated(shown, (index) => `{\\kf${(from[index + 1] ?? shown.end) - (from[index] ?? shown.start)}}`);
}

function perWord(shown: Shown, layer: Layer, mark: (active: boolean, index: number) => string): readonly Event[] {
  const from = turns(shown);
  return from.flatMap((turn, active) => {
    const to = from[active + 1] ?? shown.end;
    if (to <= turn) return [];
    const text = tags(shown.fit) + decorated(shown, (index) => tags(mark(index === active, index)));
    return [{ layer, from: turn, to, text }];
  });
}
