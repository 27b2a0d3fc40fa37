import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import pRetry from 'p-retry';
import { type ErrorEffect, ReelstateError } from '../../core/errors.ts';
import { diskError } from './disk-errors.ts';

/** What `PRAGMA user_version` says in a database of this release. */
const SCHEMA_VERSION = 1;
const BUSY_TIMEOUT_MS = 5000;
/** Extended result code: a write failed, but not with ENOSPC. A quota and a file size limit come as this. */
const IOERR_WRITE = 778;

// The state comes last in its row, so that reading the columns before it never touches an overflow page.
const SCHEMA = `
  CREATE TABLE films (
    id INTEGER PRIMARY KEY,
    video_id TEXT NOT NULL UNIQUE,
    revision TEXT NOT NULL,
    status TEXT NOT NULL,
    owner TEXT,
    created_at INTEGER NOT NULL,
    listing TEXT NOT NULL,
    roles TEXT NOT NULL,
    state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX films_by_time ON films (created_at, video_id);
  CREATE INDEX films_by_status ON films (status, created_at, video_id);
  CREATE INDEX films_by_owner ON films (owner, created_at, video_id) WHERE owner IS NOT NULL;
  CREATE TABLE labels (
    key TEXT NOT NULL, value TEXT NOT NULL, video_id TEXT NOT NULL, PRIMARY KEY (key, value, video_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE wakes (
    video_id TEXT NOT NULL, role TEXT NOT NULL, at INTEGER NOT NULL, early INTEGER, by TEXT NOT NULL,
    PRIMARY KEY (video_id, role)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX wakes_due ON wakes (role, at, video_id);
  CREATE TABLE holders (name TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE counters (key TEXT NOT NULL PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE kv (key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export type Row = Record<string, SQLOutputValue>;

/** A database whose statements are prepared once. */
export interface Database {
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number;
  close(): void;
}

/**
 * Opens the file, or makes it; refuses what it does not know, without touching it. Where several processes begin at once SQLite does not
 * always wait by itself (the log of a killed process is being recovered, the journal mode changes): then it is tried again.
 */
export async function openDatabase(path: string): Promise<Database> {
  await prepareFile(path);
  return pRetry(() => openRaw(path), {
    retries: 6,
    minTimeout: 25,
    randomize: true,
    shouldRetry: ({ error }) => ReelstateError.is(error) && error.code === 'state-busy',
  });
}

function openRaw(path: string): Database {
  const { DatabaseSync } = loadSqlite();
  let raw: DatabaseSync | undefined;
  try {
    raw = new DatabaseSync(path);
    raw.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    refuseNewer(raw, path);
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    migrate(raw);
    return withStatements(raw);
  } catch (error) {
    raw?.close();
    throw sqliteError(error, path, 'none');
  }
}

/** SQLite says only "unable to open"; the file system says why. */
async function prepareFile(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await (await open(path, 'a')).close();
  } catch (error) {
    // Where a folder was to be made, EEXIST means that a file has its name.
    const clash = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw diskError(
      clash ? Object.assign(new Error('file'), { code: 'ENOTDIR' }) : error,
      'Opening the state database',
    );
  }
}

const versionOf = (raw: DatabaseSync) => Number(raw.prepare('PRAGMA user_version').get()?.user_version);

function refuseNewer(raw: DatabaseSync, path: string): void {
  const version = versionOf(raw);
  if (version <= SCHEMA_VERSION) return;
  throw new ReelstateError(
    'permanent',
    `The state database ${path} has version ${version}; this release knows ${SCHEMA_VERSION}.`,
    {
      code: 'state-newer',
      cure: 'Use the newer reelstate that made it, or another database file.',
    },
  );
}

function migrate(raw: DatabaseSync): void {
  if (versionOf(raw) === SCHEMA_VERSION) return;
  raw.exec('BEGIN IMMEDIATE');
  try {
    // Another process may have been quicker.
    if (versionOf(raw) === 0) raw.exec(SCHEMA);
    raw.exec('COMMIT');
  } catch (error) {
    rollback(() => raw.exec('ROLLBACK'));
    throw error;
  }
}

/** After some failures SQLite has rolled back by itself; then there is nothing to do. */
export function rollback(act: () => void): void {
  try {
    act();
  } catch {
    // No transaction is open.
  }
}

function withStatements(raw: DatabaseSync): Database {
  const cache = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = cache.get(sql);
    if (known) return known;
    const made = raw.prepare(sql);
    cache.set(sql, made);
    return made;
  };
  return {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    close: () => raw.close(),
  };
}

/** Node 22 warns that SQLite is experimental, at each start of each program; nothing else is kept quiet. */
function loadSqlite(): typeof import('node:sqlite') {
  const emitWarning = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: never[]) => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) emitWarning.call(process, warning, ...rest);
  }) as typeof process.emitWarning;
  try {
    // Absent from Node before 22.5.
    const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined;
    if (sqlite !== undefined) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new ReelstateError('permanent', `Node ${process.versions.node} has no SQLite.`, {
    code: 'sqlite-missing',
    cure: 'Run on Node 22.13 or newer.',
  });
}

/** The kinds of failure that SQLite knows; its primary result code is the lowest byte. */
export function sqliteError(error: unknown, path: string, effect: ErrorEffect): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const code = (error as { errcode?: number }).errcode;
  const primary = code === undefined ? -1 : code & 0xff;
  const permanent = (name: string, message: string, cure: string) =>
    new ReelstateError('permanent', message, { code: name, cure, cause: error, effect });
  if (primary === 11 || primary === 26) {
    return permanent(
      'state-corrupt',
      `The state database ${path} is damaged or is no database.`,
      'Put a backup in its place, or move it away and rebuild the films from their storage.',
    );
  }
  if (primary === 13 || code === IOERR_WRITE) {
    return permanent(
      'storage-full',
      'The state database cannot grow: the disk, a quota or a file size limit is used up, or the disk fails.',
      'Free some space or raise the limit, then resume the film: what is paid for is kept.',
    );
  }
  if (primary === 8 || primary === 14 || primary === 3 || primary === 23) {
    return permanent(
      'storage-denied',
      `The state database ${path} cannot be written.`,
      'Choose another folder, or give this user write access to it (its folder too: SQLite keeps files beside it).',
    );
  }
  // Too big, a constraint, a type that does not fit, a value out of range.
  if (primary === 18 || primary === 19 || primary === 20 || primary === 25) {
    return permanent(
      'state-rejected',
      'The state database refused a value.',
      'Report this: reelstate should not have saved it.',
    );
  }
  const busy = primary === 5 || primary === 6;
  return new ReelstateError('retryable', busy ? 'The state database is in use.' : 'The state database failed.', {
    code: busy ? 'state-busy' : 'state-failed',
    cause: error,
    effect: busy ? 'none' : effect,
  });
}
