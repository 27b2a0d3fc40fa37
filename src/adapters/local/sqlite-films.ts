import { badInput, ReelstateError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { CounterChange, FilmIndex, ListFilter, SaveState, StoredState } from '../../core/ports.ts';
import type { Database } from './sqlite-open.ts';
import type { Change } from './sqlite-turns.ts';
import { rolesIn, setWakes } from './sqlite-wakes.ts';

export function loadFilm(db: Database, videoId: string): StoredState | undefined {
  const row = db.get('SELECT revision, state FROM films WHERE video_id = ?', videoId);
  if (row === undefined) return undefined;
  return { state: parseState(videoId, String(row.state)), revision: String(row.revision) };
}

function parseState(videoId: string, text: string): JsonObject {
  try {
    const state: unknown = JSON.parse(text);
    if (state !== null && typeof state === 'object' && !Array.isArray(state)) return state as JsonObject;
  } catch {
    // The same as a state of another shape.
  }
  throw new ReelstateError('permanent', `The saved state of the film "${videoId}" is damaged.`, {
    code: 'state-corrupt',
    cure: 'Put a backup of the database in its place, or rebuild the film from its storage.',
  });
}

/** The compare-and-swap, with everything that is saved in the same transaction. Looks first, writes after. */
export function saveFilm(request: SaveState, holder: string): Change<{ revision: string }> {
  const { videoId, index } = request;
  if (request.state === null || typeof request.state !== 'object' || Array.isArray(request.state)) {
    throw badInput('state-not-an-object', 'A film state has to be a JSON object.', 'Save what `evolve` returned.');
  }
  // Taken now: the caller may go on with its objects before the turn ends.
  const state = JSON.stringify(request.state);
  const listing = JSON.stringify([index.status, index.owner ?? null, index.createdAt, index.metadata]);
  const wakes = Object.fromEntries(Object.entries(request.wakes).filter(([, at]) => at !== Number.POSITIVE_INFINITY));
  const roles = rolesIn(wakes);
  const counters = request.counters ?? [];
  return (db) => {
    const row = db.get('SELECT id, revision, listing, roles FROM films WHERE video_id = ?', videoId);
    if ((row?.revision ?? null) !== request.ifRevision) throw conflict(videoId);
    const counts = countUp(db, counters);
    const revision = crypto.randomUUID();
    if (row?.listing === listing) {
      db.run(
        'UPDATE films SET revision = ?, roles = ?, state = ? WHERE id = ?',
        revision,
        roles,
        state,
        Number(row.id),
      );
    } else {
      writeWithListing(
        db,
        request,
        { revision, roles, state, listing },
        row === undefined ? undefined : String(row.listing),
      );
    }
    setWakes(db, videoId, wakes, String(row?.roles ?? ''), holder);
    writeCounters(db, counts);
    return { revision };
  };
}

const conflict = (videoId: string) =>
  new ReelstateError('retryable', `The film "${videoId}" was changed by somebody else.`, {
    code: 'state-conflict',
    effect: 'none',
  });

function writeWithListing(
  db: Database,
  { videoId, index }: SaveState,
  { revision, roles, state, listing }: { revision: string; roles: string; state: string; listing: string },
  oldListing: string | undefined,
): void {
  db.run(
    `INSERT INTO films (video_id, revision, status, owner, created_at, listing, roles, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (video_id) DO UPDATE SET revision = excluded.revision, status = excluded.status, owner = excluded.owner,
       created_at = excluded.created_at, listing = excluded.listing,
       roles = excluded.roles, state = excluded.state`,
    videoId,
    revision,
    index.status,
    index.owner ?? null,
    index.createdAt,
    listing,
    roles,
    state,
  );
  removeLabels(db, videoId, oldListing);
  for (const [key, value] of Object.entries(index.metadata)) {
    db.run('INSERT INTO labels (key, value, video_id) VALUES (?, ?, ?)', key, value, videoId);
  }
}

function removeLabels(db: Database, videoId: string, listing: string | undefined): void {
  if (listing === undefined) return;
  const [, , , labels] = JSON.parse(listing) as [string, string | null, number, FilmIndex['metadata']];
  for (const [key, value] of Object.entries(labels)) {
    db.run('DELETE FROM labels WHERE key = ? AND value = ? AND video_id = ?', key, value, videoId);
  }
}

export const removeFilm =
  (videoId: string): Change<void> =>
  (db) => {
    const row = db.get('DELETE FROM films WHERE video_id = ? RETURNING listing, roles', videoId);
    if (row === undefined) return;
    removeLabels(db, videoId, String(row.listing));
    setWakes(db, videoId, {}, String(row.roles), '');
  };

export function readCounters(db: Database, keys: readonly string[]): number[] {
  return keys.map((key) => Number(db.get('SELECT value FROM counters WHERE key = ?', key)?.value ?? 0));
}

/** The values after these changes; throws before anything is written where one would pass its limit. */
export function countUp(db: Database, changes: readonly CounterChange[]): Map<string, number> {
  const after = new Map<string, number>();
  for (const { key, add, limit } of changes) {
    const value = (after.get(key) ?? readCounters(db, [key])[0] ?? 0) + add;
    if (limit !== undefined && value > limit) {
      throw new ReelstateError('throttled', `The counter "${key}" is at its limit.`, {
        code: 'counter-full',
        details: { key },
      });
    }
    after.set(key, value);
  }
  return after;
}

export function writeCounters(db: Database, values: ReadonlyMap<string, number>): void {
  for (const [key, value] of values) {
    db.run(
      'INSERT INTO counters (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      key,
      value,
    );
  }
}

/** A page of ids, newest first. The cursor is where the last page ended: time and id. */
export function listFilms(
  db: Database,
  filter: ListFilter,
  page: { readonly limit: number; readonly after?: string },
): { videoIds: string[]; next?: string } {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const and = (condition: string, ...more: (string | number)[]) => {
    where.push(condition);
    values.push(...more);
  };
  if (filter.status !== undefined) and('status = ?', filter.status);
  if (filter.owner !== undefined) and('owner = ?', filter.owner);
  for (const [key, value] of Object.entries(filter.metadata ?? {})) {
    and('video_id IN (SELECT video_id FROM labels WHERE key = ? AND value = ?)', key, value);
  }
  if (page.after !== undefined) and('(created_at, video_id) < (?, ?)', ...parseCursor(page.after));
  const conditions = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  const rows = db.all(
    `SELECT created_at, video_id FROM films ${conditions} ORDER BY created_at DESC, video_id DESC LIMIT ?`,
    ...values,
    page.limit + 1,
  );
  const shown = rows.slice(0, page.limit);
  const videoIds = shown.map((row) => String(row.video_id));
  const last = shown.at(-1);
  return rows.length > shown.length && last ? { videoIds, next: `${last.created_at} ${last.video_id}` } : { videoIds };
}

function parseCursor(cursor: string): [number, string] {
  const [, time, videoId] = /^(-?\d+) (.+)$/s.exec(cursor) ?? [];
  if (time !== undefined && videoId !== undefined) return [Number(time), videoId];
  throw badInput(
    'bad-cursor',
    'The page to go on from is not one that `list` gave.',
    'Pass the `next` of the page before.',
  );
}
