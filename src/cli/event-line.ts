import type { FilmEvent, FilmView } from '../index.ts';
import { money, plural } from './words.ts';

const priceOf = (event: FilmEvent, film: FilmView): string => {
  const take = film.blocks[(event.block ?? 0) - 1]?.takes.find(({ take: number }) => number === event.take);
  return take === undefined ? '' : `, ${money(take.usd)}`;
};

const TASKS: Readonly<Record<string, string>> = { captions: 'captions laid out', cut: 'final cut made' };

function taskLine(id: string): string | undefined {
  const words = /^words:(\d+)/.exec(id)?.[1];
  if (words !== undefined) return `words of block ${words} heard`;
  return TASKS[id] ?? (id.startsWith('step:') ? `step ${id.slice('step:'.length)} done` : undefined);
}

/** An event as a line; undefined where it says nothing new to a person. */
export function lineOf(event: FilmEvent, film: FilmView): string | undefined {
  const { type, detail } = event;
  const take = `block ${event.block ?? '?'} take ${event.take ?? '?'}`;
  switch (type) {
    case 'command-received':
      return `told: ${detail}`;
    case 'script-written':
      return `script written, ${plural(film.blocks.length, 'block')}`;
    case 'take-launched':
      return `${take} launched${priceOf(event, film)}`;
    case 'take-unknown':
      return `${take}: the launch's answer was lost; looking for it`;
    case 'take-late':
      return `${take} is late`;
    case 'take-refused':
      return `${take} refused (${detail}); not charged`;
    case 'take-failed':
      return `${take} failed (${detail})`;
    case 'take-lost':
      return `${take} was never found`;
    case 'take-released':
      return `${take} was not launched (${detail})`;
    case 'prompt-softened':
      return `block ${event.block}: prompt softened`;
    case 'block-accepted':
      return `block ${event.block} of ${film.blocks.length} accepted (take ${event.take})`;
    case 'block-reopened':
      return `block ${event.block} is made again`;
    case 'task-done':
      return taskLine(detail ?? '');
    case 'task-retried':
      return `again soon: ${detail}`;
    case 'film-completed':
      return 'completed';
    case 'film-failed':
    case 'film-needs-input':
    case 'film-cancelled':
      return `${type.slice('film-'.length)}${detail === undefined ? '' : `: ${detail}`}`;
    default:
      return undefined;
  }
}
