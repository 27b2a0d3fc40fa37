/** One task from its claim to its result: claim → perform → evolve → save, and whatever that save claims next. */
import { type Claimed, claim, claimedBy, claimFacts, isFull } from './claim.ts';
import { ReelstateError } from './errors.ts';
import type { Fact } from './evolve.ts';
import { failureFacts } from './failure.ts';
import { holds, keepLease, released } from './lease.ts';
import { advanceState, decide, type Task } from './machine.ts';
import { contextOf, hostOf, keyOf, type Session } from './session.ts';
import type { FilmState } from './state.ts';

async function perform(session: Session, claimed: Claimed): Promise<readonly Fact[]> {
  const { task, film, fence, claimedAt, hint } = claimed;
  const leaving = new AbortController();
  const signal = AbortSignal.any([session.signal, leaving.signal]);
  const stopRenewing = fence && keepLease(session, fence, () => leaving.abort());
  const context = contextOf(session, claimedAt, signal, hint);
  try {
    return released(await task.perform(film, context), fence);
  } catch (caught) {
    const error = ReelstateError.from(caught);
    session.engine.ports.logger.warn('task failed', {
      videoId: film.videoId,
      task: task.id,
      code: error.code,
      message: error.message,
      ...(error.cause instanceof Error ? { cause: error.cause.message } : {}),
    });
    return failureFacts(film, task, error, context);
  } finally {
    stopRenewing?.();
  }
}

/** Saves what a task found and, in the same save, claims what is next. */
async function commit(session: Session, claimed: Claimed, facts: readonly Fact[]): Promise<Claimed | undefined> {
  const { engine, videoId } = session;
  const token = engine.ports.clock.uuid();
  let next: Task | undefined;
  const change =
    (claimNext: boolean) =>
    (film: FilmState, now: number): readonly Fact[] => {
      next = undefined;
      if (!claimNext || session.isOver() || !holds(film, claimed.fence)) return facts;
      const after = advanceState(film, facts, { steps: engine.steps, now, fence: claimed.fence });
      const ready = decide(after, engine.steps, hostOf(session, now)).ready.find(
        (task) => !task.light && !engine.inFlight.has(keyOf(session, task)),
      );
      const claims = ready ? claimFacts(session, after, ready, token) : [];
      if (claims.length > 0) next = ready;
      return [...facts, ...claims];
    };
  // Limits hold for what is claimed; what was found out is saved whatever it cost.
  const save = (claimNext: boolean) =>
    engine.films.update(videoId, change(claimNext), {
      fence: claimed.fence,
      known: session.stored,
      isLimited: claimNext,
    });
  const updated = await save(true).catch((error) => {
    // What is known must be saved, whatever the next claim runs into.
    if (isFull(error)) return save(false);
    throw error;
  });
  session.stored = updated;
  return next && claimedBy(updated, next, token);
}

/** One task, and whatever its own saves claim after it. True where anything was saved. */
export async function work(session: Session, first: Task): Promise<boolean> {
  const { inFlight } = session.engine;
  let saved = false;
  let key = keyOf(session, first);
  inFlight.add(key);
  try {
    let claimed = await claim(session, first);
    while (claimed !== undefined) {
      inFlight.delete(key);
      key = keyOf(session, claimed.task);
      inFlight.add(key);
      const facts = await perform(session, claimed);
      saved ||= facts.length > 0;
      claimed = await commit(session, claimed, facts);
    }
    return saved;
  } finally {
    inFlight.delete(key);
  }
}
