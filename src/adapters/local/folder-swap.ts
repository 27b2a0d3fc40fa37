import { link, lstat, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { createWhole, type Draft, discard, newDraftPath, syncFolder } from './folder-draft.ts';
import { type Found, identityOf, ifThere, isGone, look, NOTES, notePath, successorPath } from './folder-notes.ts';

/*
 * Compare-and-swap between processes without locks. Each revision has one place for its successor, which is created once; whoever
 * creates it owns the change, and anybody who finds it carries it out. A draft can be renamed only once, so that doing it twice, or
 * late, is harmless. A process that freezes or dies blocks nobody.
 *
 * Order matters: the successor is read first and the revision after it. Revisions never come back, so a name that still shows R after
 * R's successor was read has only ever had that one.
 */

/** What comes after a revision: the draft of this file name, or nothing. */
interface Successor {
  readonly draft: string | null;
}

export const conflict = (name: string): ReelstateError =>
  new ReelstateError('permanent', `The object "${name}" is not at the expected revision.`, {
    code: 'precondition-failed',
  });

/** Publishes a draft where there is nothing yet. */
export async function create(name: string, path: string, draft: Draft): Promise<void> {
  try {
    await link(draft.path, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const [there, ours] = await Promise.all([ifThere(lstat(path)), lstat(draft.path)]);
    if (there?.isDirectory()) throw Object.assign(new Error('folder'), { code: 'EISDIR' });
    // A network file system may repeat a call whose answer was lost.
    if (there?.ino !== ours.ino || there.dev !== ours.dev) throw conflict(name);
  }
  await rm(draft.path, { force: true });
  await syncFolder(dirname(path));
}

/** Publishes a draft in the place of the content at `revision`. */
export async function replace(name: string, path: string, revision: string, draft: Draft): Promise<void> {
  await succeed(name, path, revision, { draft: basename(draft.path) });
}

/** Removes the content at `revision`. */
export async function removeAt(name: string, path: string, revision: string): Promise<void> {
  await succeed(name, path, revision, { draft: null });
}

async function succeed(name: string, path: string, revision: string, successor: Successor): Promise<void> {
  const found = await look(path);
  if (found?.note.revision !== revision) throw conflict(name);
  const place = successorPath(path, revision);
  if (!(await createWhole(path, place, JSON.stringify(successor), false))) {
    await finish(path, found);
    throw conflict(name);
  }
  const now = await look(path);
  if (now?.note.revision === revision) {
    if (await carryOut(path, found, successor)) return;
    throw new ReelstateError('retryable', 'A file was taken away before it could be published.', {
      code: 'storage-failed',
    });
  }
  await rm(place, { force: true });
  // Either somebody was quicker, or somebody found what we had begun and has carried it out already.
  const wasOurs = successor.draft === null ? now === undefined : !(await isThere(draftPath(path, successor.draft)));
  if (!wasOurs) throw conflict(name);
}

const draftPath = (path: string, draft: string) => join(dirname(path), NOTES, basename(draft));

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    (error: unknown) => !isGone(error),
  );

/** Carries out the change that somebody began at this content and did not end. */
export async function finish(path: string, found: Found): Promise<void> {
  const place = successorPath(path, found.note.revision);
  const text = await ifThere(readFile(place, 'utf8'));
  if (text === undefined || (await look(path))?.note.revision !== found.note.revision) return;
  const successor = parseSuccessor(text);
  if (successor === undefined) await rm(place, { force: true });
  else await carryOut(path, found, successor);
}

/** False where the change can no longer happen: its draft is gone and was never published. */
async function carryOut(path: string, found: Found, { draft }: Successor): Promise<boolean> {
  const place = successorPath(path, found.note.revision);
  const done = draft === null ? await takeAway(path, found) : await renamed(draftPath(path, draft), path);
  if (!done && (await look(path))?.note.revision === found.note.revision) {
    await rm(place, { force: true });
    return false;
  }
  await syncFolder(dirname(path));
  await rm(notePath(path, found.identity), { force: true });
  await rm(place, { force: true });
  return true;
}

async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isGone(error)) return false;
    throw error;
  }
}

/** Unlinks this content and no other: what a slow process moved away by mistake is put back. */
async function takeAway(path: string, found: Found): Promise<boolean> {
  const aside = newDraftPath(path);
  if (!(await renamed(path, aside))) return false;
  if (identityOf(await lstat(aside, { bigint: true })) !== found.identity) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return true;
}

function parseSuccessor(text: string): Successor | undefined {
  try {
    const value = JSON.parse(text) as Partial<Successor>;
    return value.draft === null || typeof value.draft === 'string' ? { draft: value.draft } : undefined;
  } catch {
    return undefined;
  }
}

/** Publishes a draft under the precondition, or throws it away. */
export async function publish(name: string, path: string, ifRevision: string | null, draft: Draft): Promise<void> {
  try {
    await (ifRevision === null ? create(name, path, draft) : replace(name, path, ifRevision, draft));
  } catch (error) {
    // What stands as a successor may still be published by anybody who finds it.
    const pending = ifRevision !== null && (await isThere(successorPath(path, ifRevision)));
    if (!pending || isConflict(error)) await discard(draft).catch(() => {});
    throw error;
  }
}

export const isConflict = (error: unknown): boolean => ReelstateError.is(error) && error.code === 'precondition-failed';
