import { rebuild as rebuildFilm } from '../../admin/index.ts';
import { wrongArguments } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import { filmJson, tellFilm } from '../film-report.ts';
import type { Call } from '../verb.ts';

/** Restores a film from its files. Buys nothing; the film waits for `resume`. */
export async function rebuild(call: Call): Promise<number> {
  const [videoId] = call.positionals;
  // A lost database does not know which film was the last.
  if (videoId === undefined || videoId === 'last')
    throw wrongArguments('Which film?', 'Give its id: the name of its folder below --out DIR.');
  const host = await call.host();
  const film = await rebuildFilm(host.films, videoId);
  if (call.json) call.terminal.print(filmJson(film, host));
  else tellFilm(call, film, host);
  return EXIT.done;
}
