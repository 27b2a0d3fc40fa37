/** The film at a glance, as lines that fit the terminal. */
import type { BlockView, FilmView, TakeView } from '../index.ts';
import { columnsOf, padEnd, shorten, type Terminal } from './terminal.ts';
import { cap, minutes, money, plural } from './words.ts';

export interface PanelOptions {
  readonly terminal: Terminal;
  readonly simulated: boolean;
  readonly now: number;
  readonly startedAt: number;
}

const MAX_COLUMNS = 80;
/** Rows of the panel that are not blocks. */
const OTHER_ROWS = 6;

const TAKE_WORDS: Readonly<Record<TakeView['status'], string>> = {
  intended: 'launching',
  launched: 'filming',
  unknown: 'launch unanswered, looking for it',
  late: 'late',
  finished: 'finished',
  refused: 'refused',
  failed: 'failed',
  lost: 'never found',
  released: 'not launched',
};

const width = (terminal: Terminal): number => Math.max(20, Math.min(terminal.columns, MAX_COLUMNS) - 1);

/** Text at both ends of a line; the left one gives way. */
function ends(left: string, right: string, columns: number): readonly [string, string] {
  const room = columns - columnsOf(right) - 2;
  return [padEnd(shorten(left, room), room), `  ${right}`];
}

/** Work beside the film's way, and an approval that nobody asked for or that is given, say nothing. */
const isShown = ({ name, done }: FilmView['steps'][number]): boolean =>
  name !== 'checks' && name !== 'segments' && !(name === 'approval' && done);

/** A step is done when those before it are: the words of the accepted blocks are not yet those of the film. */
function stepsLine({ steps, blocks, status }: FilmView, { marks, paint }: Terminal, columns: number): string {
  const shown = steps.filter(isShown);
  const open = shown.findIndex((step) => !step.done);
  const reached = open === -1 ? shown.length : open;
  const accepted = blocks.filter((block) => block.status === 'accepted').length;
  const labels = shown.map(({ name }, index) =>
    name === 'blocks' && index >= reached ? `blocks ${accepted}/${blocks.length}` : name,
  );
  const [active, ...future] = labels.slice(reached);
  const line = (past: readonly string[], rest: readonly string[]): string =>
    [
      ...past.map((name) => paint.green(`${marks.done} ${name}`)),
      ...(active === undefined ? [] : [status === 'running' ? paint.cyan(`${marks.active} ${active}`) : active]),
      ...rest.map((name) => paint.dim(`${marks.open} ${name}`)),
    ].join('   ');
  const past = labels.slice(0, reached);
  const whole = line(past, future);
  if (columnsOf(whole) <= columns) return whole;
  const counted = (names: readonly string[]) => (names.length > 0 ? [plural(names.length, 'step')] : []);
  return line(counted(past), counted(future));
}

/** The take that says most about a block: the accepted one, else the last. */
const shownTake = ({ takes, acceptedTake }: BlockView): TakeView | undefined =>
  takes.find(({ take }) => take === acceptedTake) ?? takes.at(-1);

function blockLine(block: BlockView, { terminal, now }: PanelOptions, columns: number): string {
  const { marks, paint } = terminal;
  const take = shownTake(block);
  const name = `block ${String(block.block).padStart(2)}  ${String(block.seconds).padStart(2)} s`;
  if (take === undefined) return paint.dim(`${marks.open} ${name}`);
  const isActive = block.status === 'under-way';
  const word = block.status === 'accepted' ? 'accepted' : TAKE_WORDS[take.status];
  const since = isActive && take.launchedAt !== undefined ? minutes(now - take.launchedAt) : '';
  const code = take.code === undefined ? '' : ` (${take.code})`;
  const left = `${name}   take ${take.take}   ${word}${code}   ${since}`;
  const [start, end] = ends(left, money(take.usd), columns - 2);
  if (block.status === 'accepted') return `${paint.green(marks.done)} ${start}${end}`;
  return isActive ? `${paint.cyan(marks.active)} ${start}${end}` : `${paint.yellow(marks.failed)} ${start}${end}`;
}

/** At most so many blocks, those around the one that is being made. */
function blockLines(blocks: readonly BlockView[], options: PanelOptions, columns: number): readonly string[] {
  const room = Math.max(1, options.terminal.rows - OTHER_ROWS - 1);
  if (blocks.length <= room) return blocks.map((block) => blockLine(block, options, columns));
  const open = blocks.findIndex((block) => block.status !== 'accepted');
  const first = Math.max(
    0,
    Math.min((open === -1 ? blocks.length : open) - Math.floor(room / 2), blocks.length - room),
  );
  const { marks, paint } = options.terminal;
  const rest = paint.dim(`${marks.more} ${blocks.length - room} blocks more`);
  return [...blocks.slice(first, first + room).map((block) => blockLine(block, options, columns)), rest];
}

export const spentUsd = ({ cost }: FilmView): number => cost.chargedUsd + cost.reservedUsd + cost.unknownUsd;

/** No line is as wide as the terminal, so nothing wraps. */
export function panelOf(film: FilmView, options: PanelOptions): readonly string[] {
  const { terminal, simulated, now, startedAt } = options;
  const columns = width(terminal);
  const [title, id] = ends(film.theme, film.videoId, columns);
  const spent = `${money(spentUsd(film))} of at most ${cap(film.cost.capUsd)}${simulated ? ' (simulated, nothing is paid)' : ''}`;
  const [cost, elapsed] = ends(spent, minutes(now - startedAt), columns);
  return [
    '',
    `${terminal.paint.bold(title)}${terminal.paint.dim(id)}`,
    stepsLine(film, terminal, columns),
    ...blockLines(film.blocks, options, columns),
    `${cost}${elapsed}`,
    '',
  ];
}
