/** A block and its takes, as the film's state tells. Pure. */
import type { PlannedBlock } from './plan.ts';
import {
  type Accepted,
  type BlockState,
  blockOf,
  type Covers,
  type FilmState,
  filmPlan,
  isForeign,
  type ScriptBlock,
  type Take,
  type TakeOutput,
  takeOf,
} from './state.ts';

/** Outcome code of a lost take whose vendor cannot be asked, where a person is to decide. */
export const ASK = 'ask';
/** Outcome code of another program's take whose result lies where we do not read. */
export const ELSEWHERE = 'result-elsewhere';

export const isFixed = (film: FilmState, block: number): boolean => film.blocks[block - 1]?.accepted?.fixed === true;

/** The take that a block's fixed acceptance names. */
export function acceptedTake(
  film: FilmState,
  block: number,
): { accepted: Accepted; take: Take; output: TakeOutput } | undefined {
  const accepted = film.blocks[block - 1]?.accepted;
  const take = accepted?.fixed ? takeOf(film, block, accepted.take) : undefined;
  return accepted && take?.output ? { accepted, take, output: take.output } : undefined;
}

export const textOf = (film: FilmState, block: number): ScriptBlock | undefined =>
  blockOf(film, block).rewrites.at(-1) ?? film.script?.blocks[block - 1];

/** What the accepted take of a block says. */
export const dialogueOf = (film: FilmState, block: number): string =>
  acceptedTake(film, block)?.take.dialogue ?? textOf(film, block)?.dialogue ?? '';

/** The first frame that a `last-frame` block begins with, once it is cut out. */
export function firstFrame(film: FilmState, planned: PlannedBlock): { name: string; revision: string } | undefined {
  const record = film.tasks[`frame:${planned.block}`];
  const before = acceptedTake(film, planned.block - 1);
  if (record?.done === undefined || record.input !== before?.take.token) return undefined;
  return record.done.output as { name: string; revision: string };
}

/** What the next take of a block is made from; undefined while something of it is missing. */
export function blockInput(film: FilmState, planned: PlannedBlock) {
  const text = textOf(film, planned.block);
  if (text === undefined) return undefined;
  const { language, style, aspectRatio, resolution, seed } = film.input;
  const asked = {
    text,
    language,
    style,
    aspectRatio,
    resolution,
    seed,
    seconds: planned.seconds,
    model: film.model.id,
  };
  if (planned.kind === 'start') return asked;
  if (planned.kind === 'last-frame') {
    const frame = firstFrame(film, planned);
    return frame && { ...asked, frame };
  }
  const before = acceptedTake(film, planned.block - 1);
  return before && { ...asked, extends: { name: before.output.name, revision: before.output.revision } };
}

const failed = (take: Take): boolean =>
  take.outcome?.kind === 'failed' ||
  take.outcome?.kind === 'lost' ||
  (take.late === true && take.outcome?.kind !== 'finished');

/** The attempts that this round of the block has used up: failed, lost and late takes. Other programs' takes are spend, but no attempts. */
export const usedAttempts = (block: BlockState): number =>
  block.takes.filter((take) => take.round === block.round && failed(take) && !isForeign(take)).length;

/** Only a person can say whether another take may be bought. */
export const mustBeAsked = ({ outcome }: Take): boolean => outcome?.code === ASK || outcome?.code === ELSEWHERE;

/** Which stretch of its chain a take shows: an extension comes whole or as its new seconds alone, whichever its length is nearer to. */
export function coversOf(film: FilmState, planned: PlannedBlock, output: TakeOutput): Covers {
  const before = planned.kind === 'extend' ? film.blocks[planned.block - 2]?.accepted?.covers : undefined;
  if (before === undefined) return { fromMs: 0, toMs: output.durationMs };
  const alone = planned.seconds * 1000;
  const whole = before.toMs - before.fromMs + alone;
  const isWhole = Math.abs(output.durationMs - whole) <= Math.abs(output.durationMs - alone);
  const fromMs = isWhole ? before.fromMs : before.toMs;
  return { fromMs, toMs: fromMs + output.durationMs };
}

/** Takes whose fate is still open: they are watched whatever the film's status is. */
export const isWatched = (take: Take): boolean => take.outcome === undefined;

/** Finished takes that no block shows: paid for, usable by `pick`. */
export function orphans(film: FilmState): readonly { block: number; take: Take }[] {
  return film.blocks.flatMap((block) =>
    block.takes
      .filter(
        (take) =>
          take.charge !== 'not-charged' &&
          take.outcome !== undefined &&
          block.accepted?.take !== take.take &&
          // Shown by the other program's final cut.
          !(film.foreignFinal !== undefined && take.outcome.kind === 'finished' && take.output === undefined),
      )
      .map((take) => ({ block: block.block, take })),
  );
}

export const blocksDone = (film: FilmState): boolean =>
  filmPlan(film).length > 0 && filmPlan(film).every((planned) => isFixed(film, planned.block));
