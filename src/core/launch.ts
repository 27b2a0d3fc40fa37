/**
 * A paid launch. No video vendor here takes an idempotency key, so a launch is made safe by protocol (docs/architecture.md):
 * the claim is the intent and reserves the price; `intent.json` is created once; the state is read again after the marks; the POST leaves
 * once, within a window, or never; what came of it is a set-once fact of the take. Read this file as a whole before you change a line.
 */
import { acceptedTake, blockInput, textOf } from './blocks.ts';
import type { Context } from './context.ts';
import { ReelstateError } from './errors.ts';
import type { Fact } from './evolve.ts';
import { fingerprint } from './hash.ts';
import { checkInput, promptRecord, requestOf } from './launch-request.ts';
import { KILL_SWITCH, utcDay } from './ledger.ts';
import { firstLookAt, patience, pause, recall, settleMs } from './looks.ts';
import { createOnce, disagreementOf, insist, isBehind, readMarks, writeFilmMark } from './marks.ts';
import { nextMove } from './moves.ts';
import { paths } from './paths.ts';
import type { PlannedBlock } from './plan.ts';
import type { Clock, LaunchRequest } from './ports.ts';
import { newsOfOthers } from './second-look.ts';
import { blockOf, type FilmState, filmPlan, isFinal, type Take, takeOf } from './state.ts';
import type { Moment } from './store-time.ts';
import { launchTaskId, launchTaskInput, lookTaskId, mayPostUntil } from './take-tasks.ts';

const elapsedSince = (since: Moment, clock: Clock): number =>
  Math.max(clock.now() - since.wall, clock.monotonic() - since.monotonic);

/** The intent: saved by compare-and-swap together with the reservation of its price, it *is* the claim. */
export function intend(film: FilmState, planned: PlannedBlock, context: Context): readonly Fact[] {
  const move = nextMove(film, planned);
  if (move.type !== 'launch') return [];
  const { clock } = context.ports;
  const block = blockOf(film, planned.block);
  const at = context.latest();
  const before = planned.kind === 'start' ? undefined : acceptedTake(film, planned.block - 1);
  const take: Take = {
    take: (block.takes.at(-1)?.take ?? 0) + 1,
    round: block.round,
    token: clock.uuid(),
    holder: context.holder,
    inputHash: move.inputHash,
    dialogue: textOf(film, planned.block)?.dialogue ?? '',
    seconds: planned.seconds,
    microUsd: move.microUsd,
    day: utcDay(at),
    at,
    charge: 'reserved',
    ...(before === undefined ? {} : { from: before.take.token }),
  };
  return [{ type: 'take-intended', block: planned.block, take }];
}

const releasedFact = (take: Take, block: number, code: string, context: Context) =>
  ({
    type: 'take-ended',
    block,
    token: take.token,
    outcome: { kind: 'released', at: context.now(), code },
    charge: 'not-charged',
  }) as const;

const failed = (error: ReelstateError) => ({ type: 'film-failed', error: error.toRecord() }) as const;

/** Another database wrote this take's intent: nothing in its place is ours to write. */
const foreign = (take: Take, block: number, context: Context): readonly Fact[] => [
  { type: 'disagreed', reason: `The bucket has another take ${take.take} of block ${block} than the database.` },
  releasedFact(take, block, 'older-database', context),
];

/** Says for good that this take was never posted. Only the process that knows it may. */
async function release(
  film: FilmState,
  block: number,
  take: Take,
  why: string,
  context: Context,
): Promise<readonly Fact[]> {
  const fact = releasedFact(take, block, why, context);
  const name = paths.outcome(film.videoId, block, take.take);
  const mark = { ...fact.outcome, token: take.token };
  await insist(() => createOnce(context.ports.storage, name, mark, { token: take.token }));
  return [fact];
}

/** The next take of the block waits: longer with each one that came to nothing, and with the time that they took. */
function later(film: FilmState, block: number, why: string, context: Context, retryAfterMs?: number): readonly Fact[] {
  if (why === 'superseded' || why === 'stopped' || why === 'worker-left') return [];
  const task = { id: launchTaskId(block), input: launchTaskInput(film, block) };
  const record = film.tasks[task.id]?.input === task.input ? film.tasks[task.id] : undefined;
  const now = context.now();
  const { clock } = context.ports;
  const wait = retryAfterMs ?? pause(clock, record?.failures ?? 0, why === 'throttled');
  const dueAt = now + Math.max(wait, patience(clock, now - (record?.failingSince ?? now)));
  return [{ type: 'task-due', ...task, dueAt, failedAt: now, waitingFor: why }];
}

type Objection = 'superseded' | 'stopped' | 'worker-left' | typeof KILL_SWITCH | 'window-closed';

/** Why an intent that was found valid a moment ago must not be posted after all. */
async function objection(
  film: FilmState,
  planned: PlannedBlock,
  take: Take,
  context: Context,
): Promise<Objection | undefined> {
  const { state, clock } = context.ports;
  const block = blockOf(film, planned.block);
  const known = takeOf(film, planned.block, take.take);
  if (known?.token !== take.token || known.outcome !== undefined) return 'superseded';
  if (block.round !== take.round || block.accepted !== undefined) return 'superseded';
  const isHeld = film.paused || film.rebuilt || film.disagreement !== undefined || film.contention !== undefined;
  const isLeftOut = !filmPlan(film).some((other) => other.block === planned.block);
  if (isFinal(film) || isHeld || isLeftOut) return 'stopped';
  const input = blockInput(film, planned);
  if (input === undefined || fingerprint(input) !== take.inputHash) return 'superseded';
  if (context.signal.aborted) return 'worker-left';
  const [killed = 0] = await state.counters.read([KILL_SWITCH]);
  if (killed > 0) return KILL_SWITCH;
  if (elapsedSince(context.claimedAt, clock) > film.model.timing.launchWithinMs) return 'window-closed';
  return undefined;
}

/** What follows when the vendor's answer proves that nothing was started. */
async function notLaunched(
  film: FilmState,
  planned: PlannedBlock,
  take: Take,
  error: ReelstateError,
  context: Context,
) {
  const { storage } = context.ports;
  const { block } = planned;
  const at = context.now();
  if (error.kind === 'refused') {
    const outcome = {
      kind: 'refused',
      at,
      code: error.code,
      message: error.toRecord().message,
      audio: error.details.audio === true,
    } as const;
    const mark = { ...outcome, token: take.token };
    await insist(() => createOnce(storage, paths.outcome(film.videoId, block, take.take), mark, { token: take.token }));
    return [{ type: 'take-ended', block, token: take.token, outcome, charge: 'not-charged' }] as const;
  }
  const facts = await release(film, block, take, error.code, context);
  if (error.kind === 'permanent') return [...facts, failed(error)];
  const task = { id: launchTaskId(block), input: launchTaskInput(film, block) };
  const since = film.tasks[task.id]?.input === task.input ? film.tasks[task.id]?.failingSince : undefined;
  if (at - (since ?? at) > film.model.timing.giveUpMs) {
    return [...facts, { type: 'task-gave-up', ...task, error: error.toRecord() } as const];
  }
  const why = error.kind === 'throttled' ? 'throttled' : error.code;
  return [...facts, ...later(film, block, why, context, error.retryAfterMs)];
}

async function post(
  film: FilmState,
  planned: PlannedBlock,
  take: Take,
  request: LaunchRequest,
  context: Context,
): Promise<readonly Fact[]> {
  const { video, storage, state } = context.ports;
  const { block } = planned;
  const { timing } = film.model;
  if (video === undefined) throw new RangeError('a launch needs a video port');
  const of = { block, token: take.token };
  const look = { type: 'task-due', id: lookTaskId(block, take.take), input: take.token } as const;
  try {
    const { operation } = await video.launch(request);
    const at = context.now();
    const mark = { operation, token: take.token, at };
    // The state learns the name even where the bucket does not take the mark.
    const name = paths.operation(film.videoId, block, take.take);
    await insist(() => createOnce(storage, name, mark, { token: take.token })).catch((error) =>
      context.ports.logger.warn('operation.json was not written', {
        videoId: film.videoId,
        block,
        error: ReelstateError.from(error).code,
      }),
    );
    const dueAt = firstLookAt(at, await recall(state, film.model.id, planned.seconds, timing));
    return [
      { type: 'take-launched', ...of, operation, at },
      { ...look, dueAt },
    ];
  } catch (caught) {
    const error = ReelstateError.from(caught);
    if (error.effect === 'none') return notLaunched(film, planned, take, error, context);
    const at = context.now();
    const settlesAt =
      mayPostUntil(take, timing) + settleMs(await recall(state, film.model.id, planned.seconds, timing), timing);
    return [
      { type: 'take-unknown', ...of, at, settlesAt },
      { ...look, dueAt: at + timing.lookDelayMs },
    ];
  }
}

/** Steps 2 and 3 up to the POST: undefined where it may leave now, else what became of the take instead. */
async function prepare(film: FilmState, planned: PlannedBlock, take: Take, request: LaunchRequest, context: Context) {
  const { storage } = context.ports;
  const { videoId } = film;
  const { block } = planned;
  const { token, round, inputHash, microUsd, at, from = null } = take;
  const value = { token, round, inputHash, microUsd, at, from, ...promptRecord(request) };
  // Where this fails nobody knows whether the intent stands: the take is left to its tombstone.
  const intent = await createOnce(storage, paths.intent(videoId, block, take.take), value, {
    token,
    round: `${round}`,
  });
  if (intent.metadata.token !== token) return foreign(take, block, context);
  if (intent.metadata.tombstone !== undefined) return [releasedFact(take, block, 'tombstone', context)];
  try {
    const news = await newsOfOthers(film, block, take, context);
    if (news.length > 0) {
      const released = await release(film, block, take, 'late-take', context);
      return [...released, ...later(film, block, 'late-take', context), ...news];
    }
    const marks = await readMarks(storage, videoId);
    if (isBehind(film, marks)) await writeFilmMark(storage, context.films, videoId);
    const { film: present } = await context.films.load(videoId);
    const reason = disagreementOf(present, marks);
    if (reason)
      return [{ type: 'disagreed', reason } as const, ...(await release(film, block, take, 'older-database', context))];
    await checkInput(present, planned, storage);
    const why = await objection(present, planned, take, context);
    return why && [...(await release(film, block, take, why, context)), ...later(present, block, why, context)];
  } catch (caught) {
    // Nothing was posted, and this process knows it.
    const error = ReelstateError.from(caught);
    const facts = await release(film, block, take, error.code, context);
    return [...facts, ...(error.kind === 'permanent' ? [failed(error)] : later(film, block, error.code, context))];
  }
}

/** Performs the launch whose intent this process has just saved. */
export async function launch(film: FilmState, planned: PlannedBlock, context: Context): Promise<readonly Fact[]> {
  const take = blockOf(film, planned.block).takes.at(-1);
  if (take === undefined) throw new RangeError(`block ${planned.block} has no take to launch`);
  const request = requestOf(film, planned, take, context.ports);
  return (await prepare(film, planned, take, request, context)) ?? post(film, planned, take, request, context);
}
