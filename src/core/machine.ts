/**
 * The generic machine: tasks follow from the state, `decide` says which of them are due for this host, `advanceState` derives the
 * film's status. It knows tasks, leases and due times, and nothing about video.
 */

import type { Context } from './context.ts';
import type { ErrorRecord, ReelstateError } from './errors.ts';
import { eventsBetween } from './events.ts';
import { evolve, type Fact, type Fence } from './evolve.ts';
import type { Role } from './ports.ts';
import { type Draft, EVENTS_KEPT, type FilmState, isFinal, type Lease, type NeedsInput } from './state.ts';

/** One unit of work of a step; it exists because the state lacks its result. */
export interface Task {
  /** Unique within the film, such as `launch:2`. */
  readonly id: string;
  /** Which kind of host performs it. */
  readonly role: Role;
  /** Other kinds of host that may do it as well. */
  readonly alsoRoles?: readonly Role[];
  /** What its result depends on: a task whose input changed starts anew. */
  readonly input: string;
  /** `watch` tasks settle what was bought already and go on whatever the film's status is. */
  readonly kind: 'work' | 'watch';
  /** Does no harm when two do it at once: performed without a lease, which saves a commit. */
  readonly light: boolean;
  /** Not before this, epoch ms, whatever the record says. */
  readonly notBefore?: number;
  /** Somebody has it without a lease of its own: the launcher of an intent. */
  readonly held?: Lease;
  /** Facts saved together with the lease; none: there is nothing to be done any more. */
  readonly claim?: (film: FilmState, context: Context) => readonly Fact[];
  /** The claim's facts alone keep others away (a launch's intent), so no lease is taken. */
  readonly exclusive?: boolean;
  /** The only effect: answers with facts, throws ReelstateErrors. */
  perform(film: FilmState, context: Context): Promise<readonly Fact[]>;
  /** What follows for the film when a `watch` task's `perform` fails. */
  readonly whenFailed?: (film: FilmState, now: number, error: ReelstateError) => readonly Fact[];
}

/** A stage of the film. Steps are values in a list: a host adds one by putting it there. */
export interface Step {
  /** kebab-case, kept with each film. */
  readonly name: string;
  /** Steps that must be done first. */
  readonly after: readonly string[];
  /** What is to be done now, whatever its due time. */
  tasks(film: FilmState): readonly Task[];
  /** Whether its results are all there. */
  isDone(film: FilmState): boolean;
  /** What only a person can settle. */
  asks?(film: FilmState): NeedsInput | undefined;
  /** What ends the film unless a person resumes it. */
  fails?(film: FilmState): ErrorRecord | undefined;
}

export interface Host {
  /** The store's time, epoch ms. */
  readonly now: number;
  can(role: Role, film: FilmState): boolean;
  /** True where the lease's holder is known to be dead. */
  isDead(holder: string): boolean;
  /** An event speaks of it: due at once. */
  isHinted(task: Task): boolean;
}

/** What a film waits for: its vendor, the time, or a host with other ports. */
export type Waiting = 'vendor' | 'time' | 'another-host';

export interface Decision {
  /** Due now and ours to do. */
  readonly ready: readonly Task[];
  /** When to look again; absent where nothing is left to wait for. */
  readonly wakeAt?: number;
  readonly on?: Waiting;
}

/** The film's steps as they were when it began; a host that lacks one leaves the film to others. */
export function stepsOf(film: FilmState, steps: readonly Step[]): readonly Step[] {
  const isSame = steps.length === film.steps.length && steps.every((step, index) => step.name === film.steps[index]);
  return isSame ? steps : film.steps.flatMap((name) => steps.filter((step) => step.name === name));
}

function findOpen(film: FilmState, steps: readonly Step[]): readonly Task[] {
  // Nothing is decided on a state that is older than its marks.
  if (film.disagreement !== undefined) return [];
  const mine = stepsOf(film, steps);
  const done = new Set(mine.filter((step) => step.isDone(film)).map((step) => step.name));
  const watchOnly = isFinal(film) || film.paused || film.rebuilt === true || film.contention !== undefined;
  return mine
    .filter((step) => step.after.every((name) => done.has(name) || !film.steps.includes(name)))
    .flatMap((step) => step.tasks(film))
    .filter((task) => task.kind === 'watch' || !watchOnly)
    .filter((task) => {
      const record = film.tasks[task.id];
      return record?.input !== task.input || (record.done === undefined && record.gaveUp === undefined);
    });
}

const opened = new WeakMap<FilmState, { readonly steps: readonly Step[]; readonly tasks: readonly Task[] }>();

/** Every task that is open now: the film's status lets it run and what it needs is there. Asked several times per save, found once. */
export function openTasks(film: FilmState, steps: readonly Step[]): readonly Task[] {
  const known = opened.get(film);
  if (known?.steps === steps) return known.tasks;
  const tasks = findOpen(film, steps);
  opened.set(film, { steps, tasks });
  return tasks;
}

export const leaseOf = (film: FilmState, task: Task): Lease | undefined =>
  task.held ?? (film.tasks[task.id]?.input === task.input ? film.tasks[task.id]?.lease : undefined);

const isFree = (lease: Lease | undefined, host: Host): boolean =>
  lease === undefined || lease.until <= host.now || host.isDead(lease.holder);

/** When a task may run, leases aside. */
function dueAt(film: FilmState, task: Task): number {
  const record = film.tasks[task.id];
  return Math.max(task.notBefore ?? 0, record?.input === task.input ? (record.dueAt ?? 0) : 0);
}

const rolesOf = ({ role, alsoRoles = [] }: Task): readonly Role[] => [role, ...alsoRoles];

/** When to look again for work that only other hosts can do, ms. */
const OTHERS_MS = 15_000;

/** What this host should do now, or what the film waits for. */
export function decide(film: FilmState, steps: readonly Step[], host: Host): Decision {
  const tasks = openTasks(film, steps);
  const heldUntil = (task: Task): number => {
    const lease = leaseOf(film, task);
    return isFree(lease, host) ? 0 : (lease?.until ?? 0);
  };
  const mine = tasks.filter((task) => rolesOf(task).some((role) => host.can(role, film)));
  const isReady = (task: Task): boolean =>
    heldUntil(task) === 0 && (dueAt(film, task) <= host.now || host.isHinted(task));
  const ready = mine.filter(isReady);
  const later = mine
    .filter((task) => !ready.includes(task))
    .map((task) => ({ task, at: Math.max(dueAt(film, task), heldUntil(task)) }));
  const [first, ...rest] = later;
  if (first === undefined) {
    const isOurs = tasks.length === ready.length && (ready.length > 0 || film.status !== 'running');
    return isOurs ? { ready } : { ready, wakeAt: host.now + OTHERS_MS, on: 'another-host' };
  }
  const next = rest.reduce((earliest, wake) => (wake.at < earliest.at ? wake : earliest), first);
  const on = next.task.kind === 'watch' ? 'vendor' : heldUntil(next.task) > 0 ? 'another-host' : 'time';
  return { ready, wakeAt: next.at, on };
}

/** The earliest time per role at which somebody should look, for the store's due query. */
export function wakesOf(film: FilmState, steps: readonly Step[]): Partial<Record<Role, number>> {
  const wakes: Partial<Record<Role, number>> = {};
  for (const task of openTasks(film, steps)) {
    const at = Math.max(dueAt(film, task), leaseOf(film, task)?.until ?? 0);
    for (const role of rolesOf(task)) wakes[role] = Math.min(wakes[role] ?? at, at);
  }
  return wakes;
}

const REBUILD = (message: string): NeedsInput => ({ code: 'rebuild', message, commands: ['cancel'] });
/** A film from its bucket is looked at by a person before it goes on. */
export const REBUILT: NeedsInput = {
  code: 'rebuild',
  message: 'The film was rebuilt from its bucket. Look at it, then resume.',
  commands: ['resume', 'cancel'],
};
const PAUSED: NeedsInput = {
  code: 'paused',
  message: 'The film was paused.',
  commands: ['resume', 'cancel', 'finish'],
};

const TWO_OWNERS = (message: string): NeedsInput => ({ code: 'two-owners', message, commands: ['resume', 'cancel'] });

function gaveUp(film: FilmState): NeedsInput | undefined {
  for (const [id, record] of Object.entries(film.tasks)) {
    if (record.gaveUp === undefined) continue;
    const { message, cure } = record.gaveUp;
    return {
      code: 'gave-up',
      message: `${id}: ${message}${cure ? ` ${cure}` : ''}`,
      commands: ['resume', 'revise', 'finish', 'cancel'],
    };
  }
  return undefined;
}

/** Nothing can be finished before a block is accepted. */
function offered(film: FilmState, asked: NeedsInput): NeedsInput {
  if (film.blocks[0]?.accepted?.fixed) return asked;
  return { ...asked, commands: asked.commands.filter((command) => command !== 'finish') };
}

function statusOf(film: FilmState, steps: readonly Step[]): Pick<FilmState, 'status' | 'needsInput' | 'failure'> {
  if (film.cancelled) return { status: 'cancelled' };
  if (film.disagreement !== undefined) return { status: 'needs-input', needsInput: REBUILD(film.disagreement) };
  if (film.rebuilt) return { status: 'needs-input', needsInput: REBUILT };
  // Another program's final cut is the end of what we share with it.
  if (film.foreignFinal !== undefined) return { status: 'completed' };
  if (film.contention !== undefined) return { status: 'needs-input', needsInput: TWO_OWNERS(film.contention) };
  const mine = stepsOf(film, steps);
  const failure = film.failure ?? mine.map((step) => step.fails?.(film)).find((error) => error !== undefined);
  if (failure) return { status: 'failed', failure };
  if (mine.length === film.steps.length && mine.every((step) => step.isDone(film))) return { status: 'completed' };
  if (film.paused) return { status: 'needs-input', needsInput: offered(film, PAUSED) };
  const asked = mine.map((step) => step.asks?.(film)).find((needsInput) => needsInput !== undefined) ?? gaveUp(film);
  return asked ? { status: 'needs-input', needsInput: offered(film, asked) } : { status: 'running' };
}

interface Advancing {
  readonly steps: readonly Step[];
  readonly now: number;
  readonly fence?: Fence | undefined;
}

/** The film after these facts, its status and events derived. */
export function advanceState(film: FilmState, facts: readonly Fact[], context: Advancing): FilmState {
  return derive(film, evolve(film, facts, context.fence) as Draft<FilmState>, context);
}

/** Derives in place: nobody else has the state yet, and what steps have found in it for its status they need not find again. */
function derive(before: FilmState, film: Draft<FilmState>, { steps, now }: Advancing): FilmState {
  if (film.needsInput !== undefined) delete film.needsInput;
  Object.assign(film, statusOf(film as FilmState, steps), { updatedAt: now });
  const events = eventsBetween(before, film as FilmState);
  if (events.length > 0) film.events = [...film.events, ...events].slice(-EVENTS_KEPT);
  film.eventCount += events.length;
  return film as FilmState;
}
