/**
 * Facts, and what they make of a film: pure, the only code that changes a state. A fact that is no longer true of the present state
 * (a block accepted meanwhile, a lease lost, a repeated report) changes nothing.
 */
import { applyCommand, commandRecord } from './commands.ts';
import type { ErrorRecord } from './errors.ts';
import type { Json } from './json.ts';
import { newScript } from './rounds.ts';
import type {
  Charge,
  CommandRecord,
  Covers,
  Draft,
  FilmState,
  Lease,
  PaidCall,
  Script,
  ScriptBlock,
  Take,
  TakeOutcome,
  TakeOutput,
  TaskRecord,
} from './state.ts';

interface OfTask {
  readonly id: string;
  readonly input: string;
}

interface OfTake {
  readonly block: number;
  readonly token: string;
}

export type Fact =
  | { readonly type: 'command'; readonly record: CommandRecord }
  | ({ readonly type: 'task-leased'; readonly lease: Lease } & OfTask)
  | ({ readonly type: 'task-renewed'; readonly token: string; readonly until: number } & OfTask)
  | ({ readonly type: 'task-released' } & OfTask)
  | ({
      readonly type: 'task-due';
      readonly dueAt: number;
      /** Counts as one more failure, at this time. */
      readonly failedAt?: number;
      readonly waitingFor?: string;
    } & OfTask)
  | ({ readonly type: 'task-gave-up'; readonly error: ErrorRecord } & OfTask)
  | ({ readonly type: 'task-hinted'; readonly at: number } & OfTask)
  | ({ readonly type: 'task-done'; readonly at: number; readonly output?: Json } & OfTask)
  | { readonly type: 'film-failed'; readonly error: ErrorRecord }
  | { readonly type: 'disagreed'; readonly reason: string }
  | { readonly type: 'contended'; readonly reason: string }
  | { readonly type: 'script-written'; readonly script: Script; readonly revision: number }
  | {
      readonly type: 'softened';
      readonly block: number;
      readonly round: number;
      readonly count: number;
      readonly text: ScriptBlock;
    }
  | { readonly type: 'call-reserved'; readonly call: PaidCall }
  | { readonly type: 'call-settled'; readonly id: string; readonly charge: Charge; readonly microUsd: number }
  | { readonly type: 'take-intended'; readonly block: number; readonly take: Take }
  | ({ readonly type: 'take-launched'; readonly operation: string; readonly at: number } & OfTake)
  | ({ readonly type: 'take-unknown'; readonly at: number; readonly settlesAt: number } & OfTake)
  | ({ readonly type: 'take-late' } & OfTake)
  | ({ readonly type: 'take-ended'; readonly outcome: TakeOutcome; readonly charge: Charge } & OfTake)
  | ({
      readonly type: 'take-finished';
      readonly output: TakeOutput;
      readonly at: number;
      readonly microUsd?: number;
    } & OfTake)
  | ({ readonly type: 'accepted'; readonly round: number; readonly covers: Covers } & OfTake)
  | ({ readonly type: 'acceptance-fixed'; readonly round: number } & OfTake)
  | { readonly type: 'foreign-object'; readonly block: number; readonly name: string }
  | { readonly type: 'foreign-final'; readonly uri: string }
  | { readonly type: 'published'; readonly name: string; readonly revision: string; readonly token: string };

/** The lease under which facts were found. Where it is lost they are dropped, but for what is true whoever reports it. */
export interface Fence extends OfTask {
  readonly token: string;
}

const MAX_MESSAGE = 160;

type Film = Draft<FilmState>;
const takeWith = (film: Film, { block, token }: OfTake): Draft<Take> | undefined =>
  film.blocks[block - 1]?.takes.find((take) => take.token === token);

function recordOf(film: Film, { id, input }: OfTask): Draft<TaskRecord> {
  const known = film.tasks[id];
  if (known?.input === input) return known;
  const fresh: Draft<TaskRecord> = { input, failures: 0 };
  film.tasks[id] = fresh;
  return fresh;
}

function taskFact(film: Film, fact: Extract<Fact, OfTask>): void {
  const record = recordOf(film, fact);
  switch (fact.type) {
    case 'task-leased':
      record.lease = fact.lease;
      break;
    case 'task-renewed':
      if (record.lease?.token === fact.token) record.lease = { ...record.lease, until: fact.until };
      break;
    case 'task-released':
      delete record.lease;
      if (record.failures === 0) delete film.tasks[fact.id];
      break;
    case 'task-hinted':
      record.hintedAt = fact.at;
      if (record.lease === undefined && record.waitingFor === undefined) record.dueAt = fact.at;
      break;
    case 'task-due':
      delete record.lease;
      record.dueAt = fact.dueAt;
      if (fact.waitingFor === undefined) delete record.waitingFor;
      else record.waitingFor = fact.waitingFor;
      if (fact.failedAt === undefined) {
        record.failures = 0;
        delete record.failingSince;
      } else {
        record.failures += 1;
        record.failingSince ??= fact.failedAt;
      }
      if (record.hintedAt !== undefined && fact.failedAt === undefined) {
        record.dueAt = Math.min(record.dueAt, record.hintedAt);
        delete record.hintedAt;
      }
      break;
    case 'task-gave-up':
      delete record.lease;
      delete record.dueAt;
      record.gaveUp = fact.error;
      break;
    case 'task-done':
      film.tasks[fact.id] = {
        input: fact.input,
        failures: 0,
        done: fact.output === undefined ? { at: fact.at } : { at: fact.at, output: fact.output as Draft<Json> },
      };
      break;
  }
}

/** The whole text is in the take's `outcome.json`; a film of many blocks has to fit one document. */
const short = (outcome: TakeOutcome): TakeOutcome =>
  outcome.message === undefined ? outcome : { ...outcome, message: outcome.message.slice(0, MAX_MESSAGE) };

/** What happened to a launched take is set once, under the take's own token, whatever became of any lease. */
function takeFact(film: Film, fact: Extract<Fact, OfTake>): void {
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
      return;
    case 'take-late':
      if (open) take.late = true;
      return;
    case 'take-ended':
      if (!open) return;
      take.outcome = short(fact.outcome);
      take.charge = fact.charge;
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
      film.calls.push(fact.call);
      return;
    case 'call-settled': {
      const call = film.calls.find((candidate) => candidate.id === fact.id);
      if (call?.charge !== 'reserved') return;
      // A call that certainly cost nothing is no entry of the ledger any more.
      if (fact.charge === 'not-charged') film.calls = film.calls.filter((other) => other !== call);
      else Object.assign(call, { charge: fact.charge, microUsd: fact.microUsd });
      return;
    }
    case 'take-intended':
      film.blocks[fact.block - 1]?.takes.push(fact.take);
      return;
    case 'foreign-object': {
      const block = film.blocks[fact.block - 1];
      if (block) block.foreignObject = fact.name;
      return;
    }
    case 'foreign-final':
      film.foreignFinal ??= fact.uri;
      return;
    case 'published':
      film.published[fact.name] = { revision: fact.revision, token: fact.token };
      return;
    default:
      if ('id' in fact) taskFact(film, fact);
      else takeFact(film, fact);
  }
}

/** True whoever reports it: what became of a take, what a call cost, that marks disagree. */
const alwaysTrue = (fact: Fact): boolean =>
  fact.type.startsWith('take-') ||
  fact.type === 'call-settled' ||
  fact.type.startsWith('foreign-') ||
  fact.type === 'disagreed' ||
  fact.type === 'contended' ||
  fact.type === 'command';

/** A copy of everything that facts change in place; what they replace whole is shared. `structuredClone` takes ten times as long. */
function draftOf(film: FilmState): Film {
  const blocks = film.blocks.map((block) => ({
    ...block,
    rewrites: [...block.rewrites],
    takes: block.takes.map((take) => ({ ...take })),
    ...(block.accepted ? { accepted: { ...block.accepted } } : {}),
  }));
  const tasks = Object.fromEntries(Object.entries(film.tasks).map(([id, record]) => [id, { ...record }]));
  return {
    ...film,
    blocks,
    tasks,
    calls: film.calls.map((call) => ({ ...call })),
    published: { ...film.published },
    commands: [...film.commands],
    revision: { ...film.revision },
  } as Film;
}

/** The film after these facts; its derived parts (status, events) are `advanceState`'s. */
export function evolve(film: FilmState, facts: readonly Fact[], fence?: Fence): FilmState {
  const held =
    fence === undefined ||
    (film.tasks[fence.id]?.input === fence.input && film.tasks[fence.id]?.lease?.token === fence.token);
  const next = draftOf(film);
  for (const fact of facts) if (held || alwaysTrue(fact)) applyFact(next, fact);
  return next as FilmState;
}
