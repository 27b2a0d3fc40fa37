/** Runs a film until it rests, shows how it gets on, and leaves cleanly when interrupted. */
import { type Film, type FilmView, runToEnd } from '../index.ts';
import { exitCodeOf } from './exit-code.ts';
import { filmJson, tellFilm, tellResume } from './film-report.ts';
import type { Host } from './host.ts';
import { onInterrupt } from './interrupt.ts';
import { follow } from './progress.ts';
import type { Call } from './verb.ts';

const LONG_ENOUGH_MS = 5_000;

/** Says so where a film waits for others for a while: they may be at it, or they may have to be called. */
function watchForOthers(tell: (line: string) => void): (film: Film) => void {
  let since: number | undefined;
  let isTold = false;
  return (film) => {
    const isElsewhere = film.status === 'waiting' && film.on === 'another-host';
    since = isElsewhere ? (since ?? Date.now()) : undefined;
    if (since === undefined || isTold || Date.now() - since < LONG_ENOUGH_MS) return;
    isTold = true;
    tell('Waiting for another program that is at this film, or that has its steps.');
  };
}

export async function runFilm(call: Call, host: Host, begun: FilmView): Promise<number> {
  const { terminal, json } = call;
  const { films, simulated } = host;
  const progress = json ? undefined : follow(films, begun, { terminal, simulated });
  using interrupt = onInterrupt((line) => progress?.note(line));
  const { signal } = interrupt;
  try {
    await runToEnd(films, begun.videoId, { signal, onAdvance: watchForOthers((line) => progress?.note(line)) });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await progress?.stop();
  }
  const film = await films.get(begun.videoId);
  const left = signal.aborted && film.status === 'running';
  if (film.status === 'completed') await host.fetch?.(film);
  if (json) terminal.print(filmJson(film, host, left ? { interrupted: true } : {}));
  else if (left) {
    terminal.tell('Left. What was bought stays; go on with:');
    tellResume(call, film);
  } else tellFilm(call, film, host);
  return left ? interrupt.code() : exitCodeOf(film);
}
