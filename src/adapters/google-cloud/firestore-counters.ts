import type { DocumentData, DocumentReference, DocumentSnapshot, Precondition } from '@google-cloud/firestore';
import { ReelstateError } from '../../core/errors.ts';
import type { CounterChange } from '../../core/ports.ts';
import type { Database, Opened } from './firestore-database.ts';

/**
 * Over how many documents a hot counter is spread: one takes about one write a second (Firestore's best practices). The same for every
 * process that shares the database: it cannot be an option.
 */
export const SHARDS = 4;

/** Counters that every film changes; all others are one document. */
const HOT = /^spend\/day\/|^launches-under-way$/;

const shardsOf = (key: string): number => (HOT.test(key) ? SHARDS : 1);

/**
 * One shard. Either no shard of a counter has a slice, or all have one under the same limit, the slices add up to at most that limit and no
 * value is above its slice. So a change that stays within its shard's slice needs to look at no other shard, and the sum never passes the limit.
 */
interface Shard {
  readonly value: number;
  readonly limit: number | null;
  readonly slice: number | null;
}

export type Snapshots = (references: readonly DocumentReference[]) => Promise<readonly DocumentSnapshot[]>;

/** The part that a batch and a transaction have in common. */
export interface Writer {
  create(reference: DocumentReference, data: DocumentData): unknown;
  update(reference: DocumentReference, data: DocumentData, precondition: Precondition): unknown;
}

/** What is to be written once everything has been read and checked. */
export interface CounterWrite {
  readonly snapshot: DocumentSnapshot;
  readonly shard: Shard;
}

const full = (key: string): ReelstateError =>
  new ReelstateError('throttled', `The counter "${key}" is at its limit.`, { code: 'counter-full', details: { key } });

const shardOf = (snapshot: DocumentSnapshot): Shard => {
  const { value = 0, limit = null, slice = null } = (snapshot.data() ?? {}) as Partial<Shard>;
  return { value, limit, slice };
};

/** True where the change can be made looking at this shard alone. */
function fits(shard: Shard, { add, limit }: CounterChange): boolean {
  if (add < 0 && limit === undefined) return true;
  const within = shard.slice !== null && shard.value + add <= shard.slice;
  if (limit === undefined) return shard.slice === null || within;
  return shard.limit === limit && within;
}

/** Shares the room below the limit out again; without room or limit nobody has a slice. */
function slices(values: readonly number[], limit: number | null, favoured: number): Shard[] {
  const room = limit === null ? -1 : limit - values.reduce((sum, value) => sum + value, 0);
  if (limit === null || room < 0) return values.map((value) => ({ value, limit: null, slice: null }));
  const share = Math.floor(room / values.length);
  const rest = room - share * values.length;
  return values.map((value, index) => ({ value, limit, slice: value + share + (index === favoured ? rest : 0) }));
}

/** Several changes of one key in one save count together; the smallest limit holds for the sum. */
function merge(changes: readonly CounterChange[]): CounterChange[] {
  const merged = new Map<string, CounterChange>();
  for (const change of changes) {
    const before = merged.get(change.key);
    const limits = [before?.limit, change.limit].filter((limit) => limit !== undefined);
    const limit = limits.length > 0 ? { limit: Math.min(...limits) } : {};
    merged.set(change.key, { key: change.key, add: (before?.add ?? 0) + change.add, ...limit });
  }
  return [...merged.values()];
}

async function planOne(
  database: Database,
  opened: Opened,
  change: CounterChange,
  chosen: DocumentSnapshot,
  read: Snapshots,
): Promise<CounterWrite[]> {
  const { key, add, limit } = change;
  const count = shardsOf(key);
  const mine = shardOf(chosen);
  if (count === 1) {
    if (limit !== undefined && mine.value + add > limit) throw full(key);
    return add === 0 ? [] : [{ snapshot: chosen, shard: { value: mine.value + add, limit: null, slice: null } }];
  }
  if (fits(mine, change)) return add === 0 ? [] : [{ snapshot: chosen, shard: { ...mine, value: mine.value + add } }];
  const all = Array.from({ length: count }, (_, shard) => database.counter(opened, key, shard));
  const others = await read(all.filter((reference) => reference.path !== chosen.ref.path));
  const snapshots = [chosen, ...others];
  const values = snapshots.map((snapshot) => shardOf(snapshot).value);
  const sum = values.reduce((total, value) => total + value, 0) + add;
  if (limit !== undefined && sum > limit) throw full(key);
  if (add === 0) return [];
  const next = slices([mine.value + add, ...values.slice(1)], limit ?? mine.limit, 0);
  return snapshots.flatMap((snapshot, index) => {
    const shard = next[index];
    return shard === undefined ? [] : [{ snapshot, shard }];
  });
}

/** The shards that these changes start with, chosen at random so that films do not meet. */
export function chooseShards(
  database: Database,
  opened: Opened,
  changes: readonly CounterChange[],
  random: () => number,
): { readonly changes: readonly CounterChange[]; readonly references: readonly DocumentReference[] } {
  const merged = merge(changes);
  return {
    changes: merged,
    references: merged.map(({ key }) => database.counter(opened, key, Math.floor(random() * shardsOf(key)))),
  };
}

/** Checks every limit before anything is written; `chosen` are the snapshots of {@link chooseShards}. */
export async function planCounters(
  database: Database,
  opened: Opened,
  changes: readonly CounterChange[],
  chosen: readonly DocumentSnapshot[],
  read: Snapshots,
): Promise<CounterWrite[]> {
  const writes: CounterWrite[] = [];
  for (const [index, change] of changes.entries()) {
    const snapshot = chosen[index];
    if (snapshot !== undefined) writes.push(...(await planOne(database, opened, change, snapshot, read)));
  }
  return writes;
}

/** Writes the planned shards, each only if it is still what was read. `extra` goes into each document. */
export function writeCounters(
  writer: Writer,
  writes: readonly CounterWrite[],
  extra: (snapshot: DocumentSnapshot) => DocumentData = () => ({}),
): void {
  for (const { snapshot, shard } of writes) {
    const data = { ...shard, ...extra(snapshot) };
    if (snapshot.updateTime === undefined) writer.create(snapshot.ref, data);
    else writer.update(snapshot.ref, data, { lastUpdateTime: snapshot.updateTime });
  }
}

/** Every shard of these keys. */
export const allShards = (database: Database, opened: Opened, keys: readonly string[]): DocumentReference[][] =>
  keys.map((key) => Array.from({ length: shardsOf(key) }, (_, shard) => database.counter(opened, key, shard)));

/** The counters' values, in the order of the keys. */
export async function readCounters(
  database: Database,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<readonly number[]> {
  if (keys.length === 0) return [];
  return database.ask(async (opened) => {
    const shards = allShards(database, opened, keys);
    const found = await opened.db.getAll(...shards.flat());
    const values = new Map(found.map((snapshot) => [snapshot.ref.path, shardOf(snapshot).value]));
    return shards.map((references) =>
      references.reduce((sum, reference) => sum + (values.get(reference.path) ?? 0), 0),
    );
  }, signal);
}
