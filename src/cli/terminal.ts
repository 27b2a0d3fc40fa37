/** The two streams, and what they can show. */
import process from 'node:process';
import { stripVTControlCharacters } from 'node:util';

type Paint = (text: string) => string;

export interface Terminal {
  /** Results: stdout. */
  print(line: string): void;
  /** Progress, prices, errors: stderr. */
  tell(line: string): void;
  /** True where stderr can be redrawn. */
  readonly redraws: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly paint: Readonly<Record<'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan', Paint>>;
  readonly marks: Readonly<Record<'done' | 'active' | 'open' | 'failed' | 'more', string>>;
  write(text: string): void;
}

const FANCY = { done: '✓', active: '●', open: '○', failed: '✗', more: '…' };
const PLAIN = { done: '+', active: '*', open: '-', failed: 'x', more: '...' };
const DEFAULT_COLUMNS = 80;

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
const narrowless = /[\p{M}\p{Cf}\p{Cc}]/u;
const graphemes = new Intl.Segmenter();

const columnsOfOne = (grapheme: string): number => {
  const first = String.fromCodePoint(grapheme.codePointAt(0) ?? 32);
  return wide.test(first) ? 2 : narrowless.test(first) ? 0 : 1;
};

/** How many columns a text takes, colours not counted. */
export const columnsOf = (text: string): number =>
  [...graphemes.segment(stripVTControlCharacters(text))].reduce((sum, { segment }) => sum + columnsOfOne(segment), 0);

/** A text without colours, cut to so many columns. */
export function shorten(text: string, columns: number, more = '…'): string {
  const flat = stripVTControlCharacters(text)
    .replace(/[\r\n\t]+/g, ' ')
    .trim();
  if (columnsOf(flat) <= columns) return flat;
  let taken = '';
  let used = more.length;
  for (const { segment } of graphemes.segment(flat)) {
    used += columnsOfOne(segment);
    if (used > columns) break;
    taken += segment;
  }
  return `${taken.trimEnd()}${more}`;
}

/** A word as pieces of at most so many columns; Chinese and Japanese know no spaces. */
function pieces(word: string, columns: number): readonly string[] {
  if (columnsOf(word) <= columns) return [word];
  const parts = [''];
  for (const { segment } of graphemes.segment(word)) {
    const last = parts.at(-1) ?? '';
    if (columnsOf(last) + columnsOfOne(segment) > columns) parts.push(segment);
    else parts[parts.length - 1] = last + segment;
  }
  return parts;
}

/** A text as lines of at most so many columns, broken between words where that is possible. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).filter((each) => each !== '');
  for (const word of words.flatMap((each) => pieces(each, columns))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === '' ? lines : [...lines, line];
}

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - columnsOf(text)));

export function openTerminal(env: NodeJS.ProcessEnv = process.env): Terminal {
  const { stdout, stderr } = process;
  // A reader that has left (`| head`) is no error of ours.
  for (const stream of [stdout, stderr]) stream.on('error', () => undefined);
  const isDumb = env.TERM === 'dumb';
  const colours = env.NO_COLOR ? false : env.FORCE_COLOR ? env.FORCE_COLOR !== '0' : stderr.isTTY === true && !isDumb;
  const paint =
    (code: number, end: number): Paint =>
    (text) =>
      colours ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    print: (line) => void stdout.write(`${line}\n`),
    tell: (line) => void stderr.write(`${line}\n`),
    write: (text) => void stderr.write(text),
    redraws: stderr.isTTY === true && !isDumb,
    get columns() {
      return stderr.columns ?? DEFAULT_COLUMNS;
    },
    get rows() {
      return stderr.rows ?? 24;
    },
    paint: {
      bold: paint(1, 22),
      dim: paint(2, 22),
      green: paint(32, 39),
      yellow: paint(33, 39),
      red: paint(31, 39),
      cyan: paint(36, 39),
    },
    marks: env.TERM === 'linux' || isDumb ? PLAIN : FANCY,
  };
}
