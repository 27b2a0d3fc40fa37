/** Taking a task: one save by compare-and-swap, after which nobody else begins it. */
import type { Hint } from './context.ts';
import { ReelstateError } from './errors.ts';
import type { Fact, Fence } from './evolve.ts';
import { fullCounterFacts } from './failure.ts';
import type { Updated } from './film-store.ts';
import { hintedTask } from './hints.ts';
import { decide, type Task } from './machine.ts';
import { contextOf, hostOf, type Session } from './session.ts';
import type { FilmState } from './state.ts';
import { type Moment, momentOf } from './store-time.ts';

/** A task that is ours to perform, and the film as it was claimed. */
export interface Claimed {
  readonly task: Task;
  readonly film: FilmState;
  readonly fence: Fence | undefined;
  readonly claimedAt: Moment;
  readonly hint: Hint | undefined;
}

export const isFull = (error: unknown): error is ReelstateError =>
  ReelstateError.is(error) && error.code === 'counter-full';

/** What a claim saves: the lease and the task's own facts; none where there is nothing to claim. */
export function claimFacts(session: Session, film: FilmState, task: Task, token: string): readonly Fact[] {
  const { holder, settings, ports } = session.engine;
  const context = contextOf(session, momentOf(ports.clock), session.signal);
  const facts = task.claim?.(film, context) ?? [];
  if (task.exclusive) return facts;
  const lease = { token, holder, until: context.now() + settings.leaseMs };
  return [{ type: 'task-leased', id: task.id, input: task.input, lease }, ...facts];
}

/** What a save that holds the facts of the claim makes of it. */
export function claimedBy({ film, sentAt }: Updated, task: Task, token: string, hint?: Hint): Claimed {
  const fence = task.exclusive ? undefined : { id: task.id, input: task.input, token };
  return { task, film, fence, claimedAt: sentAt, hint };
}

function takeHint(session: Session, task: Task): Hint | undefined {
  const { hint, stored } = session;
  if (hintedTask(stored.film, hint) !== task.id) return undefined;
  session.hint = undefined;
  return hint;
}

/** Claims a task; undefined where it is not to be done any more, or its budget is full. */
export async function claim(session: Session, task: Task): Promise<Claimed | undefined> {
  const { engine } = session;
  const { clock } = engine.ports;
  const hint = takeHint(session, task);
  if (task.light) return { task, film: session.stored.film, fence: undefined, claimedAt: momentOf(clock), hint };
  const token = clock.uuid();
  let claimed: Task | undefined;
  const change = (film: FilmState, now: number): readonly Fact[] => {
    // As it stands in the film that is saved over: that may be another one than was decided on.
    const ready = decide(film, engine.steps, hostOf(session, now)).ready.find(({ id }) => id === task.id);
    const facts = ready ? claimFacts(session, film, ready, token) : [];
    claimed = facts.length > 0 ? ready : undefined;
    return facts;
  };
  try {
    const updated = await engine.films.update(session.videoId, change, { known: session.stored });
    session.stored = updated;
    return claimed && claimedBy(updated, claimed, token, hint);
  } catch (error) {
    if (!isFull(error)) throw error;
    session.stored = await engine.films.update(session.videoId, (film, now) =>
      fullCounterFacts(film, task, error, now, clock),
    );
    return undefined;
  }
}
