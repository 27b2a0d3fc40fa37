/** A lease while its task runs: it is renewed, and ends with the task. */
import type { Fact, Fence } from './evolve.ts';
import type { Session } from './session.ts';
import type { FilmState } from './state.ts';

/** Whether what was found under this lease still counts; what was found without one always does. */
export const holds = (film: FilmState, fence: Fence | undefined): boolean =>
  fence === undefined || film.tasks[fence.id]?.lease?.token === fence.token;

/** Renews the lease of a long task until it is told to stop; where the lease was lost, the task is told to leave. */
export function keepLease(session: Session, fence: Fence, leave: () => void): () => void {
  const { films, ports, settings } = session.engine;
  const stop = new AbortController();
  let isHeld = true;
  const renewal = (film: FilmState, now: number): readonly Fact[] => {
    isHeld = holds(film, fence);
    return isHeld ? [{ type: 'task-renewed', ...fence, until: now + settings.leaseMs }] : [];
  };
  const renewing = async (): Promise<void> => {
    while (isHeld) {
      await ports.clock.sleep(settings.leaseMs / 3, stop.signal);
      // One that failed is tried again before the lease ends; one that found the lease gone is final.
      await films.update(session.videoId, renewal).catch(() => undefined);
    }
    leave();
  };
  renewing().catch(() => undefined);
  // With a reason of its own: the default one is an error with a stack, made for every task.
  return () => stop.abort('over');
}

/** A lease ends with its task, also where the task said nothing about itself. */
export function released(facts: readonly Fact[], fence: Fence | undefined): readonly Fact[] {
  if (fence === undefined || facts.some((fact) => 'id' in fact && fact.id === fence.id)) return facts;
  return [...facts, { type: 'task-released', id: fence.id, input: fence.input }];
}
