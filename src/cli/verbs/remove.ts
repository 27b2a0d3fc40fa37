import { remove as removeFilm } from '../../admin/index.ts';
import { badInput } from '../../core/errors.ts';
import { reader } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { Call } from '../verb.ts';
import { whichFilm } from '../which-film.ts';
import { plural } from '../words.ts';

/** Deletes a film for good: its files, then its state. */
export async function remove(call: Call): Promise<number> {
  const { terminal } = call;
  const host = await call.host();
  const videoId = await whichFilm(call, host);
  const removed = await removeFilm(host.films, videoId, { force: reader(call).flag('force') });
  if (!removed.state && removed.objects === 0)
    throw badInput('film-not-found', `There is no film ${videoId}.`, 'See which films there are with list.');
  if (call.json) terminal.print(JSON.stringify({ videoId, ...removed }));
  else terminal.print(`${videoId} is removed, with ${plural(removed.objects, 'file')}.`);
  return EXIT.done;
}
