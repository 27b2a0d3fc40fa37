/** What is next for a block. Pure: everything follows from the film's state. */
import { blockInput, ELSEWHERE, firstFrame, isFixed, mustBeAsked, usedAttempts } from './blocks.ts';
import { stoppingFindings } from './checks.ts';
import type { ErrorRecord } from './errors.ts';
import { fingerprint } from './hash.ts';
import { costOf, takePrice } from './ledger.ts';
import { memo } from './memo.ts';
import type { PlannedBlock } from './plan.ts';
import {
  type BlockState,
  blockOf,
  type FilmState,
  isForeign,
  type NeedsInput,
  type Take,
  type TakeOutput,
  takeOf,
} from './state.ts';

export const MAX_REWRITES = 2;

export type BlockMove =
  /** Something else has to come first: the block before, a take under way, its first frame. */
  | { readonly type: 'wait' }
  | { readonly type: 'frame' }
  | { readonly type: 'launch'; readonly inputHash: string; readonly microUsd: number }
  | { readonly type: 'soften'; readonly take: Take }
  | { readonly type: 'accept'; readonly take: Take; readonly output: TakeOutput }
  | { readonly type: 'ask'; readonly needsInput: NeedsInput }
  | { readonly type: 'fail'; readonly error: ErrorRecord }
  | { readonly type: 'done' };

/** Whether a take is made of what the block's next one would be made of. Another program's is of the script as it is written. */
const isOf = (take: Take, block: BlockState, inputHash: string): boolean =>
  isForeign(take) ? block.rewrites.length === 0 : take.inputHash === inputHash;

function usableTake(block: BlockState, inputHash: string): Take | undefined {
  if (block.picked !== undefined) return block.takes.find((take) => take.take === block.picked && take.output);
  return block.takes
    .filter((take) => take.round === block.round && take.output !== undefined)
    .filter((take) => isForeign(take) || take.inputHash === inputHash)
    .sort((a, b) => (a.outcome?.at ?? 0) - (b.outcome?.at ?? 0) || a.take - b.take)[0];
}

const rewritten = ({ rewrites }: BlockState): string =>
  rewrites.length === 0 ? '' : `, also after ${rewrites.length} rewrites`;

function afterRefusal(film: FilmState, block: BlockState, refused: Take): BlockMove | undefined {
  const sameText = block.takes.filter((take) => take.round === block.round && take.inputHash === refused.inputHash);
  const refusals = sameText.filter((take) => take.outcome?.kind === 'refused').length;
  // A refused sound often passes as it is the second time (apis.md 2.6).
  if (refused.outcome?.audio === true && refusals === 1) return undefined;
  if (film.canSoften !== false && block.rewrites.length < MAX_REWRITES) return { type: 'soften', take: refused };
  return {
    type: 'ask',
    needsInput: {
      code: 'refused',
      block: block.block,
      take: refused.take,
      message: `The video vendor refused block ${block.block}${rewritten(block)}: ${refused.outcome?.message ?? ''}`,
      commands: ['revise', 'pick', 'finish', 'cancel'],
    },
  };
}

function overBudget(film: FilmState, block: number, microUsd: number): NeedsInput | undefined {
  const isFirst = film.blocks.every((other) => other.takes.length === 0);
  // The whole price is known, so a cap below it stops the film before anything is bought and not in its middle.
  const needed = Math.max(costOf(film).committed + microUsd, isFirst ? film.estimateMicroUsd : 0);
  if (needed <= film.capMicroUsd) return undefined;
  return {
    code: 'budget',
    block,
    neededMicroUsd: needed,
    message: `Block ${block} would bring the film to $${(needed / 1e6).toFixed(2)}; its cap is $${(film.capMicroUsd / 1e6).toFixed(2)}.`,
    commands: ['resume', 'finish', 'cancel'],
  };
}

/** An unknown take is waited for until it settles, late or not. */
const isAwaited = (take: Take): boolean =>
  take.outcome === undefined && (!take.late || take.unknownSince !== undefined);

/** Whatever the next take would be made of: one is under way, and none is there to be accepted. */
function isUnderWay({ takes, round, picked }: BlockState): boolean {
  const present = takes.filter((take) => take.round === round);
  return picked === undefined && present.some(isAwaited) && present.every((take) => take.output === undefined);
}

function nextTake(film: FilmState, planned: PlannedBlock, block: BlockState, inputHash: string): BlockMove {
  const takes = block.takes.filter((take) => take.round === block.round);
  if (takes.some(isAwaited)) return { type: 'wait' };
  const last = takes.at(-1);
  if (last?.outcome?.kind === 'refused' && isOf(last, block, inputHash)) {
    const move = afterRefusal(film, block, last);
    if (move) return move;
  }
  const lost = takes.find((take) => mustBeAsked(take) && take.take > block.acknowledged);
  if (lost) {
    const { take, outcome } = lost;
    const why =
      outcome?.code === ELSEWHERE
        ? `Another program's take ${take} of block ${block.block} is finished, but its video does not lie in the film's folder. Resume buys the block again.`
        : `Nobody can tell whether take ${take} of block ${block.block} was made${isForeign(lost) ? ': another program launched it and the vendor does not know it' : ': the answer to its launch was lost'}.`;
    const commands = ['resume', 'finish', 'cancel'] as const;
    return { type: 'ask', needsInput: { code: 'unknown-take', block: block.block, take, message: why, commands } };
  }
  const failures = usedAttempts(block);
  if (failures >= block.allowance) {
    return {
      type: 'fail',
      error: {
        kind: 'permanent',
        code: 'attempts-exhausted',
        message: `Block ${block.block}: ${failures} takes failed, the last with ${last?.outcome?.code ?? 'no answer in time'}.`,
        cure: 'Send resume for as many takes again, revise the block, or finish with what is there.',
      },
    };
  }
  const microUsd = takePrice(film.model, film.input.resolution, planned.seconds);
  const needsInput = overBudget(film, block.block, microUsd);
  return needsInput ? { type: 'ask', needsInput } : { type: 'launch', inputHash, microUsd };
}

/** A block that is not worth continuing stops its chain while that is cheap. */
function checkFailed(film: FilmState, block: number): NeedsInput | undefined {
  const planned = film.plan[block - 1];
  const findings = planned === undefined ? [] : stoppingFindings(film, planned);
  if (findings.length === 0) return undefined;
  return {
    code: 'check',
    block,
    message: `Block ${block}: ${findings.map(({ message }) => message).join(' ')} Reroll it, or resume to go on as it is.`,
    commands: ['reroll', 'resume', 'revise', 'finish', 'cancel'],
  };
}

const movesOf = memo((_film: FilmState) => new Map<number, BlockMove>());

/** What a block needs next. */
export function nextMove(film: FilmState, planned: PlannedBlock): BlockMove {
  const moves = movesOf(film);
  const move = moves.get(planned.block) ?? findMove(film, planned);
  moves.set(planned.block, move);
  return move;
}

function findMove(film: FilmState, planned: PlannedBlock): BlockMove {
  const block = blockOf(film, planned.block);
  if (block.accepted?.fixed) return { type: 'done' };
  if (block.accepted) {
    const take = takeOf(film, block.block, block.accepted.take);
    return take?.output ? { type: 'accept', take, output: take.output } : { type: 'wait' };
  }
  if (planned.kind !== 'start' && !isFixed(film, planned.block - 1)) return { type: 'wait' };
  if (planned.kind === 'last-frame' && firstFrame(film, planned) === undefined) return { type: 'frame' };
  const input = blockInput(film, planned);
  if (input === undefined) return { type: 'wait' };
  const stop = planned.kind === 'start' ? undefined : checkFailed(film, planned.block - 1);
  if (stop) return { type: 'ask', needsInput: stop };
  if (isUnderWay(block)) return { type: 'wait' };
  const inputHash = fingerprint(input);
  const take = usableTake(block, inputHash);
  if (take?.output) return { type: 'accept', take, output: take.output };
  return nextTake(film, planned, block, inputHash);
}
