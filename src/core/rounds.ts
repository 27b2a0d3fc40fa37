/** Rounds of a block: each `reroll`, `revise` and `pick` opens the next one, of the block and of all that is made from it. */
import { dependants, type PlannedBlock } from './plan.ts';
import type { BlockState, Draft, FilmState, Script, ScriptBlock } from './state.ts';

/** The given blocks and everything that is made from them, ascending, each once. */
export function dependantsOf(plan: readonly PlannedBlock[], blocks: readonly number[]): readonly number[] {
  const all = new Set(blocks.flatMap((block) => [block, ...dependants(plan, block)]));
  return [...all].sort((a, b) => a - b);
}

/** Opens a block's next round: what was accepted stays a take, no longer shown. */
export function reopen(film: Draft<FilmState>, number: number): Draft<BlockState> {
  const block = film.blocks[number - 1];
  if (block === undefined) throw new RangeError(`no block ${number}`);
  block.round += 1;
  block.allowance = film.maxAttempts;
  block.rewrites = [];
  delete block.accepted;
  delete block.picked;
  delete block.asIs;
  delete block.foreignObject;
  return block;
}

/** Numbers of the blocks whose texts differ. */
export const changedBlocks = (before: readonly ScriptBlock[], after: readonly ScriptBlock[]): readonly number[] =>
  before.flatMap((old, index) => {
    const now = after[index];
    const same = now?.dialogue === old.dialogue && now.visual === old.visual && now.continuity === old.continuity;
    return same ? [] : [index + 1];
  });

/** Blocks whose words changed, and what is made from them, open a new round. */
export function newScript(film: Draft<FilmState>, script: Script): void {
  const changed = film.script === undefined ? [] : changedBlocks(film.script.blocks, script.blocks);
  film.script = script as Draft<Script>;
  delete film.revision.notes;
  for (const block of dependantsOf(film.plan, changed)) reopen(film, block);
}
