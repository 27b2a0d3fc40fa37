import { randomUUID } from 'node:crypto';
import type { Query, QueryDocumentSnapshot } from '@google-cloud/firestore';
import { badInput } from '../../core/errors.ts';
import type { ListFilter, Role, StateStore } from '../../core/ports.ts';
import type { Database, Opened } from './firestore-database.ts';
import { firestoreError } from './firestore-errors.ts';
import { label } from './firestore-save.ts';

type ClaimRequest = Parameters<StateStore['claimDue']>[0];
type Page = Parameters<StateStore['list']>[1];

const wakesOf = (snapshot: QueryDocumentSnapshot): Partial<Record<Role, number>> =>
  (snapshot.get('wakes') ?? {}) as Partial<Record<Role, number>>;

/** The due query of one role: `wakes.{role}` up to now, oldest first. */
export const dueQuery = ({ films }: Opened, role: Role, now: number, limit: number): Query =>
  films.where(`wakes.${role}`, '<=', now).orderBy(`wakes.${role}`, 'asc').limit(limit).select('wakes');

/** Pushes a film's due wakes forward; undefined where another tick or a save came first: then that one's wake holds. */
async function claimOne(
  database: Database,
  snapshot: QueryDocumentSnapshot,
  request: ClaimRequest,
): Promise<string | undefined> {
  const { now, roles, leaseMs, signal } = request;
  const wakes = wakesOf(snapshot);
  const due = roles.filter((role) => (wakes[role] ?? Number.POSITIVE_INFINITY) <= now);
  const token = randomUUID();
  const pushed = { claim: token, ...Object.fromEntries(due.map((role) => [`wakes.${role}`, now + leaseMs])) };
  try {
    await database.ask(() => snapshot.ref.update(pushed, { lastUpdateTime: snapshot.updateTime }), signal);
    return snapshot.id;
  } catch (error) {
    if (firestoreError(error).code !== 'state-conflict') throw error;
    // A claim whose own answer was lost fails on its repeat; without this look the film would wait for the whole lease.
    const present = await database.ask(() => snapshot.ref.get(), signal);
    return present.get('claim') === token ? snapshot.id : undefined;
  }
}

/** Films due for these roles, each claimed by pushing its due wakes forward under the document's update time. */
export async function claimDue(database: Database, request: ClaimRequest): Promise<readonly string[]> {
  const { now, limit, roles, signal } = request;
  if (limit <= 0 || roles.length === 0) return [];
  const opened = await database.open();
  const pages = await Promise.all(
    roles.map((role) => database.ask(async () => (await dueQuery(opened, role, now, limit).get()).docs, signal)),
  );
  const found = new Map(pages.flat().map((snapshot) => [snapshot.id, snapshot]));
  const dueAt = (snapshot: QueryDocumentSnapshot): number => {
    const wakes = wakesOf(snapshot);
    return Math.min(...roles.map((role) => wakes[role] ?? Number.POSITIVE_INFINITY));
  };
  const due = [...found.values()].sort((a, b) => dueAt(a) - dueAt(b)).slice(0, limit);
  const results = await Promise.allSettled(due.map((snapshot) => claimOne(database, snapshot, request)));
  const claimed = results.flatMap((result) =>
    result.status === 'fulfilled' && result.value !== undefined ? [result.value] : [],
  );
  const failed = results.find((result) => result.status === 'rejected');
  // What is claimed must be given out: nobody else gets it before its lease has passed.
  if (failed !== undefined && claimed.length === 0) throw failed.reason;
  return claimed;
}

const cursorOf = (createdAt: number, videoId: string): string =>
  Buffer.from(JSON.stringify([createdAt, videoId])).toString('base64url');

function parseCursor(after: string): [number, string] {
  try {
    const [createdAt, videoId] = JSON.parse(Buffer.from(after, 'base64url').toString('utf8')) as [unknown, unknown];
    if (typeof createdAt === 'number' && typeof videoId === 'string') return [createdAt, videoId];
  } catch {}
  throw badInput(
    'bad-cursor',
    'This is not a place in the list of films.',
    'Pass `next` of the page before, unchanged.',
  );
}

/** The list's query: one indexed filter combination each; what it cannot filter by is filtered afterwards. */
export function listQuery({ films, FieldPath }: Opened, filter: ListFilter): Query {
  const [wanted] = Object.entries(filter.metadata ?? {});
  let query: Query = films;
  if (wanted) query = query.where('labels', 'array-contains', label(...wanted));
  else {
    if (filter.owner !== undefined) query = query.where('owner', '==', filter.owner);
    if (filter.status !== undefined) query = query.where('status', '==', filter.status);
  }
  return query
    .orderBy('createdAt', 'desc')
    .orderBy(FieldPath.documentId(), 'desc')
    .select('createdAt', 'status', 'owner', 'labels');
}

function matches(snapshot: QueryDocumentSnapshot, filter: ListFilter): boolean {
  const labels = (snapshot.get('labels') ?? []) as readonly string[];
  return (
    (filter.status === undefined || snapshot.get('status') === filter.status) &&
    (filter.owner === undefined || snapshot.get('owner') === filter.owner) &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => labels.includes(label(key, value)))
  );
}

/** One page of films, newest first. */
export async function listFilms(
  database: Database,
  filter: ListFilter,
  page: Page,
): Promise<{ readonly videoIds: readonly string[]; readonly next?: string }> {
  const opened = await database.open();
  const films: { readonly createdAt: number; readonly videoId: string }[] = [];
  let after = page.after === undefined ? undefined : parseCursor(page.after);
  // One more than asked for tells whether there is a next page.
  const wanted = page.limit + 1;
  while (films.length < wanted) {
    const query = listQuery(opened, filter).limit(wanted);
    const from = after === undefined ? query : query.startAfter(...after);
    const { docs } = await database.ask(() => from.get(), page.signal);
    for (const snapshot of docs) {
      const createdAt = Number(snapshot.get('createdAt'));
      if (matches(snapshot, filter)) films.push({ createdAt, videoId: snapshot.id });
      after = [createdAt, snapshot.id];
    }
    if (docs.length < wanted) break;
  }
  const shown = films.slice(0, page.limit);
  const last = shown.at(-1);
  const videoIds = shown.map(({ videoId }) => videoId);
  return films.length > shown.length && last
    ? { videoIds, next: cursorOf(last.createdAt, last.videoId) }
    : { videoIds };
}
