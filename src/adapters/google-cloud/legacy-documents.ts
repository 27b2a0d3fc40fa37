/**
 * The two documents beside a film's own, read and written with it. What they said at our last save is remembered in the film's document as a
 * hash, and the hash that a load saw is part of the revision it gives: a save under it fails where somebody wrote them since.
 */
import type { DocumentData, DocumentReference, DocumentSnapshot, Timestamp } from '@google-cloud/firestore';
import { canonical, type Json, type JsonObject } from '../../core/json.ts';
import type { Beside } from '../../core/ports.ts';
import type { FilmState } from '../../core/state.ts';
import type { Opened } from './firestore-database.ts';
import { fromFirestore, toFirestore } from './firestore-values.ts';
import { ABSENT, legacyDocuments, OPERATIONS_COLLECTION, OWN_KEY, STATUS_COLLECTION } from './legacy-projection.ts';
import { contentHash, type LegacyContents } from './legacy-reading.ts';

const COLLECTIONS = { status: STATUS_COLLECTION, operations: OPERATIONS_COLLECTION } as const;
type Name = keyof typeof COLLECTIONS;
const NAMES: readonly Name[] = ['status', 'operations'];

/** Each document with the time of its last write. */
export interface LegacySeen {
  readonly contents: LegacyContents;
  readonly times: Readonly<Record<Name, Timestamp | undefined>>;
}

export const legacyReferences = ({ db }: Opened, videoId: string): readonly DocumentReference[] =>
  NAMES.map((name) => db.collection(COLLECTIONS[name]).doc(videoId));

const fieldsOf = (opened: Opened, snapshot: DocumentSnapshot | undefined): JsonObject | undefined => {
  const data = snapshot?.data();
  return data && (fromFirestore(opened, data) as JsonObject);
};

/** The documents of {@link legacyReferences}, read. */
export function legacySeen(opened: Opened, snapshots: readonly (DocumentSnapshot | undefined)[]): LegacySeen {
  const [status, operations] = snapshots;
  return {
    contents: { status: fieldsOf(opened, status), operations: fieldsOf(opened, operations) },
    times: { status: status?.updateTime, operations: operations?.updateTime },
  };
}

/** What a save writes beside the film. */
export interface LegacyWrite {
  /** Changed fields per document; none: it is not written. */
  readonly fields: Readonly<Record<Name, JsonObject | undefined>>;
  readonly after: LegacyContents;
  readonly hash: string;
}

const isSame = (a: Json | undefined, b: Json | undefined): boolean => canonical(a ?? null) === canonical(b ?? null);

/** The fields that change; `updated_at` alone is no change, and a document of nothing but our own key is not made. */
function changesOf(present: JsonObject | undefined, wanted: JsonObject | undefined): JsonObject | undefined {
  if (wanted === undefined) return undefined;
  const changed = Object.entries(wanted).filter(([name, value]) => {
    if (name === 'updated_at' || (name === 'created_at' && present?.[name] !== undefined)) return false;
    return value === ABSENT ? present?.[name] !== undefined : !isSame(present?.[name], value);
  });
  const isNothing = changed.length === 0 || (present === undefined && changed.every(([name]) => name === OWN_KEY));
  if (isNothing) return undefined;
  return { ...Object.fromEntries(changed), updated_at: wanted.updated_at ?? null };
}

function merged(present: JsonObject | undefined, fields: JsonObject | undefined): JsonObject | undefined {
  if (fields === undefined) return present;
  return Object.fromEntries(Object.entries({ ...present, ...fields }).filter(([, value]) => value !== ABSENT));
}

/** What a film's state makes of the documents as they are. */
export function planLegacy(film: FilmState, beside: Beside, present: LegacyContents): LegacyWrite {
  const wanted = legacyDocuments(film, beside);
  const fields = {
    status: changesOf(present.status, wanted.status),
    operations: changesOf(present.operations, wanted.operations),
  };
  const after = {
    status: merged(present.status, fields.status),
    operations: merged(present.operations, fields.operations),
  };
  return { fields, after, hash: contentHash(after) };
}

interface Writer {
  create(reference: DocumentReference, data: DocumentData): unknown;
  update(reference: DocumentReference, data: DocumentData, precondition: { lastUpdateTime: Timestamp }): unknown;
}

function dataOf(opened: Opened, fields: JsonObject, isNew: boolean): DocumentData {
  const kept = Object.entries(fields).filter(([, value]) => !(isNew && value === ABSENT));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, value === ABSENT ? opened.FieldValue.delete() : toFirestore(opened, value)]),
  );
}

/** Writes the changed fields, each document only if it is still what was seen. Gives the written documents in that order. */
export function writeLegacy(
  opened: Opened,
  writer: Writer,
  videoId: string,
  write: LegacyWrite,
  times: LegacySeen['times'],
): readonly Name[] {
  const written = NAMES.filter((name) => write.fields[name] !== undefined);
  for (const name of written) {
    const reference = opened.db.collection(COLLECTIONS[name]).doc(videoId);
    const at = times[name];
    const data = dataOf(opened, write.fields[name] ?? {}, at === undefined);
    if (at === undefined) writer.create(reference, data);
    else writer.update(reference, data, { lastUpdateTime: at });
  }
  return written;
}

/** A revision of the store: that of the film's document, and what the documents beside it said. */
export const revisionOf = (film: string, hash: string | undefined): string =>
  hash === undefined ? film : `${film}.${hash}`;

/** The parts of {@link revisionOf}. */
export function partsOf(revision: string | null): { readonly film: string | null; readonly hash?: string } {
  if (revision === null) return { film: null };
  const [film = '', hash] = revision.split('.');
  return { film: film === '' ? null : film, ...(hash === undefined ? {} : { hash }) };
}
