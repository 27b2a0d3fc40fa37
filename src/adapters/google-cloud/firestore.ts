import { randomUUID } from 'node:crypto';
import type { Firestore } from '@google-cloud/firestore';
import type { Json, JsonObject } from '../../core/json.ts';
import type { CounterChange, StateStore, StoredState } from '../../core/ports.ts';
import type { CallRules } from './calls.ts';
import { call, DEFAULT_RULES } from './calls.ts';
import { allShards, chooseShards, planCounters, readCounters, writeCounters } from './firestore-counters.ts';
import type { Database, Opened } from './firestore-database.ts';
import { openDatabase } from './firestore-database.ts';
import { asContention, firestoreError, firestoreLate } from './firestore-errors.ts';
import { claimDue, listFilms } from './firestore-queries.ts';
import type { SeenTimes } from './firestore-save.ts';
import { filmOf, saveState, seenTimes } from './firestore-save.ts';
import { watchFilm } from './firestore-watch.ts';
import { legacyReferences, legacySeen, revisionOf } from './legacy-documents.ts';
import { foreignFilms } from './legacy-films.ts';
import { contentHash, foreignOf } from './legacy-reading.ts';

/** Options of {@link firestore}. */
export interface FirestoreOptions {
  /** A client of `@google-cloud/firestore` to use. @default one with the environment's credentials */
  readonly client?: Firestore;
  /** @default the environment's project */
  readonly projectId?: string;
  /** @default '(default)' */
  readonly databaseId?: string;
  /** Where the films lie; counters and learnt values lie in `{collection}_counters` and `{collection}_kv`. @default 'reelstate_films' */
  readonly collection?: string;
  /** `host:port` of an emulator; `FIRESTORE_EMULATOR_HOST` alone is ignored. @default Google's */
  readonly emulatorHost?: string;
  /** One attempt's own deadline, milliseconds. @default 15000 */
  readonly timeoutMs?: number;
  /**
   * Keeps the documents of the functions that reelstate replaces (`v2_video_status`, `v2_veo_operations`) and takes in what those write: two
   * reads more per load. @default true
   */
  readonly beside?: boolean;
  /** How often a read is made, the first included; saves that meet others are tried more often. @default 3 */
  readonly attempts?: number;
  /** Before the second attempt, milliseconds; triples from there. @default 100 */
  readonly retryDelayMs?: number;
}

/** Firestore as reelstate's state store. */
export interface FirestoreState extends StateStore {
  close(): Promise<void>;
}

const NOBODY_WROTE = contentHash({ status: undefined, operations: undefined });

/** How many writes of a counter outside films its document remembers, to recognise one whose answer was lost. */
const RECENT = 8;

async function load(
  database: Database,
  seen: SeenTimes,
  videoId: string,
  isBeside: boolean,
  signal?: AbortSignal,
): Promise<StoredState | undefined> {
  const read = async (opened: Opened) => {
    const others = isBeside ? legacyReferences(opened, videoId) : [];
    const [snapshot, ...documents] = await opened.db.getAll(opened.films.doc(videoId), ...others);
    return { snapshot, beside: isBeside ? legacySeen(opened, documents) : undefined };
  };
  const { snapshot, beside } = await database.ask(read, signal);
  const film = snapshot && filmOf(snapshot);
  if (film === undefined || snapshot?.updateTime === undefined) return undefined;
  const hash = beside && contentHash(beside.contents);
  // A film that was saved without them has none to go back to.
  const isKept = film.beside !== undefined || hash !== NOBODY_WROTE;
  const revision = revisionOf(film.revision, isKept ? hash : undefined);
  seen.set(revision, { updateTime: snapshot.updateTime, past: film.past, ...(beside ? { beside } : {}) });
  const state = JSON.parse(film.state) as JsonObject;
  const isChanged = beside !== undefined && hash !== (film.beside ?? NOBODY_WROTE);
  const foreign = isChanged ? { foreign: foreignOf(videoId, beside.contents) } : {};
  return { state, revision, now: snapshot.readTime.toMillis(), ...foreign };
}

async function changeCounters(
  database: Database,
  changes: readonly CounterChange[],
  signal?: AbortSignal,
): Promise<void> {
  const opened = await database.open();
  const token = randomUUID();
  const run = async (_signal: AbortSignal, attempt: number): Promise<void> => {
    const { db } = opened;
    const recent = (data: { readonly recent?: readonly string[] } | undefined): readonly string[] => data?.recent ?? [];
    const chosen = chooseShards(database, opened, changes, Math.random);
    if (attempt > 1) {
      const all = allShards(
        database,
        opened,
        chosen.changes.map(({ key }) => key),
      ).flat();
      const found = all.length > 0 ? await db.getAll(...all) : [];
      if (found.some((snapshot) => recent(snapshot.data()).includes(token))) return;
    }
    const read = (all: readonly (typeof chosen.references)[number][]) => db.getAll(...all);
    const snapshots = chosen.references.length > 0 ? await read(chosen.references) : [];
    const writes = await planCounters(database, opened, chosen.changes, snapshots, read);
    if (writes.length === 0) return;
    const batch = db.batch();
    writeCounters(batch, writes, (snapshot) => ({ recent: [token, ...recent(snapshot.data())].slice(0, RECENT) }));
    await batch.commit().catch((error: unknown) => {
      throw asContention(error, firestoreError(error));
    });
  };
  const rules = { ...database.rules, attempts: Math.max(database.rules.attempts, 8) };
  await call(run, { rules, signal, classify: firestoreError, late: firestoreLate });
}

/**
 * Film states in Firestore: one document per film, saved with its counters in one commit under preconditions. Revisions are
 * random, so none comes back after a restore; a save whose answer was lost is found again by its revision. Throws `state-too-large` for
 * 100 KiB and more.
 */
export function firestore(options: FirestoreOptions = {}): FirestoreState {
  const rules: CallRules = {
    timeoutMs: options.timeoutMs ?? DEFAULT_RULES.timeoutMs,
    attempts: options.attempts ?? DEFAULT_RULES.attempts,
    minDelayMs: options.retryDelayMs ?? 100,
  };
  const database = openDatabase(options, options.collection ?? 'reelstate_films', rules);
  const seen = seenTimes();
  const { beside = true } = options;
  return {
    load: (videoId, { signal } = {}) => load(database, seen, videoId, beside, signal),
    save: (request) => saveState(database, seen, request, beside),
    ...(beside ? { foreignFilms: (request, { signal } = {}) => foreignFilms(database, request, { signal }) } : {}),
    claimDue: (request) => claimDue(database, request),
    list: (filter, page) => listFilms(database, filter, page),
    counters: {
      read: (keys, { signal } = {}) => readCounters(database, keys, signal),
      change: (changes, { signal } = {}) => changeCounters(database, changes, signal),
    },
    kv: {
      async get(key, { signal } = {}) {
        const snapshot = await database.ask((opened) => database.value(opened, key).get(), signal);
        const text: unknown = snapshot.get('value');
        return typeof text === 'string' ? (JSON.parse(text) as Json) : undefined;
      },
      async set(key, value, { signal } = {}) {
        await database.ask((opened) => database.value(opened, key).set({ value: JSON.stringify(value) }), signal);
      },
    },
    watch: (videoId, { signal }) => watchFilm(database, videoId, signal),
    async remove(videoId, { signal } = {}) {
      await database.ask(async (opened) => {
        const batch = opened.db.batch().delete(opened.films.doc(videoId));
        for (const reference of beside ? legacyReferences(opened, videoId) : []) batch.delete(reference);
        await batch.commit();
      }, signal);
    },
    close: () => database.close(),
  };
}
