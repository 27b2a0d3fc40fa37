/** Events that name an object of a take. They only ever make a look come sooner. */
import type { Hint } from './context.ts';
import type { Task } from './machine.ts';
import { parseTakeObject } from './paths.ts';
import type { Session } from './session.ts';
import { type FilmState, takeOf } from './state.ts';
import { lookTaskId } from './take-tasks.ts';

const takeNamed = (film: FilmState, { object }: Hint) => {
  const parsed = parseTakeObject(object);
  // The marks that we write ourselves announce nothing.
  if (parsed?.videoId !== film.videoId || parsed.rest.endsWith('.json')) return undefined;
  const take = takeOf(film, parsed.block, parsed.take);
  return take && { id: lookTaskId(parsed.block, take.take), take };
};

/** The task that a hint speaks of. */
export const hintedTask = (film: FilmState, hint: Hint | undefined): string | undefined =>
  hint && takeNamed(film, hint)?.id;

/** A hint that meets a launch under way is kept, and looked at as soon as the launch is written down. */
export async function keepHint(session: Session, ready: readonly Task[]): Promise<void> {
  const named = session.hint && takeNamed(session.stored.film, session.hint);
  if (named === undefined || ready.some((task) => task.id === named.id)) return;
  session.hint = undefined;
  const { id, take } = named;
  if (take.outcome !== undefined) return;
  session.stored = await session.engine.films.update(
    session.videoId,
    (_, now) => [{ type: 'task-hinted', id, input: take.token, at: now }],
    { known: session.stored },
  );
}
