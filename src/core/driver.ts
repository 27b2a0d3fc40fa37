/** The only loop that awaits: load → decide → claim → perform → evolve → save, until nothing is due or the time is up. */
import type { Context, Hint, Settings } from './context.ts';
import { ReelstateError } from './errors.ts';
import type { Fact, Fence } from './evolve.ts';
import { failureFacts, fullCounterFacts } from './failure.ts';
import type { FilmStore, StoredFilm } from './film-store.ts';
import { lookTaskId } from './launch.ts';
import { advanceState, type Decision, decide, type Host, type Step, type Task } from './machine.ts';
import { parseTakeObject } from './paths.ts';
import type { Ports, Role, VideoModel } from './ports.ts';
import { type FilmState, takeOf } from './state.ts';
import { type Moment, momentOf, storeTimeAtLeast, storeTimeAtMost } from './store-time.ts';

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

export interface AdvanceOptions {
  readonly hint?: Hint;
  /** Begins nothing new after so many ms. */
  readonly budgetMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Session {
  readonly engine: Engine;
  readonly videoId: string;
  readonly signal: AbortSignal;
  /** Used up by the task that it speaks of. */
  hint: Hint | undefined;
  stored: StoredFilm;
}

interface Claimed {
  readonly task: Task;
  readonly film: FilmState;
  readonly fence: Fence | undefined;
  readonly claimedAt: Moment;
  readonly hint: Hint | undefined;
}

const nowOf = ({ engine, stored }: Session): number => storeTimeAtLeast(stored.time, engine.ports.clock);
const keyOf = (session: Session, task: Task): string => `${session.videoId}/${task.id}`;

function hintedTask(film: FilmState, hint: Hint | undefined): string | undefined {
  const parsed = hint && parseTakeObject(hint.object);
  // The marks that we write ourselves announce nothing.
  const isOurs =
    parsed?.videoId === film.videoId && !parsed.rest.endsWith('.json') && takeOf(film, parsed.block, parsed.take);
  return isOurs ? lookTaskId(parsed.block, parsed.take) : undefined;
}

const hostOf = (session: Session, now = nowOf(session)): Host => ({
  now,
  can: session.engine.can,
  isDead: (holder) => session.engine.ports.state.isDead?.(holder) ?? false,
  isHinted: (task) => task.id === hintedTask(session.stored.film, session.hint),
});

function contextOf(session: Session, claimedAt: Moment, signal: AbortSignal, hint: Hint | undefined): Context {
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
    ...(hint === undefined ? {} : { hint }),
  };
}

/** What a claim saves: the lease and the task's own facts; undefined where there is nothing to claim. */
function claimFacts(session: Session, film: FilmState, task: Task, token: string): readonly Fact[] {
  const { clock } = session.engine.ports;
  const claimedAt = momentOf(clock);
  const context = contextOf(session, claimedAt, session.signal, undefined);
  const facts = task.claim?.(film, context) ?? [];
  if (task.exclusive) return facts;
  const until = context.now() + session.engine.settings.leaseMs;
  return [
    { type: 'task-leased', id: task.id, input: task.input, lease: { token, holder: session.engine.holder, until } },
    ...facts,
  ];
}

const readyTask = (session: Session, film: FilmState, now: number, task: Task): Task | undefined =>
  decide(film, session.engine.steps, hostOf(session, now)).ready.find(
    (candidate) => candidate.id === task.id && candidate.input === task.input,
  );

async function claim(session: Session, task: Task): Promise<Claimed | undefined> {
  const { films, ports } = session.engine;
  const { clock } = ports;
  const hint = hintedTask(session.stored.film, session.hint) === task.id ? session.hint : undefined;
  if (hint) session.hint = undefined;
  if (task.light) {
    const claimedAt = momentOf(clock);
    return { task, film: session.stored.film, fence: undefined, claimedAt, hint };
  }
  const token = clock.uuid();
  try {
    const change = (film: FilmState, now: number): readonly Fact[] => {
      const ready = readyTask(session, film, now, task);
      return ready ? claimFacts(session, film, ready, token) : [];
    };
    const updated = await films.update(session.videoId, change, { known: session.stored });
    session.stored = updated;
    if (!updated.saved) return undefined;
    const fence = task.exclusive ? undefined : { id: task.id, input: task.input, token };
    return { task, film: updated.film, fence, claimedAt: updated.sentAt, hint };
  } catch (error) {
    if (!ReelstateError.is(error) || error.code !== 'counter-full') throw error;
    session.stored = await films.update(session.videoId, (film, now) =>
      fullCounterFacts(film, task, error, now, clock),
    );
    return undefined;
  }
}

/** Renews the lease of a long task; where it was lost, the task is told to leave. */
async function keepLease(session: Session, fence: Fence, stop: AbortSignal, leave: () => void): Promise<void> {
  const { films, ports, settings } = session.engine;
  const { token } = fence;
  while (!stop.aborted) {
    await ports.clock.sleep(settings.leaseMs / 3, stop);
    const renewed = films.update(session.videoId, (film, now) =>
      film.tasks[fence.id]?.lease?.token === token
        ? [{ type: 'task-renewed', id: fence.id, input: fence.input, token, until: now + settings.leaseMs }]
        : [],
    );
    // A renewal that failed is tried again before the lease ends; one that found the lease gone is final.
    const { saved } = await renewed.catch(() => ({ saved: true }));
    if (!saved) return leave();
  }
}

/** A lease ends with its task, also where the task said nothing about itself. */
function released(facts: readonly Fact[], fence: Fence | undefined): readonly Fact[] {
  if (fence === undefined || facts.some((fact) => 'id' in fact && fact.id === fence.id)) return facts;
  return [...facts, { type: 'task-released', id: fence.id, input: fence.input }];
}

async function perform(session: Session, claimed: Claimed): Promise<readonly Fact[]> {
  const { task, film, fence, claimedAt, hint } = claimed;
  const leaving = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([session.signal, leaving.signal]);
  if (fence) keepLease(session, fence, done.signal, () => leaving.abort()).catch(() => undefined);
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
    done.abort('done');
  }
}

/** Saves what a task found and, in the same save, claims what is next. */
async function commit(session: Session, claimed: Claimed, facts: readonly Fact[]): Promise<Claimed | undefined> {
  const { engine, videoId } = session;
  const { clock } = engine.ports;
  const token = clock.uuid();
  let next: Task | undefined;
  const change =
    (claimNext: boolean) =>
    (film: FilmState, now: number): readonly Fact[] => {
      next = undefined;
      if (facts.length === 0 || !claimNext || session.signal.aborted) return facts;
      const after = advanceState(film, facts, { steps: engine.steps, now, fence: claimed.fence });
      next = decide(after, engine.steps, hostOf(session, now)).ready.find(
        (task) => !task.light && !engine.inFlight.has(keyOf(session, task)),
      );
      return next ? [...facts, ...claimFacts(session, after, next, token)] : facts;
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
    if (ReelstateError.is(error) && error.code === 'counter-full') return save(false);
    throw error;
  });
  session.stored = updated;
  if (next === undefined || !updated.saved) return undefined;
  const isOurs = next.exclusive || updated.film.tasks[next.id]?.lease?.token === token;
  if (!isOurs) return undefined;
  const fence = next.exclusive ? undefined : { id: next.id, input: next.input, token };
  return { task: next, film: updated.film, fence, claimedAt: updated.sentAt, hint: undefined };
}

/** One task, and whatever its own saves claim after it. True where anything was saved. */
async function work(session: Session, first: Task): Promise<boolean> {
  const { inFlight } = session.engine;
  let saved = false;
  let key = keyOf(session, first);
  inFlight.add(key);
  try {
    for (let claimed = await claim(session, first); claimed !== undefined; ) {
      const before = session.stored.revision;
      const facts = await perform(session, claimed);
      const next: Claimed | undefined = await commit(session, claimed, facts);
      saved ||= session.stored.revision !== before;
      inFlight.delete(key);
      if (next) key = keyOf(session, next.task);
      if (next) inFlight.add(key);
      claimed = next;
    }
    return saved;
  } finally {
    inFlight.delete(key);
  }
}

/** A hint that meets a launch under way is kept, and looked at as soon as the launch is written down. */
async function keepHint(session: Session): Promise<void> {
  const id = hintedTask(session.stored.film, session.hint);
  const ready = decide(session.stored.film, session.engine.steps, hostOf(session)).ready;
  if (id === undefined || ready.some((task) => task.id === id)) return;
  session.hint = undefined;
  const input = session.stored.film.blocks.flatMap((block) =>
    block.takes.filter((take) => lookTaskId(block.block, take.take) === id),
  )[0];
  if (input === undefined || input.outcome !== undefined) return;
  session.stored = await session.engine.films.update(
    session.videoId,
    (_, now) => [{ type: 'task-hinted', id, input: input.token, at: now }],
    { known: session.stored },
  );
}

/** Does whatever is due for this host and says what the film waits for then. */
export async function advance(
  engine: Engine,
  videoId: string,
  { hint, budgetMs = Number.POSITIVE_INFINITY, signal }: AdvanceOptions,
): Promise<{ readonly stored: StoredFilm; readonly decision: Decision; readonly changed: boolean }> {
  const { clock } = engine.ports;
  const stored = await engine.films.load(videoId);
  const session: Session = { engine, videoId, hint, stored, signal: signal ?? new AbortController().signal };
  if (stored.film !== stored.persisted)
    session.stored = await engine.films.update(videoId, () => [], { known: stored });
  if (hint) await keepHint(session);
  const startedAt = clock.monotonic();
  const running = new Map<string, Promise<void>>();
  const idle = new Set<string>();
  let broken: unknown;
  for (;;) {
    const decision = decide(session.stored.film, engine.steps, hostOf(session));
    const isOver = session.signal.aborted || broken !== undefined || clock.monotonic() - startedAt >= budgetMs;
    for (const task of isOver ? [] : decision.ready) {
      const key = keyOf(session, task);
      if (running.has(task.id) || engine.inFlight.has(key) || idle.has(`${task.id} ${task.input}`)) continue;
      const run = work(session, task)
        .then((saved) => void (saved || idle.add(`${task.id} ${task.input}`)))
        .catch((error) => {
          broken ??= error;
        })
        .finally(() => running.delete(task.id));
      running.set(task.id, run);
    }
    if (running.size === 0) {
      if (broken !== undefined) throw broken;
      return { stored: session.stored, decision, changed: session.stored.revision !== stored.revision };
    }
    await somethingHappens(session, running, decision.wakeAt);
  }
}

/** A task ends, or, while one runs, another becomes due. */
async function somethingHappens(
  session: Session,
  running: ReadonlyMap<string, Promise<void>>,
  wakeAt: number | undefined,
): Promise<void> {
  const { clock } = session.engine.ports;
  const stop = new AbortController();
  const wait = (wakeAt ?? 0) - nowOf(session);
  const due = wakeAt !== undefined && wait > 0 ? [clock.sleep(wait, stop.signal).catch(() => undefined)] : [];
  try {
    await Promise.race([...running.values(), ...due]);
  } finally {
    stop.abort('over');
  }
}
