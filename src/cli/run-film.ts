/** Runs a film until it rests, shows how it gets on, and leaves cleanly when interrupted. */
import { type FilmView, runToEnd } from '../index.ts';
import { exitCodeOf } from './exit-code.ts';
import { commandLine, filmJson, tellFilm } from './film-report.ts';
import type { Host } from './host.ts';
import { onInterrupt } from './interrupt.ts';
import { follow } from './progress.ts';
import type { Call } from './verb.ts';

export async function runFilm(call: Call, host: Host, begun: FilmView): Promise<number> {
  const { terminal, json } = call;
  const { films, simulated } = host;
  using interrupt = onInterrupt((line) => terminal.tell(line));
  const { signal } = interrupt;
  const progress = json ? undefined : follow(films, begun, { terminal, simulated });
  try {
    await runToEnd(films, begun.videoId, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await progress?.stop();
  }
  const film = await films.get(begun.videoId);
  const left = signal.aborted && film.status === 'running';
  if (json) terminal.print(filmJson(film, host, left ? { interrupted: true } : {}));
  else if (left) {
    terminal.tell('Left. What was bought stays; go on with:');
    terminal.tell(`  ${commandLine(call, 'resume', film.videoId)}`);
  } else tellFilm(call, film, host);
  return left ? interrupt.code() : exitCodeOf(film);
}
