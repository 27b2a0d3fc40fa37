/** The tasks that one call has begun: side by side, each once in this process. */
import type { Task } from './machine.ts';
import { keyOf, nowOf, type Session } from './session.ts';
import { work } from './work.ts';

export interface Pool {
  /** Begins a task, unless this process is at it or it was begun in this call and nothing came of it. */
  begin(task: Task): void;
  /** Something could not be saved: nothing more is to be begun. */
  isBroken(): boolean;
  /** Waits until a task ends or it is `wakeAt`; false where none runs. What broke one is thrown when all have ended. */
  wait(wakeAt: number | undefined): Promise<boolean>;
}

export function createPool(session: Session): Pool {
  const { inFlight, ports } = session.engine;
  const running = new Set<Promise<void>>();
  const idle = new Set<string>();
  const errors: unknown[] = [];

  function begin(task: Task): void {
    const name = `${task.id} ${task.input}`;
    if (inFlight.has(keyOf(session, task)) || idle.has(name)) return;
    const run = work(session, task)
      .then((saved) => void (saved || idle.add(name)))
      .catch((error) => void errors.push(error))
      .finally(() => running.delete(run));
    running.add(run);
  }

  async function wait(wakeAt: number | undefined): Promise<boolean> {
    if (running.size === 0 && errors.length > 0) throw errors[0];
    if (running.size === 0) return false;
    const stop = new AbortController();
    const due =
      wakeAt === undefined
        ? []
        : [ports.clock.sleep(Math.max(0, wakeAt - nowOf(session)), stop.signal).catch(() => undefined)];
    await Promise.race([...running, ...due]);
    stop.abort();
    return true;
  }

  return { begin, isBroken: () => errors.length > 0, wait };
}
