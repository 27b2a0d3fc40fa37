/** What facts make of takes: what happened to one is set once, and one take per block and round is shown. */
import type { Fact, OfTake } from './facts.ts';
import type { Draft, FilmState, Take, TakeOutcome } from './state.ts';

const MAX_MESSAGE = 160;

type Film = Draft<FilmState>;
const takeWith = (film: Film, { block, token }: OfTake): Draft<Take> | undefined =>
  film.blocks[block - 1]?.takes.find((take) => take.token === token);

/** The whole text is in the take's `outcome.json`; a film of many blocks has to fit one document. */
const short = (outcome: TakeOutcome): TakeOutcome =>
  outcome.message === undefined ? outcome : { ...outcome, message: outcome.message.slice(0, MAX_MESSAGE) };

/** What happened to a launched take is set once, under the take's own token, whatever became of any lease. */
export function takeFact(film: Film, fact: Extract<Fact, OfTake>): void {
  const take = takeWith(film, fact);
  if (take === undefined) return;
  const open = take.outcome === undefined;
  switch (fact.type) {
    case 'take-launched':
      if (take.operation !== undefined) return;
      take.operation = fact.operation;
      take.launchedAt = fact.at;
      delete take.unknownSince;
      delete take.settlesAt;
      delete film.tasks[`launch:${fact.block}`];
      return;
    case 'take-unknown':
      if (!open || take.unknownSince !== undefined) return;
      take.unknownSince = fact.at;
      take.settlesAt = fact.settlesAt;
      // What kept launches from leaving is over.
      delete film.tasks[`launch:${fact.block}`];
      return;
    case 'take-late':
      if (open) take.late = true;
      return;
    case 'take-ended':
      if (!open) return;
      take.outcome = short(fact.outcome);
      take.charge = fact.charge;
      // Nobody was ever told these words.
      if (take.outcome.kind === 'released') delete take.dialogue;
      delete film.tasks[`look:${fact.block}-${take.take}`];
      return;
    case 'take-finished':
      // A take given up for lost may still turn up: it was paid for, so it counts.
      if (take.output !== undefined || !(open || take.outcome?.kind === 'lost')) return;
      take.output = fact.output;
      take.outcome = { kind: 'finished', at: fact.at };
      take.charge = 'charged';
      if (fact.microUsd !== undefined) take.microUsd = fact.microUsd;
      delete film.tasks[`look:${fact.block}-${take.take}`];
      return;
    default:
      acceptanceFact(film, fact, take);
  }
}

function acceptanceFact(
  film: Film,
  fact: Extract<Fact, { readonly type: 'accepted' | 'acceptance-fixed' }>,
  take: Draft<Take>,
): void {
  const block = film.blocks[fact.block - 1];
  if (block === undefined || block.round !== fact.round) return;
  if (fact.type === 'accepted') {
    if (block.accepted || !take.output) return;
    block.accepted = { round: fact.round, take: take.take, token: take.token, covers: fact.covers, fixed: false };
  } else if (block.accepted?.token === fact.token) {
    block.accepted.fixed = true;
  }
}
