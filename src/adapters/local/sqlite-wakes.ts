import type { Role, SaveState } from '../../core/ports.ts';
import { isDeadProcess } from './process-name.ts';
import type { Database } from './sqlite-open.ts';
import type { Change } from './sqlite-turns.ts';

/** The roles that have a wake, as a film's row keeps them: what is not in it needs no clearing. */
export const rolesIn = (wakes: SaveState['wakes']): string => Object.keys(wakes).sort().join(' ');

/** Sets when each role looks at a film, and who said so: where that process dies, its films are due at once. */
export function setWakes(
  db: Database,
  videoId: string,
  wakes: SaveState['wakes'],
  before: string,
  holder: string,
): void {
  for (const role of before.split(' ')) {
    if (role !== '' && !(role in wakes)) db.run('DELETE FROM wakes WHERE video_id = ? AND role = ?', videoId, role);
  }
  for (const [role, at] of Object.entries(wakes)) {
    db.run(
      `INSERT INTO wakes (video_id, role, at, early, by) VALUES (?, ?, ?, NULL, ?)
       ON CONFLICT DO UPDATE SET at = excluded.at, early = NULL, by = excluded.by`,
      videoId,
      role,
      Math.floor(at),
      holder,
    );
  }
}

export interface Claim {
  readonly now: number;
  readonly limit: number;
  readonly roles: readonly Role[];
  readonly leaseMs: number;
}

/** Reads only: nothing due is the common answer and costs no transaction. */
export const isAnyDue = (db: Database, { now, roles }: Claim): boolean =>
  roles.some((role) => db.get('SELECT 1 FROM wakes WHERE role = ? AND at <= ? LIMIT 1', role, now) !== undefined);

/** The oldest due films; the cost depends on the limit and not on how many films there are. */
export function claimWakes({ now, limit, roles, leaseMs }: Claim, holder: string): Change<string[]> {
  return (db) => {
    const perRole = roles.map(
      () => 'SELECT * FROM (SELECT video_id, at FROM wakes WHERE role = ? AND at <= ? ORDER BY at LIMIT ?)',
    );
    const due = db.all(
      `SELECT video_id FROM (${perRole.join(' UNION ALL ')}) GROUP BY video_id ORDER BY min(at) LIMIT ?`,
      ...roles.flatMap((role) => [role, now, limit]),
      limit,
    );
    const videoIds = due.map((row) => String(row.video_id));
    db.run('INSERT OR IGNORE INTO holders (name) VALUES (?)', holder);
    db.run(
      `UPDATE wakes SET at = CASE WHEN early > ? THEN early ELSE ? END, early = NULL, by = ?
       WHERE video_id IN (SELECT value FROM json_each(?)) AND role IN (SELECT value FROM json_each(?)) AND at <= ?`,
      now,
      now + leaseMs,
      holder,
      JSON.stringify(videoIds),
      JSON.stringify(roles),
      now,
    );
    return videoIds;
  };
}

/** Holders other than this process that have died. */
export const deadHolders = (db: Database, holder: string): string[] =>
  db
    .all('SELECT name FROM holders WHERE name <> ?', holder)
    .map((row) => String(row.name))
    .filter(isDeadProcess);

/**
 * Films whose last claimer or saver has died are due now: it may have been in the middle of a task. `early` keeps when they were due, so
 * that a film in which nothing was going on is not looked at later than it should be.
 */
export const releaseDead =
  (dead: readonly string[], now: number): Change<void> =>
  (db) => {
    for (const name of dead) {
      db.run(`UPDATE wakes SET early = coalesce(early, at), at = min(at, ?), by = '' WHERE by = ?`, now, name);
      db.run('DELETE FROM holders WHERE name = ?', name);
    }
  };

/** Enters this process, and forgets those that hold nothing: names from other machines and containers are never seen to be dead. */
export const register =
  (holder: string): Change<void> =>
  (db) => {
    db.run('DELETE FROM holders WHERE name NOT IN (SELECT by FROM wakes)');
    db.run('INSERT OR IGNORE INTO holders (name) VALUES (?)', holder);
  };
