/** The only loop that awaits: load → decide → begin what is due, side by side, until nothing is due or the time is up. */
import type { Hint } from './context.ts';
import type { StoredFilm } from './film-store.ts';
import { keepHint } from './hints.ts';
import { type Decision, decide } from './machine.ts';
import { createPool } from './pool.ts';
import { type Engine, hostOf, type Session } from './session.ts';

export interface AdvanceOptions {
  readonly hint?: Hint;
  /** Begins nothing new after so many ms. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Advanced {
  readonly stored: StoredFilm;
  readonly decision: Decision;
  readonly changed: boolean;
}

const decisionOf = (session: Session): Decision => decide(session.stored.film, session.engine.steps, hostOf(session));

/** Does whatever is due for this host and says what the film waits for then. */
export async function advance(
  engine: Engine,
  videoId: string,
  { hint, budgetMs = Number.POSITIVE_INFINITY, signal = new AbortController().signal }: AdvanceOptions,
): Promise<Advanced> {
  const { clock } = engine.ports;
  const loaded = await engine.films.load(videoId);
  // What other programs wrote is saved before anything is done by it.
  const stored = await engine.films.update(videoId, () => [], { known: loaded });
  const startedAt = clock.monotonic();
  const isOver = (): boolean => signal.aborted || clock.monotonic() - startedAt >= budgetMs;
  const session: Session = { engine, videoId, hint, stored, signal, isOver };
  await keepHint(session, decisionOf(session).ready);
  const pool = createPool(session);
  for (;;) {
    const decision = decisionOf(session);
    if (!isOver() && !pool.isBroken()) decision.ready.forEach(pool.begin);
    if (await pool.wait(decision.wakeAt)) continue;
    return { stored: session.stored, decision, changed: session.stored.revision !== loaded.revision };
  }
}
