/** Live progress of a film on stderr: a panel that redraws itself in a terminal, else a line per event. */
import type { FilmEvent, FilmView, Pipeline } from '../index.ts';
import { lineOf } from './event-line.ts';
import { panelOf } from './panel.ts';
import type { Terminal } from './terminal.ts';
import { minutes } from './words.ts';

export interface Progress {
  /** Says something without disturbing the panel. */
  note(text: string): void;
  /** Stops following; the last picture stays. */
  stop(): Promise<void>;
}

export interface ProgressOptions {
  readonly terminal: Terminal;
  readonly simulated: boolean;
  /** Prints a line per event although it is a terminal. */
  readonly plain?: boolean;
}

const REDRAW_MS = 200;

interface Screen {
  event(event: FilmEvent, film: FilmView): void;
  film(film: FilmView): void;
  note(text: string): void;
  end(): void;
}

function lines({ terminal }: ProgressOptions, startedAt: number): Screen {
  return {
    event: (event, film) => {
      const line = lineOf(event, film);
      if (line !== undefined) terminal.tell(`${minutes(event.at - startedAt).padStart(6)}  ${line}`);
    },
    film: () => undefined,
    note: terminal.tell,
    end: () => undefined,
  };
}

function panel({ terminal, simulated }: ProgressOptions, startedAt: number): Screen {
  let shown = 0;
  let film: FilmView | undefined;
  let note: string | undefined;
  const draw = (): void => {
    if (film === undefined) return;
    const panel = panelOf(film, { terminal, simulated, now: Date.now(), startedAt });
    const rows = note === undefined ? panel : [...panel, note];
    const back = shown > 0 ? `\u001b[${shown}A` : '';
    // Written whole and cleared at the end of each line, so that nothing flickers.
    terminal.write(`${back}\r${rows.map((row) => `${row}\u001b[K\n`).join('')}\u001b[J`);
    shown = rows.length;
  };
  const timer = setInterval(draw, REDRAW_MS);
  timer.unref();
  return {
    event: () => undefined,
    film: (latest) => {
      film = latest;
      draw();
    },
    note: (text) => {
      note = text;
      draw();
    },
    end: () => {
      clearInterval(timer);
      note = undefined;
      draw();
    },
  };
}

/** Follows the film until stopped. What it meets on the way is the runner's to tell. */
export function follow(films: Pipeline, begun: FilmView, options: ProgressOptions): Progress {
  const startedAt = Date.now();
  const stopping = new AbortController();
  const screen = options.terminal.redraws && !options.plain ? panel(options, startedAt) : lines(options, startedAt);
  let seen = begun.events.at(-1)?.number ?? 0;
  const refresh = async (): Promise<void> => {
    const film = await films.get(begun.videoId);
    for (const event of film.events) if (event.number > seen) screen.event(event, film);
    seen = Math.max(seen, film.events.at(-1)?.number ?? 0);
    screen.film(film);
  };
  screen.film(begun);
  const following = (async () => {
    for await (const event of films.watch(begun.videoId, { after: seen, signal: stopping.signal })) {
      if (event.number > seen) await refresh();
    }
  })().catch(() => undefined);
  return {
    note: screen.note,
    stop: async () => {
      stopping.abort();
      await following;
      await refresh().catch(() => undefined);
      screen.end();
    },
  };
}
