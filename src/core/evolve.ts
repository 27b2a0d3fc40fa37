/**
 * What facts make of a film: pure, the only code that changes a state. A fact that is no longer true of the present state (a block accepted
 * meanwhile, a lease lost, a repeated report) changes nothing.
 */
import { applyCommand, commandRecord } from './commands.ts';
import { takeFact } from './evolve-takes.ts';
import { taskFact } from './evolve-tasks.ts';
import { alwaysTrue, type Fact, type Fence } from './facts.ts';
import { newScript } from './rounds.ts';
import type { CommandRecord, Draft, FilmState } from './state.ts';

export type { Fact, Fence };

type Film = Draft<FilmState>;

function applyFact(film: Film, fact: Fact): void {
  switch (fact.type) {
    case 'command':
      film.commands.push(commandRecord(fact.record) as Draft<CommandRecord>);
      applyCommand(film, fact.record.command);
      return;
    case 'film-failed':
      // What is made is made: a late take that cannot be looked at any more does not undo it.
      if (film.status !== 'completed') film.failure ??= fact.error;
      return;
    case 'disagreed':
      film.disagreement ??= fact.reason;
      return;
    case 'contended':
      film.contention ??= fact.reason;
      return;
    case 'script-written':
      if (fact.revision === film.revision.number) newScript(film, fact.script);
      return;
    case 'softened': {
      const block = film.blocks[fact.block - 1];
      if (block?.round === fact.round && block.rewrites.length === fact.count && !block.accepted)
        block.rewrites.push(fact.text);
      return;
    }
    case 'call-reserved':
      film.calls.push({ ...fact.call });
      return;
    case 'call-settled': {
      const call = film.calls.find((candidate) => candidate.id === fact.id);
      if (call?.charge !== 'reserved') return;
      // A call that certainly cost nothing is no entry of the ledger any more.
      if (fact.charge === 'not-charged') film.calls = film.calls.filter((other) => other !== call);
      else Object.assign(call, { charge: fact.charge, microUsd: fact.microUsd });
      return;
    }
    case 'take-intended': {
      const takes = film.blocks[fact.block - 1]?.takes;
      if (takes?.every(({ token }) => token !== fact.take.token)) takes.push({ ...fact.take });
      return;
    }
    case 'foreign-object': {
      const block = film.blocks[fact.block - 1];
      if (block) block.foreignObject = fact.name;
      return;
    }
    case 'foreign-final':
      film.foreignFinal ??= fact.uri;
      return;
    case 'published':
      if (fact.of === undefined || isShown(film, fact.of, fact.token))
        film.published[fact.name] = { revision: fact.revision, token: fact.token };
      return;
    default:
      if ('id' in fact) taskFact(film, fact);
      else takeFact(film, fact);
  }
}

/** A later round may show the same take again, published anew. */
const isShown = (film: Film, { block, round }: { readonly block: number; readonly round: number }, token: string) => {
  const accepted = film.blocks[block - 1]?.accepted;
  return accepted?.token === token && accepted.round === round;
};

const touchesBlocks = (fact: Fact): boolean =>
  'block' in fact || fact.type === 'command' || fact.type === 'script-written';

const copyOf = ({ blocks }: FilmState) =>
  blocks.map((block) => ({
    ...block,
    rewrites: [...block.rewrites],
    takes: block.takes.map((take) => ({ ...take })),
    ...(block.accepted ? { accepted: { ...block.accepted } } : {}),
  }));

/**
 * A copy of everything that these facts may change in place; all else is shared, so that who compares two states sees at once what is the
 * same. `structuredClone` takes ten times as long.
 */
function draftOf(film: FilmState, facts: readonly Fact[]): Film {
  const has = (type: Fact['type']): boolean => facts.some((fact) => fact.type === type);
  const tasks = Object.fromEntries(Object.entries(film.tasks).map(([id, record]) => [id, { ...record }]));
  const isCalled = has('call-reserved') || has('call-settled');
  return {
    ...film,
    blocks: facts.some(touchesBlocks) ? copyOf(film) : film.blocks,
    tasks,
    calls: isCalled ? film.calls.map((call) => ({ ...call })) : film.calls,
    published: has('published') ? { ...film.published } : film.published,
    commands: [...film.commands],
    revision: { ...film.revision },
  } as Film;
}

/** The film after these facts; its derived parts (status, events) are `advanceState`'s. */
export function evolve(film: FilmState, facts: readonly Fact[], fence?: Fence): FilmState {
  const held =
    fence === undefined ||
    (film.tasks[fence.id]?.input === fence.input && film.tasks[fence.id]?.lease?.token === fence.token);
  const next = draftOf(film, facts);
  for (const fact of facts) if (held || alwaysTrue(fact)) applyFact(next, fact);
  return next as FilmState;
}
