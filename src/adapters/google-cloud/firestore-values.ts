import type { Json } from '../../core/json.ts';
import type { Opened } from './firestore-database.ts';

/** In JSON `{ $timestamp: epochMs }` stands for a Firestore Timestamp. */
export const TIMESTAMP = '$timestamp';

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON as Firestore's values. */
export function toFirestore(opened: Pick<Opened, 'Timestamp'>, value: Json): unknown {
  if (Array.isArray(value)) return value.map((inner: Json) => toFirestore(opened, inner));
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only?.[0] === TIMESTAMP && typeof only[1] === 'number')
    return opened.Timestamp.fromMillis(only[1]);
  return Object.fromEntries(entries.map(([key, inner]) => [key, toFirestore(opened, inner as Json)]));
}

/** Firestore's values as JSON; what JSON cannot say (references, bytes) becomes null. */
export function fromFirestore(opened: Pick<Opened, 'Timestamp'>, value: unknown): Json {
  if (value instanceof opened.Timestamp) return { [TIMESTAMP]: value.toMillis() };
  if (Array.isArray(value)) return value.map((inner) => fromFirestore(opened, inner));
  if (isPlain(value)) {
    if (Object.getPrototypeOf(value) !== Object.prototype) return null;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fromFirestore(opened, inner)]));
  }
  const isJson = value === null || typeof value === 'string' || typeof value === 'boolean';
  if (isJson || (typeof value === 'number' && Number.isFinite(value))) return value as Json;
  return null;
}
