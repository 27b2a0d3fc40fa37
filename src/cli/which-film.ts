import { wrongArguments } from './arguments.ts';
import type { Host } from './host.ts';
import type { Call } from './verb.ts';

/** The film that a verb is about: an id, or `last` for the newest. */
export async function whichFilm({ positionals, program }: Call, { films }: Host): Promise<string> {
  const [named] = positionals;
  if (named === undefined) throw wrongArguments('Which film?', `Give an id, or last; ${program} list shows them.`);
  if (named !== 'last') return named;
  const { items } = await films.list({}, { limit: 1 });
  const [newest] = items;
  if (newest === undefined) throw wrongArguments('There is no film here yet.', 'Make one, or say --out DIR.');
  return newest.videoId;
}
