import { randomUUID } from 'node:crypto';
import type {
  DocumentData,
  DocumentReference,
  DocumentSnapshot,
  Timestamp,
  Transaction,
  WriteBatch,
} from '@google-cloud/firestore';
import { badInput, ReelstateError } from '../../core/errors.ts';
import type { SaveState } from '../../core/ports.ts';
import type { FilmState } from '../../core/state.ts';
import { call } from './calls.ts';
import type { Snapshots } from './firestore-counters.ts';
import { chooseShards, planCounters, writeCounters } from './firestore-counters.ts';
import type { Database, Opened } from './firestore-database.ts';
import { asContention, firestoreError, firestoreLate, mayHaveHappened } from './firestore-errors.ts';
import {
  type LegacySeen,
  type LegacyWrite,
  legacyReferences,
  legacySeen,
  partsOf,
  planLegacy,
  revisionOf,
  writeLegacy,
} from './legacy-documents.ts';
import { contentHash, isOurs } from './legacy-reading.ts';

/** A film's document stays below this, bytes; long texts belong into the bucket. */
export const LARGEST_STATE = 100 * 1024;
/** How many past revisions a document names, so that a save whose answer was lost is found even after others saved. */
const PAST = 16;
/** Attempts of one save while others change the same counters; CAS on hot documents loses often and cheaply. */
const CONTENDED_ATTEMPTS = 8;

/** The part of a film's document that is read back. */
interface FilmDocument {
  readonly revision: string;
  /** The last revisions, newest first. */
  readonly past: readonly string[];
  readonly state: string;
  /** What the documents beside it told after the last save. */
  readonly beside?: string;
}

/** What is known of a film's documents at a revision. */
export interface Seen {
  readonly updateTime: Timestamp;
  readonly past: readonly string[];
  readonly beside?: LegacySeen;
}

/** The documents' update times by revision, so that a save after a load needs no second read. */
export interface SeenTimes {
  get(revision: string): Seen | undefined;
  set(revision: string, seen: Seen): void;
}

const MANY = 2_000;

/** Remembers the last few thousand films that this process touched. */
export function seenTimes(): SeenTimes {
  const seen = new Map<string, Seen>();
  return {
    get: (revision) => seen.get(revision),
    set(revision, time) {
      seen.delete(revision);
      seen.set(revision, time);
      const oldest = seen.size > MANY ? seen.keys().next().value : undefined;
      if (oldest !== undefined) seen.delete(oldest);
    },
  };
}

const conflict = (videoId: string): ReelstateError =>
  new ReelstateError('retryable', `The film "${videoId}" was changed by somebody else.`, {
    code: 'state-conflict',
    effect: 'none',
  });

export const label = (key: string, value: string): string => JSON.stringify([key, value]);

function textOf(request: SaveState): string {
  if (request.state === null || typeof request.state !== 'object' || Array.isArray(request.state))
    throw badInput('state-not-an-object', 'A film state has to be a JSON object.', 'Save what `evolve` returned.');
  const text = JSON.stringify(request.state);
  const size = Buffer.byteLength(text);
  if (size < LARGEST_STATE) return text;
  throw new ReelstateError('permanent', `The state of "${request.videoId}" has ${size} bytes.`, {
    code: 'state-too-large',
    cure: 'Keep long texts in the storage and only their names in the state; below 100 KiB.',
    details: { size, limit: LARGEST_STATE },
  });
}

function documentOf(
  request: SaveState,
  state: string,
  revision: string,
  past: readonly string[],
  beside?: string,
): DocumentData {
  const { index, wakes } = request;
  return {
    revision,
    past: [revision, ...past].slice(0, PAST),
    state,
    status: index.status,
    owner: index.owner ?? null,
    labels: Object.entries(index.metadata).map(([key, value]) => label(key, value)),
    createdAt: index.createdAt,
    wakes: { ...wakes },
    ...(beside === undefined ? {} : { beside }),
  };
}

export const filmOf = (snapshot: DocumentSnapshot): FilmDocument | undefined =>
  snapshot.data() as FilmDocument | undefined;

interface Save {
  readonly request: SaveState;
  readonly text: string;
  readonly revision: string;
  /** The documents beside the film are kept. */
  readonly isBeside: boolean;
}

const besideOf = ({ request, isBeside }: Save, seen: LegacySeen | undefined): LegacyWrite | undefined =>
  isBeside && request.beside !== undefined && seen !== undefined
    ? planLegacy(request.state as unknown as FilmState, request.beside, seen.contents)
    : undefined;

function writeFilm(
  opened: Opened,
  writer: WriteBatch | Transaction,
  save: Save,
  at: Timestamp | undefined,
  past: readonly string[],
  beside?: { readonly write: LegacyWrite; readonly seen: LegacySeen },
): readonly (keyof LegacySeen['times'])[] {
  const { videoId } = save.request;
  const reference = opened.films.doc(videoId);
  const data = documentOf(save.request, save.text, save.revision, past, beside?.write.hash);
  // A batch and a transaction have the same two methods, but TypeScript cannot call a union of overloads.
  const put = writer as { create(to: DocumentReference, data: DocumentData): unknown } & {
    update(to: DocumentReference, data: DocumentData, precondition: { lastUpdateTime: Timestamp }): unknown;
  };
  if (at === undefined) put.create(reference, data);
  else put.update(reference, data, { lastUpdateTime: at });
  return beside ? writeLegacy(opened, put, videoId, beside.write, beside.seen.times) : [];
}

/** One commit without a read: the update time is known from the load or save before. */
async function saveKnown(
  opened: Opened,
  save: Save,
  seen: SeenTimes,
): Promise<'refused' | 'unknown' | { readonly revision: string }> {
  const { ifRevision, counters = [], beside: asked } = save.request;
  const known = ifRevision === null ? undefined : seen.get(ifRevision);
  if (counters.length > 0 || (ifRevision !== null && known === undefined)) return 'unknown';
  // Whether others have documents of a film that is new to us only a read can tell.
  if (save.isBeside && asked !== undefined && known?.beside === undefined) return 'unknown';
  const batch = opened.db.batch();
  const write = besideOf(save, known?.beside);
  const beside = write && known?.beside ? { write, seen: known.beside } : undefined;
  const written = writeFilm(opened, batch, save, known?.updateTime, known?.past ?? [], beside);
  try {
    const [result, ...others] = await batch.commit();
    const revision = revisionOf(save.revision, write?.hash);
    if (result) {
      const times = Object.fromEntries(written.map((name, index) => [name, others[index]?.writeTime]));
      const after = beside && {
        beside: { contents: beside.write.after, times: { ...beside.seen.times, ...times } },
      };
      const past = [save.revision, ...(known?.past ?? [])].slice(0, PAST);
      seen.set(revision, { updateTime: result.writeTime, past, ...after });
    }
    return { revision };
  } catch (error) {
    // A claim moved the update time, another save won, or this commit's own first answer was lost: the documents tell.
    if (firestoreError(error).code === 'state-conflict') return 'refused';
    throw error;
  }
}

/** Reads film and counters, then writes all under preconditions; finds its own earlier commit. `lost`: one may exist. */
async function saveRead(database: Database, opened: Opened, save: Save, lost: boolean): Promise<string> {
  const { videoId, counters = [], beside: asked } = save.request;
  const { film: ifRevision, hash } = partsOf(save.request.ifRevision);
  const isBeside = save.isBeside && asked !== undefined;
  const others = isBeside ? legacyReferences(opened, videoId) : [];
  let revision = save.revision;
  const film = opened.films.doc(videoId);
  const { changes, references } = chooseShards(database, opened, counters, Math.random);
  const change = async (writer: WriteBatch | Transaction, read: Snapshots): Promise<boolean> => {
    const [snapshot, ...rest] = await read([film, ...others, ...references]);
    const chosen = rest.slice(others.length);
    const found = snapshot === undefined ? undefined : filmOf(snapshot);
    const past = found?.past ?? [];
    if (past.includes(save.revision)) {
      revision = revisionOf(save.revision, found?.beside);
      return false;
    }
    if (found === undefined && ifRevision !== null) throw conflict(videoId);
    if ((found?.revision ?? null) !== ifRevision) {
      const complete = ifRevision === null ? past.length < PAST : past.includes(ifRevision);
      if (lost && !complete)
        throw new ReelstateError('retryable', `Whether "${videoId}" was saved is lost.`, { code: 'state-unavailable' });
      throw conflict(videoId);
    }
    const seen = isBeside ? legacySeen(opened, rest.slice(0, others.length)) : undefined;
    if (seen && !mayWriteOver(seen, hash)) throw conflict(videoId);
    const writes = await planCounters(database, opened, changes, chosen, read);
    const write = besideOf(save, seen);
    revision = revisionOf(save.revision, write?.hash);
    writeFilm(opened, writer, save, snapshot?.updateTime, past, write && seen ? { write, seen } : undefined);
    writeCounters(writer as WriteBatch, writes);
    return true;
  };
  // A guard must still hold when the save commits although nothing is written to it: only a transaction promises that.
  if (changes.some(({ add }) => add === 0)) {
    await opened.db.runTransaction((transaction) => change(transaction, (all) => transaction.getAll(...all)), {
      maxAttempts: 1,
    });
    return revision;
  }
  const batch = opened.db.batch();
  if (await change(batch, (all) => opened.db.getAll(...all))) await batch.commit();
  return revision;
}

/** What others wrote since the load that this save goes back to must be taken in first. */
function mayWriteOver({ contents }: LegacySeen, hash: string | undefined): boolean {
  if (hash !== undefined) return contentHash(contents) === hash;
  const isNobodys = contents.status === undefined && contents.operations === undefined;
  return isNobodys || isOurs(contents);
}

/** Saves a film's state, its documents of other programs and its counters in one commit. */
export async function saveState(
  database: Database,
  seen: SeenTimes,
  request: SaveState,
  isBeside: boolean,
): Promise<{ readonly revision: string }> {
  const save: Save = { request, text: textOf(request), revision: randomUUID(), isBeside };
  const opened = await database.open();
  let lost = false;
  const run = async (_signal: AbortSignal, attempt: number): Promise<{ readonly revision: string }> => {
    try {
      const known = attempt === 1 ? await saveKnown(opened, save, seen) : 'unknown';
      // The client repeats a commit by itself, so even a failed precondition may be that of our own second one.
      lost ||= known === 'refused';
      if (typeof known === 'object') return known;
      return { revision: await saveRead(database, opened, save, lost) };
    } catch (error) {
      const failure = firestoreError(error);
      lost ||= mayHaveHappened(failure);
      throw asContention(error, failure);
    }
  };
  const rules = { ...database.rules, attempts: Math.max(database.rules.attempts, CONTENDED_ATTEMPTS) };
  return call(run, { rules, signal: request.signal, classify: firestoreError, late: firestoreLate });
}
