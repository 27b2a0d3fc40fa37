import type { Json, JsonObject } from '../../core/json.ts';
import type { Signalled } from '../../core/ports.ts';
import type { Database, Opened } from './firestore-database.ts';
import { fromFirestore } from './firestore-projections.ts';

/** A document beside the films, its times as `{ $timestamp: epochMs }`. */
export interface ProjectedDocument {
  /** The document's id in its collection. */
  readonly id: string;
  /** All its fields, foreign ones too. */
  readonly fields: JsonObject;
}

/** Documents that other programs write or read: what a save's projections became, and what somebody else made of them. */
export interface ProjectedDocuments {
  /** The documents at these places, in that order; undefined where there is none. */
  read(
    places: readonly { readonly collection: string; readonly id: string }[],
    options?: Signalled,
  ): Promise<readonly (ProjectedDocument | undefined)[]>;
  /** At most `limit` documents whose `field` has one of at most 30 values. */
  find(
    collection: string,
    where: { readonly field: string; readonly values: readonly string[]; readonly limit: number },
    options?: Signalled,
  ): Promise<readonly ProjectedDocument[]>;
}

const documentOf = (opened: Opened, id: string, data: Readonly<Record<string, unknown>>): ProjectedDocument => ({
  id,
  fields: Object.fromEntries(
    Object.entries(data).map(([key, value]): [string, Json] => [key, fromFirestore(opened, value)]),
  ),
});

/** Reads of documents beside the films. */
export function projectedDocuments(database: Database): ProjectedDocuments {
  return {
    async read(places, { signal } = {}) {
      if (places.length === 0) return [];
      return database.ask(async (opened) => {
        const found = await opened.db.getAll(
          ...places.map(({ collection, id }) => opened.db.collection(collection).doc(id)),
        );
        return found.map((snapshot) => {
          const data = snapshot.data();
          return data === undefined ? undefined : documentOf(opened, snapshot.id, data);
        });
      }, signal);
    },
    async find(collection, { field, values, limit }, { signal } = {}) {
      if (values.length === 0) return [];
      return database.ask(async (opened) => {
        const query = opened.db
          .collection(collection)
          .where(field, 'in', [...values])
          .limit(limit);
        return (await query.get()).docs.map((snapshot) => documentOf(opened, snapshot.id, snapshot.data()));
      }, signal);
    },
  };
}
