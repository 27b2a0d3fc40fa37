/**
 * Facts that other programs wrote about a film: the functions that we replace, one by one. They are taken in before anything is decided.
 */
import { isFixed } from './blocks.ts';
import type { Fact } from './evolve.ts';
import { takePrice, utcDay } from './ledger.ts';
import type { Foreign, ForeignBlock, Role } from './ports.ts';
import { type BlockState, type FilmState, FOREIGN, isForeign, type Take } from './state.ts';

export type Owners = Readonly<Record<Role, boolean>>;

/**
 * Which function launches a take: those of block 1 are the video function's until one has an operation, all others are the monitor's: it
 * knows operations alone.
 */
export const launchingRole = (block: BlockState): Role =>
  block.block === 1 && block.takes.every((take) => take.operation === undefined) ? 'video' : 'monitor';

/** A take that another program launched. */
export function foreignTake(film: FilmState, block: BlockState, operation: string | undefined, now: number): Take {
  const seconds = film.plan[block.block - 1]?.seconds ?? 0;
  return {
    take: (block.takes.at(-1)?.take ?? 0) + 1,
    round: block.round,
    token: `${FOREIGN}:${operation ?? ''}`,
    holder: FOREIGN,
    inputHash: '',
    seconds,
    microUsd: takePrice(film.model, film.input.resolution, seconds),
    day: utcDay(now),
    at: now,
    launchedAt: now,
    charge: 'reserved',
    ...(operation === undefined ? {} : { operation }),
  };
}

/** Whether a launch is one that another program was to make. An old video function may be told twice and launch twice: that is its own. */
function mayLaunch(block: BlockState, owns: Owners): boolean {
  if (!owns[launchingRole(block)]) return true;
  return block.block === 1 && !owns.video && block.takes.length > 0 && block.takes.every(isForeign);
}

function launchFacts(film: FilmState, block: BlockState, operation: string, owns: Owners, now: number) {
  const facts: Fact[] = [];
  if (!mayLaunch(block, owns)) {
    const reason = `Another program launched block ${block.block}, which this one owns. Stop it, then resume.`;
    facts.push({ type: 'contended', reason });
  }
  // Whoever follows the operations has given up the ones before. Where that is us, all are followed and the first result counts.
  const replaced = owns.monitor ? [] : block.takes.filter((take) => take.outcome === undefined);
  for (const take of replaced) {
    const outcome = { kind: 'failed', at: now, code: 'replaced' } as const;
    facts.push({ type: 'take-ended', block: block.block, token: take.token, outcome, charge: 'unknown' });
  }
  facts.push({ type: 'take-intended', block: block.block, take: foreignTake(film, block, operation, now) });
  return facts;
}

function blockFacts(film: FilmState, written: ForeignBlock, owns: Owners, now: number): readonly Fact[] {
  const block = film.blocks[written.block - 1];
  if (block === undefined || block.accepted !== undefined) return [];
  const { operation, object } = written;
  const isNew = operation !== undefined && !block.takes.some((take) => take.operation === operation);
  const facts: Fact[] = isNew ? launchFacts(film, block, operation, owns, now) : [];
  if (object !== undefined && !owns.monitor && block.foreignObject !== object) {
    facts.push({ type: 'foreign-object', block: block.block, name: object });
  }
  return facts;
}

/** The other program's cut shows what it followed: nobody will look at those operations any more. */
function finalFacts(film: FilmState, uri: string, owns: Owners, now: number): readonly Fact[] {
  const outcome = { kind: 'finished', at: now } as const;
  const unwatched = owns.monitor
    ? []
    : film.blocks.flatMap((block) =>
        block.takes
          .filter((take) => take.outcome === undefined && take.operation !== undefined)
          .map(({ token }) => ({ type: 'take-ended', block: block.block, token, outcome, charge: 'charged' }) as const),
      );
  return [...unwatched, { type: 'foreign-final', uri }];
}

/** Which function's work the film waits for now. */
function workingRole(film: FilmState): Role {
  if (film.script === undefined) return 'script';
  const [first] = film.blocks;
  if (first !== undefined && first.accepted === undefined && first.foreignObject === undefined) {
    if (launchingRole(first) === 'video') return 'video';
  }
  return film.blocks.every(({ block }) => isFixed(film, block)) ? 'assembler' : 'monitor';
}

/**
 * What foreign writes tell that the state does not know yet. A launch of what we own is a fact as well, for it costs, but nothing more is
 * launched until a person has stopped one of the two.
 */
export function foreignFacts(film: FilmState, foreign: Foreign, owns: Owners, now: number): readonly Fact[] {
  const facts = foreign.blocks.flatMap((block) => blockFacts(film, block, owns, now));
  if (foreign.finalUri !== undefined && film.foreignFinal === undefined && !owns.assembler) {
    facts.push(...finalFacts(film, foreign.finalUri, owns, now));
  }
  const isTheirs = !owns[workingRole(film)] || (!owns.monitor && !owns.assembler);
  if (foreign.error !== undefined && isTheirs && film.status === 'running') {
    const cure = 'See that function’s log; resume goes on with what this host owns.';
    facts.push({
      type: 'film-failed',
      error: {
        kind: 'permanent',
        code: 'foreign-failure',
        message: 'The function that makes this part gave up on the film.',
        cure,
      },
    });
  }
  return facts;
}
