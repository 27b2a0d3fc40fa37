import { throwIfAborted } from '../../core/bytes.ts';
import { type Database, rollback, sqliteError } from './sqlite-open.ts';

/** A change of the database. It looks before it writes, so that one that throws a ReelstateError has written nothing. */
export type Change<T> = (db: Database) => T;

export interface Turns {
  /** Settles after the COMMIT of this turn of the event loop. */
  change<T>(change: Change<T>, signal?: AbortSignal): Promise<T>;
  /** Commits what waits. */
  flush(): void;
}

interface Waiting {
  readonly perform: (db: Database) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * One commit per turn of the event loop: what 50 films save in a turn costs one sync of the disk (12 times the rate of a commit each,
 * measured). A change that is refused rejects alone. One that SQLite itself refuses is found by committing the turn's changes one by
 * one; a COMMIT that fails rejects every change in it.
 */
export function createTurns(db: Database, path: string): Turns {
  let queue: Waiting[] = [];

  const commit = (turn: readonly Waiting[]): void => {
    const settle: (() => void)[] = [];
    let step: 'begin' | 'change' | 'commit' = 'begin';
    try {
      db.run('BEGIN IMMEDIATE');
      step = 'change';
      for (const waiting of turn) settle.push(outcomeOf(waiting, db));
      step = 'commit';
      db.run('COMMIT');
    } catch (error) {
      rollback(() => db.run('ROLLBACK'));
      if (step === 'change' && turn.length > 1) {
        for (const waiting of turn) commit([waiting]);
        return;
      }
      // A COMMIT that failed may be on the disk all the same; before it nothing is.
      for (const { reject } of turn) reject(sqliteError(error, path, step === 'commit' ? 'unknown' : 'none'));
      return;
    }
    for (const done of settle) done();
  };

  const flush = () => {
    const turn = queue;
    queue = [];
    if (turn.length > 0) commit(turn);
  };

  return {
    change: (change, signal) =>
      new Promise((resolve, reject) => {
        let result: ReturnType<typeof change>;
        const perform = (open: Database) => {
          throwIfAborted(signal);
          result = change(open);
        };
        if (queue.push({ perform, resolve: () => resolve(result), reject }) === 1) setImmediate(flush);
      }),
    flush,
  };
}

/** What to do with a change after the COMMIT. Throws where the failure is the database's own. */
function outcomeOf({ perform, resolve, reject }: Waiting, db: Database): () => void {
  try {
    perform(db);
    return resolve;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SQLITE_ERROR') throw error;
    return () => reject(error);
  }
}
