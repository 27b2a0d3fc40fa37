import type {
  CollectionReference,
  DocumentReference,
  FieldPath,
  FieldValue,
  Firestore,
  Timestamp,
} from '@google-cloud/firestore';
import type { CallRules } from './calls.ts';
import { call, withDeadline } from './calls.ts';
import { withoutVariable } from './environment.ts';
import { firestoreError, firestoreLate } from './firestore-errors.ts';

/** How to reach the database. */
export interface FirestoreConnection {
  readonly client?: Firestore;
  readonly projectId?: string;
  readonly databaseId?: string;
  readonly emulatorHost?: string;
}

/** The client with what is needed of its package at run time. */
export interface Opened {
  readonly db: Firestore;
  readonly films: CollectionReference;
  readonly FieldPath: typeof FieldPath;
  readonly FieldValue: typeof FieldValue;
  readonly Timestamp: typeof Timestamp;
}

/** What the parts of the adapter share. */
export interface Database {
  readonly rules: CallRules;
  open(): Promise<Opened>;
  counter(opened: Opened, key: string, shard: number): DocumentReference;
  value(opened: Opened, key: string): DocumentReference;
  /** A read, or a write that is safe to repeat, under our deadline. */
  ask<T>(run: (opened: Opened) => Promise<T>, signal?: AbortSignal): Promise<T>;
  close(): Promise<void>;
}

async function connect(connection: FirestoreConnection, collection: string): Promise<Opened> {
  const { Firestore, FieldPath, FieldValue, Timestamp } = await import('@google-cloud/firestore');
  const { client, projectId, databaseId, emulatorHost } = connection;
  const build = (): Firestore =>
    new Firestore({
      ...(projectId === undefined ? {} : { projectId }),
      ...(databaseId === undefined ? {} : { databaseId }),
      ...(emulatorHost === undefined ? {} : { host: emulatorHost, ssl: false }),
      // Else a read that is denied is repeated twice, about 8 s long, whatever its status (google-gax 6.17).
      gaxServerStreamingRetries: true,
    });
  const db = client ?? withoutVariable('FIRESTORE_EMULATOR_HOST', build);
  return { db, films: db.collection(collection), FieldPath, FieldValue, Timestamp };
}

const CLOSE_WITHIN_MS = 2_000;

/** Any text as a document's id: no slash, not a dot alone, not a reserved name. */
const documentId = (key: string): string => `${encodeURIComponent(key)}~`;

/** The database, connected at first use. Counters and values lie in collections named after that of the films. */
export function openDatabase(connection: FirestoreConnection, collection: string, rules: CallRules): Database {
  let connected: Promise<Opened> | undefined;
  const open = (): Promise<Opened> => {
    connected ??= connect(connection, collection);
    return connected;
  };
  return {
    rules,
    open,
    counter: ({ db }, key, shard) => db.collection(`${collection}_counters`).doc(`${documentId(key)}${shard}`),
    value: ({ db }, key) => db.collection(`${collection}_kv`).doc(documentId(key)),
    async ask(run, signal) {
      const opened = await open();
      return call(() => run(opened), { rules, signal, classify: firestoreError, late: firestoreLate });
    },
    async close() {
      // A client that was passed in belongs to whoever passed it.
      if (connected === undefined || connection.client !== undefined) return;
      const { db } = await connected;
      // The client waits for calls that hang or are still being repeated, up to ten minutes.
      await withDeadline(() => db.terminate(), CLOSE_WITHIN_MS, undefined, firestoreLate).catch(() => {});
    },
  };
}
