import { EXIT } from '../exit-code.ts';
import { filmJson, tellFilm } from '../film-report.ts';
import { panelOf } from '../panel.ts';
import type { Call } from '../verb.ts';
import { whichFilm } from '../which-film.ts';

/** Where a film stands. Touches no vendor. */
export async function status(call: Call): Promise<number> {
  const { terminal } = call;
  const host = await call.host();
  const film = await host.films.get(await whichFilm(call, host));
  if (call.json) {
    terminal.print(filmJson(film, host));
    return EXIT.done;
  }
  const rests = film.status !== 'running';
  const now = rests ? film.updatedAt : Date.now();
  const panel = panelOf(film, { terminal, simulated: host.simulated, now, startedAt: film.createdAt });
  for (const line of panel) terminal.print(line);
  tellFilm(call, film, host);
  return EXIT.done;
}
