/** What a person may tell a film. `checkCommand` says whether it fits, `applyCommand` is its effect; both are pure. */
import { acceptedTake, mustBeAsked, usedAttempts } from './blocks.ts';
import { badInput, ReelstateError } from './errors.ts';
import { fingerprint } from './hash.ts';
import type { Json } from './json.ts';
import { takePrice, toMicro, toUsd } from './ledger.ts';
import { changedBlocks, dependantsOf, newScript, reopen } from './rounds.ts';
import { checkScript, checkSoftened } from './script.ts';
import type { BlockState, Command, CommandRecord, Draft, FilmState, ScriptBlock, Take } from './state.ts';
import { takeOf } from './state.ts';

const refuse = (command: Command, message: string, cure: string): ReelstateError =>
  badInput('command-not-applicable', `${command.type}: ${message}`, cure);

/** The script's blocks with a revision's new texts in place, held to the same rules as written ones. */
export function revisedBlocks(film: FilmState, command: Extract<Command, { type: 'revise' }>): readonly ScriptBlock[] {
  return (film.script?.blocks ?? []).map((old, index) => {
    const change = command.blocks?.find(({ block }) => block === index + 1);
    if (change === undefined) return old;
    const { dialogue = old.dialogue, visual = old.visual, continuity = old.continuity } = change;
    return checkSoftened(JSON.parse(JSON.stringify({ dialogue, visual, continuity })) as Json, index + 1);
  });
}

export const scriptHash = (blocks: readonly ScriptBlock[]): string => fingerprint(blocks);

/** The take that is asked for is the one that the film shows. */
const isShown = (film: FilmState, { block, take }: Extract<Command, { type: 'pick' }>): boolean =>
  film.blocks[block - 1]?.accepted?.take === take;

/** The blocks that a command has made again. */
function remade(film: FilmState, command: Command): readonly number[] {
  switch (command.type) {
    case 'reroll':
      return dependantsOf(film.plan, [command.block]);
    case 'pick':
      return isShown(film, command) ? [] : dependantsOf(film.plan, [command.block]).slice(1);
    case 'revise':
      return dependantsOf(film.plan, changedBlocks(film.script?.blocks ?? [], revisedBlocks(film, command)));
    default:
      return [];
  }
}

/** What a command would buy again, micro-dollars: blocks that were paid for and are made anew. */
export function commandPrice(film: FilmState, command: Command): number {
  return remade(film, command)
    .filter((block) => (film.blocks[block - 1]?.takes.length ?? 0) > 0)
    .reduce((sum, block) => {
      const seconds = film.plan[block - 1]?.seconds ?? 0;
      return sum + takePrice(film.model, film.input.resolution, seconds);
    }, 0);
}

function checkPrice(film: FilmState, command: Extract<Command, { type: 'reroll' | 'pick' | 'revise' }>): void {
  const price = commandPrice(film, command);
  if (command.maxUsd === undefined ? price > 0 && command.type !== 'revise' : toMicro(command.maxUsd) < price) {
    const usd = (Math.ceil(price / 10_000) / 100).toFixed(2);
    const blocks = remade(film, command);
    throw new ReelstateError('permanent', `${command.type} makes block ${blocks.join(', ')} again, for $${usd}.`, {
      code: 'price-not-confirmed',
      cure: `Send it with maxUsd: ${usd}.`,
      details: { usd: toUsd(price), blocks },
    });
  }
}

/** Commands come as JSON from anywhere: '1' is no block. */
const hasBlock = (film: FilmState, block: number): boolean =>
  Number.isInteger(block) && film.plan[block - 1] !== undefined;

function checkPick(film: FilmState, command: Extract<Command, { type: 'pick' }>): void {
  const take: Take | undefined = takeOf(film, command.block, command.take);
  if (take?.output === undefined || !hasBlock(film, command.block)) {
    throw refuse(command, `block ${command.block} has no finished take ${command.take}.`, 'See the takes with get.');
  }
  const planned = film.plan[command.block - 1];
  const before = acceptedTake(film, command.block - 1);
  if (planned?.kind !== 'start' && take.from !== before?.take.token) {
    throw refuse(
      command,
      `take ${take.take} continues another take of block ${command.block - 1} than the film shows.`,
      `Pick that take of block ${command.block - 1} first.`,
    );
  }
}

const LONGEST_NOTES = 2_000;
const isShortText = (value: unknown): boolean =>
  typeof value === 'string' && value.trim() !== '' && value.length <= LONGEST_NOTES;

function checkRevise(film: FilmState, command: Extract<Command, { type: 'revise' }>): void {
  if ((command.blocks === undefined) === (command.notes === undefined)) {
    throw refuse(
      command,
      'give either blocks or notes.',
      'blocks: new texts; notes: what the language model should change.',
    );
  }
  if (command.notes !== undefined && !isShortText(command.notes)) {
    throw refuse(command, `notes are a text of 1 to ${LONGEST_NOTES} characters.`, 'Say it in fewer words.');
  }
  if (command.blocks !== undefined && !Array.isArray(command.blocks)) {
    throw refuse(command, 'blocks is a list.', 'Give [{ block, dialogue?, visual?, continuity? }].');
  }
  if (film.script === undefined && command.blocks !== undefined) {
    throw refuse(command, 'there is no script yet.', 'Wait for it, or send notes.');
  }
  for (const change of command.blocks ?? []) {
    if (!hasBlock(film, change.block))
      throw refuse(command, `there is no block ${change.block}.`, 'Blocks count from 1.');
    for (const text of [change.dialogue, change.visual]) {
      if (text !== undefined && (typeof text !== 'string' || text.trim() === ''))
        throw refuse(command, `block ${change.block} has an empty text.`, 'Give it words.');
    }
  }
  if (command.blocks !== undefined) checkScript({ blocks: revisedBlocks(film, command) } as unknown as Json, film);
}

function checkResume(film: FilmState, command: Extract<Command, { type: 'resume' }>): void {
  const needed = film.needsInput?.code === 'budget' ? film.needsInput.neededMicroUsd : undefined;
  if (needed !== undefined && Math.max(film.capMicroUsd, toMicro(command.maxUsd ?? 0)) < needed) {
    const usd = (Math.ceil(needed / 10_000) / 100).toFixed(2);
    throw badInput(
      'price-not-confirmed',
      `The next take brings the film to $${usd}.`,
      `Send resume with maxUsd: ${usd} or more.`,
    );
  }
  if (film.status === 'running') throw refuse(command, 'the film is running.', 'Just call advance.');
  if (film.needsInput?.code === 'approval')
    throw refuse(command, 'the script waits for approve or revise.', 'Send one of them.');
  if (film.needsInput?.code === 'refused') {
    throw refuse(command, 'the same words would be refused again.', 'Send revise with other words for the block.');
  }
  if (film.disagreement !== undefined) {
    throw refuse(command, 'the bucket knows more than the database.', 'Run rebuild (reelstate/admin), then resume.');
  }
}

/** Throws `command-not-applicable` or `price-not-confirmed` where the command does not fit the film. */
export function checkCommand(film: FilmState, command: Command): void {
  if (film.status === 'cancelled') throw refuse(command, 'the film was cancelled.', 'Create a new one.');
  if (film.status === 'completed' && ['approve', 'finish', 'pause', 'cancel'].includes(command.type)) {
    throw refuse(command, 'the film is completed.', 'reroll, revise and pick still work.');
  }
  switch (command.type) {
    case 'approve':
      if (film.script?.hash !== command.scriptHash) {
        throw refuse(
          command,
          'that is not the hash of the present script.',
          `Show the script again; its hash is ${film.script?.hash ?? 'not known yet'}.`,
        );
      }
      return;
    case 'revise':
      checkRevise(film, command);
      checkPrice(film, command);
      return;
    case 'reroll':
      if (!hasBlock(film, command.block))
        throw refuse(command, `there is no block ${command.block}.`, 'Blocks count from 1.');
      checkPrice(film, command);
      return;
    case 'pick':
      checkPick(film, command);
      checkPrice(film, command);
      return;
    case 'resume':
      if (film.status === 'completed' && film.finish === undefined)
        throw refuse(command, 'the film is completed.', 'There is nothing to resume.');
      checkResume(film, command);
      return;
    case 'finish':
      if (fixedPrefix(film) === 0) throw refuse(command, 'no block is accepted yet.', 'Wait for block 1, or cancel.');
      return;
    default:
  }
}

function fixedPrefix(film: FilmState): number {
  const open = film.blocks.findIndex((block) => !block.accepted?.fixed);
  return open === -1 ? film.blocks.length : open;
}

function goOn(film: Draft<FilmState>): void {
  film.paused = false;
  delete film.failure;
  for (const [id, record] of Object.entries(film.tasks)) {
    // One that is at work again just now keeps its lease.
    if (record.lease === undefined && (record.failures > 0 || record.gaveUp)) delete film.tasks[id];
  }
}

function resume(film: Draft<FilmState>, maxUsd: number | undefined): void {
  for (const block of film.blocks) {
    block.acknowledged = block.takes.findLast((take) => mustBeAsked(take as Take))?.take ?? block.acknowledged;
    if (block.accepted) block.asIs = block.accepted.token;
    const failures = usedAttempts(block as BlockState);
    if (!block.accepted && failures >= block.allowance) block.allowance = failures + film.maxAttempts;
  }
  // A finished film is made whole after all; one that was just told to finish, and failed at that, goes on finishing.
  if (film.status === 'completed') delete film.finish;
  delete film.rebuilt;
  film.capMicroUsd = Math.max(film.capMicroUsd, toMicro(maxUsd ?? 0));
}

/** A block that `finish` had left out is asked for: the film is made whole after all. */
function includeAgain(film: Draft<FilmState>, block: number): void {
  if (film.finish !== undefined && block > film.finish.blocks) delete film.finish;
}

/** The effect of a command that `checkCommand` let through. */
export function applyCommand(film: Draft<FilmState>, command: Command): void {
  const price = commandPrice(film as FilmState, command);
  if (command.type !== 'approve' && command.type !== 'pause' && command.type !== 'cancel') goOn(film);
  if (command.type === 'resume') delete film.contention;
  // What another program cut shows other takes than the film will have.
  if (command.type === 'reroll' || command.type === 'pick' || command.type === 'revise') {
    // Another program's final cut shows what is made anew now.
    if (film.foreignFinal !== undefined) film.replacesForeignFinal = true;
    delete film.foreignFinal;
  }
  switch (command.type) {
    case 'approve':
      film.approved = command.scriptHash;
      if (command.maxUsd !== undefined) film.capMicroUsd = toMicro(command.maxUsd);
      return;
    case 'revise':
      film.revision = { number: film.revision.number + 1 };
      delete film.finish;
      if (command.maxUsd !== undefined) film.capMicroUsd += price;
      if (command.notes !== undefined) {
        film.revision.notes = command.notes;
      } else {
        const blocks = revisedBlocks(film as FilmState, command);
        newScript(film, { ...film.script, blocks, hash: scriptHash(blocks) });
      }
      return;
    case 'reroll':
      includeAgain(film, command.block);
      film.capMicroUsd += price;
      for (const block of dependantsOf(film.plan, [command.block])) reopen(film, block);
      return;
    case 'pick':
      if (isShown(film as FilmState, command)) return;
      includeAgain(film, command.block);
      if (command.maxUsd !== undefined) film.capMicroUsd += price;
      for (const block of dependantsOf(film.plan, [command.block])) reopen(film, block);
      (film.blocks[command.block - 1] as { picked?: number }).picked = command.take;
      return;
    case 'resume':
      resume(film, command.maxUsd);
      return;
    case 'finish':
      film.finish = { blocks: fixedPrefix(film as FilmState) };
      // Nobody waits for other words any more, also not for those that are being written.
      if (film.revision.notes !== undefined) film.revision = { number: film.revision.number + 1 };
      return;
    case 'pause':
      film.paused = true;
      return;
    case 'cancel':
      film.cancelled = true;
      return;
  }
}

/** What the state keeps of a command: a revision's texts are in the script by then, and a film has to fit one document. */
export function commandRecord(record: CommandRecord): CommandRecord {
  const { command } = record;
  if (command.type !== 'revise' || command.blocks === undefined) return record;
  return { ...record, command: { ...command, blocks: command.blocks.map(({ block }) => ({ block })) } };
}
