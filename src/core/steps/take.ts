import { isWatched } from '../blocks.ts';
import { gateUntil } from '../checks.ts';
import { launchingRole } from '../foreign.ts';
import { intend, launch } from '../launch.ts';
import type { Task } from '../machine.ts';
import type { PlannedBlock } from '../plan.ts';
import { blockOf, type FilmState, type Take } from '../state.ts';
import { launchTaskId, launchTaskInput, lookTaskId, mayPostUntil } from '../take-tasks.ts';
import { unwatchable, watch } from '../watch.ts';
import { acceptTaskId } from './accept.ts';
import { followed } from './follow.ts';

const isUnlaunched = (take: Take): boolean => take.operation === undefined;

export function watchTask(film: FilmState, block: number, take: Take): Task {
  const task: Task = {
    id: lookTaskId(block, take.take),
    role: 'monitor',
    input: take.token,
    kind: 'watch',
    light: true,
    whenFailed: (present, now, error) => unwatchable(present, block, take, now, error),
    async perform(present, context) {
      const now = present.blocks[block - 1]?.takes.find((candidate) => candidate.token === take.token);
      if (now === undefined || !isWatched(now)) return [];
      const facts = await watch(present, block, now, context);
      const isFinished = facts.some(({ type }) => type === 'take-finished');
      return isFinished ? followed(present, facts, acceptTaskId(block), context) : facts;
    },
  };
  const mayStillBePosted = take.operation === undefined && take.unknownSince === undefined;
  if (!mayStillBePosted) return isUnlaunched(take) && block === 1 ? { ...task, alsoRoles: ['video'] } : task;
  // Whoever intended it has it until it cannot be posted any more; if that process is dead, nobody has to wait.
  return {
    ...task,
    ...(block === 1 ? { alsoRoles: ['video'] as const } : {}),
    held: { token: take.token, holder: take.holder, until: mayPostUntil(take, film.model.timing) },
  };
}

export const launchTask = (film: FilmState, planned: PlannedBlock): Task => ({
  id: launchTaskId(planned.block),
  role: launchingRole(blockOf(film, planned.block)),
  input: launchTaskInput(film, planned.block),
  kind: 'work',
  light: false,
  exclusive: true,
  notBefore: gateUntil(film, planned),
  claim: (present, context) => intend(present, planned, context),
  perform: (present, context) => launch(present, planned, context),
});
