/** Published names (`block_k.mp4`, `script_v2.json`, `final.mp4` …): replaced only under the revision that the state recorded. */
import type { Context } from './context.ts';
import type { Fact } from './evolve.ts';
import { disagreementOf, isTaken, readMarks } from './marks.ts';
import type { StoredObject } from './ports.ts';
import { type FilmState, isForeign } from './state.ts';

export interface Publication {
  readonly name: string;
  /** Who made the content: a take's token, or the fingerprint of what it was made from. */
  readonly token: string;
  /** Writes the object with `metadata.token`. */
  write(ifRevision: string | null): Promise<StoredObject>;
  /** People may put an object of their own here (a script), and ours takes its place. */
  readonly isShared?: boolean;
  /** Whether this content is still what the name should show. */
  isWanted(film: FilmState): boolean;
}

/** Whoever launched takes of this film may have put their blocks here; a person has let ours go on since. */
const hadForeignTakes = (film: FilmState): boolean => film.blocks.some((block) => block.takes.some(isForeign));

/**
 * Writes a published name. Where another version stands there, its metadata is read first and the state after it: no longer wanted → leave;
 * ours → record its revision; one of an older state of this film → replace under the revision read; else the marks disagree.
 */
export async function publish(film: FilmState, publication: Publication, context: Context): Promise<readonly Fact[]> {
  const { storage } = context.ports;
  const { name, token } = publication;
  const known = film.published[name];
  // A film from its bucket makes again what it has no task of; the object is not written again.
  if (known?.token === token && (await storage.head(name))?.revision === known.revision) {
    return [{ type: 'published', name, revision: known.revision, token }];
  }
  let ifRevision = known?.revision ?? null;
  for (;;) {
    try {
      const { revision } = await publication.write(ifRevision);
      return [{ type: 'published', name, revision, token }];
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
    const there = await storage.head(name);
    const marks = await readMarks(storage, film.videoId);
    const { film: present } = await context.films.load(film.videoId);
    if (!publication.isWanted(present)) return [];
    if (there?.metadata.token === token) return [{ type: 'published', name, revision: there.revision, token }];
    const isShared = publication.isShared === true || hadForeignTakes(present);
    const isUnknown = there !== undefined && there.metadata.token === undefined && !isShared;
    const reason = isUnknown ? `Somebody else wrote ${name}.` : disagreementOf(present, marks);
    if (reason !== undefined) return [{ type: 'disagreed', reason }];
    ifRevision = there?.revision ?? null;
  }
}

/** Publishes a small text. */
export const publishText = (
  film: FilmState,
  text: Pick<Publication, 'name' | 'token' | 'isShared'> & { readonly body: string; readonly contentType: string },
  isWanted: (film: FilmState) => boolean,
  context: Context,
): Promise<readonly Fact[]> => {
  const { name, body, contentType, token, isShared = false } = text;
  const write = (ifRevision: string | null) =>
    context.ports.storage.put(name, body, { ifRevision, contentType, metadata: { token }, signal: context.signal });
  return publish(film, { name, token, isShared, write, isWanted }, context);
};

export const isPublished = (film: FilmState, name: string, token: string): boolean =>
  film.published[name]?.token === token;
