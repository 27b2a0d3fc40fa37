/** Films that the old functions began and reelstate has no state of. */
import type { DocumentSnapshot, Query } from '@google-cloud/firestore';
import type { ForeignFilm, Signalled } from '../../core/ports.ts';
import type { Database, Opened } from './firestore-database.ts';
import { legacyReferences, legacySeen, revisionOf } from './legacy-documents.ts';
import { OPERATIONS_COLLECTION, STATUS_COLLECTION } from './legacy-projection.ts';
import { contentHash, foreignOf } from './legacy-reading.ts';

/** The old functions cap a film at 10 blocks. */
const OLD_BLOCKS = 10;
const PAGE = 100;
/** Documents of films of ours cannot be left out of the query, so it is the pages that are bounded. */
const MOST_PAGES = 10;

/** Statuses of a film that is not finished. */
const UNFINISHED: Readonly<Record<string, readonly string[]>> = {
  [STATUS_COLLECTION]: ['script_generated', 'generating', 'generating_video', 'assembling'],
  [OPERATIONS_COLLECTION]: [
    ...Array.from({ length: OLD_BLOCKS }, (_, index) => `generating_block_${index + 1}`),
    'ready_for_assembly',
  ],
};

const unfinished = ({ db, FieldPath }: Opened, collection: string): Query =>
  db
    .collection(collection)
    .where('status', 'in', UNFINISHED[collection])
    .orderBy(FieldPath.documentId())
    .limit(PAGE)
    .select('status');

/** One film's documents, if there are any and the film is not ours. */
async function theirs(
  database: Database,
  videoIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly ForeignFilm[]> {
  if (videoIds.length === 0) return [];
  return database.ask(async (opened) => {
    const references = videoIds.flatMap((videoId) => [opened.films.doc(videoId), ...legacyReferences(opened, videoId)]);
    const found: DocumentSnapshot[] = await opened.db.getAll(...references);
    return videoIds.flatMap((videoId, index) => {
      const [film, ...documents] = found.slice(index * 3, index * 3 + 3);
      const { contents } = legacySeen(opened, documents);
      const isKnown = film?.exists === true || (contents.status === undefined && contents.operations === undefined);
      const revision = revisionOf('', contentHash(contents));
      return isKnown ? [] : [{ videoId, foreign: foreignOf(videoId, contents), revision }];
    });
  }, signal);
}

/** Films of the old functions: the one with this id, or at most so many that are not finished. */
export async function foreignFilms(
  database: Database,
  request: { readonly limit: number } | { readonly videoId: string },
  { signal }: Signalled = {},
): Promise<readonly ForeignFilm[]> {
  if ('videoId' in request) return theirs(database, [request.videoId], signal);
  const opened = await database.open();
  const films = new Map<string, ForeignFilm>();
  for (const collection of Object.keys(UNFINISHED)) {
    let after: string | undefined;
    for (let page = 0; page < MOST_PAGES && films.size < request.limit; page += 1) {
      const query = unfinished(opened, collection);
      const from = after === undefined ? query : query.startAfter(after);
      const { docs } = await database.ask(() => from.get(), signal);
      const ids = docs.map(({ id }) => id).filter((id) => !films.has(id));
      for (const film of await theirs(database, ids, signal)) films.set(film.videoId, film);
      after = docs.at(-1)?.id;
      if (docs.length < PAGE) break;
    }
  }
  return [...films.values()].slice(0, request.limit);
}
