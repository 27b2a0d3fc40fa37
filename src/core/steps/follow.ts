/**
 * Follow-ups: what the facts of a task make due at once is performed before they are saved, so that one save tells both. Only for what does
 * not hang on a claim of its own (a reservation, an intent), and never at the price of the facts: what does not work out is left to its task.
 */
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import { evolve, type Fact } from '../evolve.ts';
import { openTasks, type Task } from '../machine.ts';
import type { FilmState } from '../state.ts';

function followUp(after: FilmState, id: string, { steps, settings }: Context): Task | undefined {
  const task = openTasks(after, steps).find((open) => open.id === id);
  if (task === undefined || task.claim !== undefined || !settings.owns[task.role]) return undefined;
  // Somebody is at it, or it failed and waits.
  return after.tasks[id]?.input === task.input ? undefined : task;
}

/** The facts, and those of this task where they make it due. */
export async function followed(
  film: FilmState,
  facts: readonly Fact[],
  id: string,
  context: Context,
): Promise<readonly Fact[]> {
  const after = evolve(film, facts);
  const task = followUp(after, id, context);
  if (task === undefined || context.signal.aborted) return facts;
  try {
    return [...facts, ...(await task.perform(after, context))];
  } catch (caught) {
    const { code } = ReelstateError.from(caught);
    context.ports.logger.info('left to a task of its own', { videoId: film.videoId, task: id, code });
    return facts;
  }
}
