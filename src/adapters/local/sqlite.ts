import { resolve } from 'node:path';
import { throwIfAborted } from '../../core/bytes.ts';
import type { Json } from '../../core/json.ts';
import type { StateStore } from '../../core/ports.ts';
import { isDeadProcess, processName } from './process-name.ts';
import { countUp, listFilms, loadFilm, readCounters, removeFilm, saveFilm, writeCounters } from './sqlite-films.ts';
import { type Database, openDatabase, sqliteError } from './sqlite-open.ts';
import { type Change, createTurns, type Turns } from './sqlite-turns.ts';
import { claimWakes, deadHolders, isAnyDue, register, releaseDead } from './sqlite-wakes.ts';
import { createWatchers } from './sqlite-watch.ts';

interface Opened {
  readonly db: Database;
  readonly turns: Turns;
}

/**
 * Film states in one SQLite file (Node's own SQLite: WAL, `synchronous = FULL`), shared by any number of processes on a machine. What
 * is saved in one turn of the event loop is committed at once, and nothing settles before its COMMIT. The file is opened at first use.
 * @throws ReelstateError `permanent` `state-corrupt`, `state-newer`, `storage-full`, `storage-denied`, `storage-not-a-folder`,
 *   `sqlite-missing`; `retryable` `state-busy`, `state-failed`
 */
export function sqlite(path: string): StateStore {
  const file = resolve(path);
  const holder = processName();
  let opening: Promise<Opened> | undefined;

  const open = (): Promise<Opened> => {
    opening ??= start().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  const start = async (): Promise<Opened> => {
    const db = await openDatabase(file);
    const turns = createTurns(db, file);
    await turns.change(register(holder));
    return { db, turns };
  };
  const watchers = createWatchers(async () => (await open()).db);

  const read = async <T>(signal: AbortSignal | undefined, look: (db: Database) => T): Promise<T> => {
    throwIfAborted(signal);
    const { db } = await open();
    try {
      return look(db);
    } catch (error) {
      throw sqliteError(error, file, 'none');
    }
  };
  const change = async <T>(signal: AbortSignal | undefined, act: Change<T>): Promise<T> => {
    throwIfAborted(signal);
    return (await open()).turns.change(act, signal);
  };

  return {
    holder,
    isDead: isDeadProcess,
    load: (videoId, { signal } = {}) => read(signal, (db) => loadFilm(db, videoId)),
    save: async (request) => {
      const saved = await change(request.signal, saveFilm(request, holder));
      watchers.changed(request.videoId);
      return saved;
    },
    claimDue: async (request) => {
      const dead = await read(request.signal, (db) => deadHolders(db, holder));
      if (dead.length > 0) await change(request.signal, releaseDead(dead, request.now));
      if (!(await read(request.signal, (db) => isAnyDue(db, request)))) return [];
      return change(request.signal, claimWakes(request, holder));
    },
    list: (filter, page) => read(page.signal, (db) => listFilms(db, filter, page)),
    counters: {
      read: (keys, { signal } = {}) => read(signal, (db) => readCounters(db, keys)),
      change: (changes, { signal } = {}) => change(signal, (db) => writeCounters(db, countUp(db, changes))),
    },
    kv: {
      get: (key, { signal } = {}) =>
        read(signal, (db) => {
          const row = db.get('SELECT value FROM kv WHERE key = ?', key);
          return row && (JSON.parse(String(row.value)) as Json);
        }),
      set: (key, value, { signal } = {}) => {
        const text = JSON.stringify(value);
        return change(signal, (db) => {
          db.run(
            'INSERT INTO kv (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
            key,
            text,
          );
        });
      },
    },
    watch: (videoId, { signal }) => watchers.watch(videoId, signal),
    remove: async (videoId, { signal } = {}) => {
      await change(signal, removeFilm(videoId));
      watchers.changed(videoId);
    },
    close: async () => {
      watchers.stop();
      const opened = await opening?.catch(() => undefined);
      opening = undefined;
      opened?.turns.flush();
      opened?.db.close();
    },
  };
}
