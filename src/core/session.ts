/** What one call of `advance` has at hand: its host's means, the film as last seen, and the time by it. */
import type { Context, Hint, Settings } from './context.ts';
import type { FilmStore, StoredFilm } from './film-store.ts';
import { hintedTask } from './hints.ts';
import type { Host, Step, Task } from './machine.ts';
import type { Ports, Role, VideoModel } from './ports.ts';
import type { FilmState } from './state.ts';
import { type Moment, storeTimeAtLeast, storeTimeAtMost } from './store-time.ts';

/** One host's means; shared by all its calls. */
export interface Engine {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly steps: readonly Step[];
  readonly films: FilmStore;
  /** What new films are pinned to. */
  readonly model: VideoModel | undefined;
  readonly holder: string;
  /** Tasks that this process is at, so that its own calls do not double each other's work. */
  readonly inFlight: Set<string>;
  /** Has the ports for it and owns it. */
  owned(role: Role): boolean;
  can(role: Role, film: FilmState): boolean;
}

export interface Session {
  readonly engine: Engine;
  readonly videoId: string;
  readonly signal: AbortSignal;
  /** Nothing new is to be begun: the time is up, or somebody said to leave. */
  isOver(): boolean;
  /** Used up by the task that it speaks of. */
  hint: Hint | undefined;
  stored: StoredFilm;
}

export const nowOf = ({ engine, stored }: Session): number => storeTimeAtLeast(stored.time, engine.ports.clock);
/** A task's name among all that this process is at. */
export const keyOf = (session: Session, task: Task): string => `${session.videoId}/${task.id}`;

export const hostOf = (session: Session, now = nowOf(session)): Host => ({
  now,
  can: session.engine.can,
  isDead: (holder) => session.engine.ports.state.isDead?.(holder) ?? false,
  isHinted: (task) => task.id === hintedTask(session.stored.film, session.hint),
});

export function contextOf(session: Session, claimedAt: Moment, signal: AbortSignal, hint?: Hint): Context {
  const { ports, settings, steps, films, holder } = session.engine;
  const now = (): number => nowOf(session);
  const latest = (): number => storeTimeAtMost(session.stored.time, ports.clock);
  return {
    ports,
    settings,
    steps,
    films,
    holder,
    signal,
    claimedAt,
    now,
    latest,
    hint,
  };
}
