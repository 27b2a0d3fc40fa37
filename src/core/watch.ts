/** Finding out what became of a take that somebody intended: looked at, found in its place, or given up. */
import { ASK, ELSEWHERE } from './blocks.ts';
import { wholeOf } from './bytes.ts';
import type { Context } from './context.ts';
import { MAX_MESSAGE, ReelstateError } from './errors.ts';
import type { Fact } from './evolve.ts';
import { nextLookAt, recall, settleMs } from './looks.ts';
import { createOnce } from './marks.ts';
import { measuredIfVideo } from './measure.ts';
import { paths } from './paths.ts';
import type { Look, StoredObject, VideoOutput } from './ports.ts';
import { redact } from './redact.ts';
import { blockOf, type Charge, type FilmState, isForeign, type Take, type TakeOutcome } from './state.ts';
import { lookTaskId, mayPostUntil } from './take-tasks.ts';

interface Watched {
  readonly film: FilmState;
  readonly block: number;
  readonly take: Take;
  readonly context: Context;
}

const of = ({ block, take }: Watched) => ({ block, token: take.token }) as const;
/** The vendor's time runs from its answer, which may come long after the intent; whoever stood still until then may know the time too little. */
const begunAt = (take: Take): number => Math.max(take.at, take.launchedAt ?? 0);
const NO_VIDEO = 'The result is not a usable MP4.';
const place = ({ film, block, take }: Watched): string => paths.place(film.videoId, block, take.take);

/** Writes `outcome.json`, which counts even where somebody else was first, and then tells the state. */
async function ended(watched: Watched, given: TakeOutcome, charge: Charge): Promise<readonly Fact[]> {
  const { film, block, take, context } = watched;
  // What a look says may be a vendor's own text.
  const outcome =
    given.message === undefined ? given : { ...given, message: redact(given.message).slice(0, MAX_MESSAGE) };
  const mark = {
    ...outcome,
    charge,
    token: take.token,
    ...(take.operation === undefined ? {} : { operation: take.operation }),
  };
  const written = await createOnce(context.ports.storage, paths.outcome(film.videoId, block, take.take), mark, {
    token: take.token,
  });
  if (written.created) return [{ type: 'take-ended', ...of(watched), outcome, charge }];
  const first = written.value as unknown as TakeOutcome & { charge?: Charge };
  const { kind, at, code, message, audio } = first;
  const isFree = kind === 'released' || kind === 'refused';
  const known: TakeOutcome = {
    kind,
    at,
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    ...(audio === undefined ? {} : { audio }),
  };
  const firstCharge = first.charge ?? (isFree ? 'not-charged' : charge);
  return [{ type: 'take-ended', ...of(watched), outcome: known, charge: firstCharge }];
}

/** A result in our storage as a usable take; undefined where its bytes were read and are no video. */
async function usable(watched: Watched, object: StoredObject, microUsd?: number): Promise<readonly Fact[] | undefined> {
  const { context } = watched;
  const at = context.now();
  const output = await measuredIfVideo(context.ports.storage, object, { signal: context.signal });
  if (output === undefined) return undefined;
  return [{ type: 'take-finished', ...of(watched), output, at, ...(microUsd === undefined ? {} : { microUsd }) }];
}

/** A result that is said to be done: a usable take, or one that was paid for in vain. */
async function collected(watched: Watched, object: StoredObject, microUsd?: number): Promise<readonly Fact[]> {
  const facts = await usable(watched, object, microUsd);
  if (facts) return facts;
  const outcome = { kind: 'failed', at: watched.context.now(), code: 'unusable-media', message: NO_VIDEO } as const;
  return ended(watched, outcome, 'charged');
}

/**
 * Looks for the result where the vendor was asked to put it. Nobody has said yet that it is done: what is no video may become one, unless
 * it is the `last` look.
 */
async function adopted(watched: Watched, last = false): Promise<readonly Fact[] | undefined> {
  const { context } = watched;
  const pattern = context.ports.video?.outputs;
  const objects = await context.ports.storage.list(place(watched));
  const found = objects.find((object) => pattern?.test(object.name) || object.name.endsWith('/fetched/sample_0.mp4'));
  return found && (last ? collected(watched, found) : usable(watched, found));
}

/** Where a take's result must lie: one that another program launched was told a place of that program's, within the film's folder. */
const resultPlace = (watched: Watched): string =>
  isForeign(watched.take) ? `${watched.film.videoId}/` : place(watched);

/** The vendor's result brought into our storage; one outside the take's place is not ours to read. */
async function fetched(watched: Watched, output: VideoOutput): Promise<StoredObject | undefined> {
  const { film, block, take, context } = watched;
  const { storage, video } = context.ports;
  if (video?.outputs !== undefined) {
    const from = resultPlace(watched);
    const prefix = storage.uri(from);
    const isOurs = output.uri.startsWith(prefix) && !output.uri.includes('/../');
    return isOurs ? storage.head(`${from}${output.uri.slice(prefix.length)}`) : undefined;
  }
  const name = paths.fetched(film.videoId, block, take.take);
  const there = await storage.head(name);
  if (there !== undefined || video?.open === undefined) return there;
  const source = wholeOf(await video.open(output, { signal: context.signal }));
  const options = {
    ifRevision: null,
    contentType: 'video/mp4',
    metadata: { token: take.token },
    signal: context.signal,
  };
  return storage.put(name, source, options).catch(async (error) => (await storage.head(name)) ?? Promise.reject(error));
}

async function learntFor({ film, take, context }: Watched) {
  return recall(context.ports.state, film.model.id, take.seconds, film.model.timing);
}

async function lookAgain(watched: Watched, retryAfterMs?: number): Promise<readonly Fact[]> {
  const { film, block, take, context } = watched;
  const { timing } = film.model;
  const now = context.now();
  const id = lookTaskId(block, take.take);
  if (now >= take.at + timing.giveUpMs) {
    return ended(watched, { kind: 'lost', at: now, code: 'gave-up' }, 'unknown');
  }
  const planned = nextLookAt(begunAt(take), now, await learntFor(watched), timing, context.ports.clock.random());
  const late = now >= begunAt(take) + timing.deadlineMs && !take.late;
  // The look that settles its fate is not made to wait.
  const { settlesAt = now } = take;
  const next = settlesAt > now ? Math.min(planned, settlesAt) : planned;
  const dueAt = Math.max(next, now + (retryAfterMs ?? 0));
  return [
    ...(late ? [{ type: 'take-late', ...of(watched) } as const] : []),
    { type: 'task-due', id, input: take.token, dueAt },
  ];
}

/** Brings a result in. */
async function done(watched: Watched, look: Extract<Look, { status: 'done' }>): Promise<readonly Fact[]> {
  const code = isForeign(watched.take) ? ELSEWHERE : 'foreign-output';
  const object = await fetched(watched, look.output);
  if (object) return collected(watched, object, look.chargeMicroUsd);
  const message = 'The result is not in its place.';
  return ended(watched, { kind: 'failed', at: watched.context.now(), code, message }, 'unknown');
}

async function seen(watched: Watched, look: Look): Promise<readonly Fact[]> {
  const { film, take, context } = watched;
  const at = context.now();
  switch (look.status) {
    case 'running':
      return lookAgain(watched, look.retryAfterMs);
    case 'done':
      return done(watched, look);
    case 'refused': {
      const { message, audio } = look;
      return ended(watched, { kind: 'refused', at, code: 'refused', message, audio }, 'not-charged');
    }
    case 'failed': {
      const { code, message } = look;
      // Another program may have been given its video where we do not read, or in the answer itself: that is for a person to settle.
      const isElsewhere = isForeign(take) && (code === 'foreign-output' || code === 'no-video');
      if (isElsewhere) return ended(watched, { kind: 'failed', at, code: ELSEWHERE, message }, 'unknown');
      return ended(watched, { kind: 'failed', at, code, message }, film.model.failedTakeCharge ?? 'unknown');
    }
    case 'gone': {
      const settlesAt = context.latest() + settleMs(await learntFor(watched), film.model.timing);
      return [
        { type: 'take-unknown', ...of(watched), at, settlesAt },
        ...(await searched({ ...watched, take: { ...take, settlesAt } })),
      ];
    }
  }
}

/** One more search for a take that cannot be looked at; past its time it is final as lost. */
async function searched(watched: Watched): Promise<readonly Fact[]> {
  const { take, context } = watched;
  const isLast = context.now() >= (take.settlesAt ?? 0);
  const found = await adopted(watched, isLast);
  if (found) return found;
  if (!isLast) return lookAgain(watched);
  const now = context.now();
  const relaunch =
    !isForeign(take) &&
    (context.settings.onUnknownTake ?? (context.ports.video?.outputs ? 'relaunch' : 'ask')) === 'relaunch';
  return ended(watched, { kind: 'lost', at: now, code: relaunch ? 'unknown-take' : ASK }, 'unknown');
}

/** An intent without a known launch: its tombstone proves that nothing was posted, or the marks tell what was. */
async function resolved(watched: Watched): Promise<readonly Fact[]> {
  const { film, block, take, context } = watched;
  const { storage } = context.ports;
  const { timing } = film.model;
  const tombstone = { token: take.token, tombstone: true, at: context.now() };
  const intent = await createOnce(storage, paths.intent(film.videoId, block, take.take), tombstone, {
    token: take.token,
    tombstone: 'true',
  });
  if (intent.metadata.token !== take.token) {
    return [
      { type: 'disagreed', reason: `The bucket has another take ${take.take} of block ${block} than the database.` },
    ];
  }
  if (intent.metadata.tombstone !== undefined) {
    const outcome = { kind: 'released', at: context.now(), code: 'tombstone' } as const;
    return [{ type: 'take-ended', ...of(watched), outcome, charge: 'not-charged' }];
  }
  const operation = await storage.text(paths.operation(film.videoId, block, take.take));
  if (operation) {
    const mark = JSON.parse(operation.text) as { operation: string; at: number };
    const launched: Take = { ...take, operation: mark.operation, launchedAt: mark.at };
    const fact = { type: 'take-launched', ...of(watched), operation: mark.operation, at: mark.at } as const;
    return [fact, ...(await looked({ ...watched, take: launched }))];
  }
  const outcome = await storage.text(paths.outcome(film.videoId, block, take.take));
  if (outcome) return ended(watched, JSON.parse(outcome.text) as TakeOutcome, 'unknown');
  const settlesAt = take.settlesAt ?? mayPostUntil(take, timing) + settleMs(await learntFor(watched), timing);
  return [
    { type: 'take-unknown', ...of(watched), at: context.now(), settlesAt },
    ...(await searched({ ...watched, take: { ...take, settlesAt } })),
  ];
}

async function looked(watched: Watched): Promise<readonly Fact[]> {
  const { take, context } = watched;
  if (take.operation === undefined || take.unknownSince !== undefined) return searched(watched);
  const { storage, video } = context.ports;
  if (video === undefined) return [];
  const outputPlace = isForeign(take) ? {} : { outputPlace: storage.uri(place(watched)) };
  let look: Look;
  try {
    look = await video.look(take.operation, { ...outputPlace, signal: context.signal });
  } catch (error) {
    return unanswered(watched, ReelstateError.from(error));
  }
  return seen(watched, look);
}

/** A vendor that does not answer may have put its result into its place all the same. Throws the error, and whether the place is empty. */
async function unanswered(watched: Watched, error: ReelstateError): Promise<readonly Fact[]> {
  if (watched.context.ports.video?.outputs === undefined || isForeign(watched.take)) throw error;
  const found = await adopted(watched);
  if (found) return found;
  const { kind, message, code, effect, cure, details, retryAfterMs } = error;
  throw new ReelstateError(kind, message, {
    code,
    effect,
    cause: error,
    details: { ...details, isAway: true },
    ...(cure ? { cure } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/**
 * A take that nobody can look at is given up like any other, and the film fails where it needs that take and looking is forbidden. It is late
 * only where its place was seen to be empty: that a look failed is no reason to buy again.
 */
export function unwatchable(
  film: FilmState,
  block: number,
  take: Take,
  now: number,
  error: ReelstateError,
): readonly Fact[] {
  const { timing } = film.model;
  const of = { block, token: take.token };
  if (now >= take.at + timing.giveUpMs) {
    return [{ type: 'take-ended', ...of, outcome: { kind: 'lost', at: now, code: 'gave-up' }, charge: 'unknown' }];
  }
  const { round, accepted } = blockOf(film, block);
  const isNeeded = take.round === round && accepted === undefined;
  return [
    ...(now >= begunAt(take) + timing.deadlineMs && error.details.isAway === true
      ? [{ type: 'take-late', ...of } as const]
      : []),
    ...(error.kind === 'permanent' && isNeeded ? [{ type: 'film-failed', error: error.toRecord() } as const] : []),
  ];
}

/** What is to be learnt now about a take. A hint is checked in storage, not at the vendor. */
export async function watch(film: FilmState, block: number, take: Take, context: Context): Promise<readonly Fact[]> {
  const watched = { film, block, take, context };
  if (context.hint?.object.startsWith(place(watched))) {
    const found = await adopted(watched);
    if (found) return found;
    if ((film.tasks[lookTaskId(block, take.take)]?.dueAt ?? 0) > context.now()) return [];
  }
  return take.operation === undefined ? resolved(watched) : looked(watched);
}
