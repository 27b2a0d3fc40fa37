/**
 * Facts that other programs wrote about a film: the functions that we replace, one by one. They are taken in before anything is decided.
 */
import type { Fact } from './evolve.ts';
import { takePrice, utcDay } from './ledger.ts';
import type { Foreign, ForeignBlock, Role } from './ports.ts';
import type { BlockState, FilmState, Take } from './state.ts';

/** Holder of takes that another program launched. */
export const FOREIGN = 'foreign';
export const isForeign = (take: Take): boolean => take.holder === FOREIGN;

/** Which function launches a take: the first one of block 1 is the video function's, all others are the monitor's. */
export const launchingRole = (block: BlockState): Role =>
  block.block === 1 && block.takes.length === 0 ? 'video' : 'monitor';

/** A take that another program launched. */
export function foreignTake(film: FilmState, block: BlockState, operation: string, now: number): Take {
  const seconds = film.plan[block.block - 1]?.seconds ?? 0;
  return {
    take: (block.takes.at(-1)?.take ?? 0) + 1,
    round: block.round,
    token: `${FOREIGN}:${operation}`,
    holder: FOREIGN,
    inputHash: '',
    seconds,
    microUsd: takePrice(film.model, film.input.resolution, seconds),
    day: utcDay(now),
    at: now,
    operation,
    launchedAt: now,
    charge: 'reserved',
  };
}

function blockFacts(
  film: FilmState,
  written: ForeignBlock,
  owns: Readonly<Record<Role, boolean>>,
  now: number,
): readonly Fact[] {
  const block = film.blocks[written.block - 1];
  if (block === undefined) return [];
  const facts: Fact[] = [];
  const { operation } = written;
  const underWay = block.takes.filter((take) => take.round === block.round && take.outcome === undefined);
  if (operation !== undefined && !block.accepted && !block.takes.some((take) => take.operation === operation)) {
    const isOurs = owns[launchingRole(block)];
    if (isOurs || underWay.some((take) => !isForeign(take) && owns.monitor)) {
      const reason = `Another program launched block ${block.block}, which this one owns. Stop it (docs/migration.md).`;
      return [{ type: 'disagreed', reason }];
    }
    // The old monitor has given up on what was there and launched again.
    for (const take of underWay) {
      const outcome = { kind: 'failed', at: now, code: 'replaced' } as const;
      facts.push({ type: 'take-ended', block: block.block, token: take.token, outcome, charge: 'unknown' });
    }
    facts.push({ type: 'take-intended', block: block.block, take: foreignTake(film, block, operation, now) });
  }
  if (written.object !== undefined && !block.accepted && block.foreignObject !== written.object) {
    facts.push({ type: 'foreign-object', block: block.block, name: written.object });
  }
  return facts;
}

/** What foreign writes tell that the state does not know yet. A launch by two owners is no fact but a disagreement. */
export function foreignFacts(
  film: FilmState,
  foreign: Foreign,
  owns: Readonly<Record<Role, boolean>>,
  now: number,
): readonly Fact[] {
  const facts = foreign.blocks.flatMap((block) => blockFacts(film, block, owns, now));
  if (foreign.finalUri !== undefined && film.foreignFinal === undefined && !owns.assembler) {
    facts.push({ type: 'foreign-final', uri: foreign.finalUri });
  }
  if (foreign.error !== undefined && film.failure === undefined && film.status === 'running') {
    const cure = 'See that function’s log; resume goes on with what this host owns.';
    facts.push({
      type: 'film-failed',
      error: { kind: 'permanent', code: 'foreign-failure', message: foreign.error, cure },
    });
  }
  return facts;
}
