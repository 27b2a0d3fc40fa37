import { blocksDone, isFixed, isWatched } from '../blocks.ts';
import type { Step, Task } from '../machine.ts';
import { nextMove } from '../moves.ts';
import type { PlannedBlock } from '../plan.ts';
import { blockOf, type FilmState, filmPlan } from '../state.ts';
import { acceptTask } from './accept.ts';
import { collectTask } from './collect.ts';
import { frameTask } from './frame.ts';
import { softenTask } from './soften.ts';
import { launchTask, watchTask } from './take.ts';

function blockTasks(film: FilmState, planned: PlannedBlock): readonly Task[] {
  const { foreignObject, accepted } = blockOf(film, planned.block);
  const isNext = planned.kind === 'start' || isFixed(film, planned.block - 1);
  if (foreignObject !== undefined && accepted === undefined) return isNext ? [collectTask(planned, foreignObject)] : [];
  const move = nextMove(film, planned);
  switch (move.type) {
    case 'launch':
      return [launchTask(film, planned)];
    case 'accept':
      return [acceptTask(film, planned, move.take, move.output)];
    case 'soften':
      return [softenTask(film, planned.block, move.take)];
    case 'frame':
      return frameTask(film, planned.block);
    default:
      return [];
  }
}

const isReady = (film: FilmState, steps: readonly Step[]): boolean => steps.every((step) => step.isDone(film));

/** The blocks: launched, watched, accepted, each from the one before where the plan chains them. */
export const blocksStep = (before: readonly Step[]): Step => ({
  name: 'blocks',
  after: [],
  isDone: (film) => blocksDone(film) && isReady(film, before),
  tasks: (film) => [
    ...film.blocks.flatMap((block) => block.takes.filter(isWatched).map((take) => watchTask(film, block.block, take))),
    // Takes are watched whatever becomes of the script; new ones are made from an approved one only.
    ...(isReady(film, before) ? filmPlan(film).flatMap((planned) => blockTasks(film, planned)) : []),
  ],
  asks: (film) => {
    if (!isReady(film, before)) return undefined;
    for (const planned of filmPlan(film)) {
      const move = nextMove(film, planned);
      if (move.type === 'ask') return move.needsInput;
    }
    return undefined;
  },
  fails: (film) => {
    if (!isReady(film, before)) return undefined;
    for (const planned of filmPlan(film)) {
      const move = nextMove(film, planned);
      if (move.type === 'fail') return move.error;
    }
    return undefined;
  },
});
