import { lstat, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import { checkObjectName, checkPrefix } from '../../core/object-name.ts';
import type { PutOptions, Source, Storage, StoredObject } from '../../core/ports.ts';
import { diskError } from './disk-errors.ts';
import { type Content, makeFolders, writeDraft } from './folder-draft.ts';
import { ifThere, look, NOTES, objectOf, openAt } from './folder-notes.ts';
import { fileSource } from './folder-source.ts';
import { conflict, finish, isConflict, publish, removeAt } from './folder-swap.ts';
import { sweep, sweepBelow } from './folder-sweep.ts';

interface Folder {
  readonly root: string;
  /** Films, by the first part of their names, that this process has cleared of leftovers. */
  readonly swept: Set<string>;
}

const missing = (name: string) =>
  new ReelstateError('permanent', `There is no object "${name}" (at that revision).`, { code: 'object-not-found' });

/**
 * Objects as plain files below a folder, which is made when first written to. Writes are atomic and synced to the disk; preconditions
 * hold between processes; a crash at any moment leaves the old content or the new. What other programs put there shows up as objects too.
 * Bookkeeping lies in hidden `.reelstate` folders beside the files: move or copy a film's folder as a whole, with its times (`cp -a`).
 * @throws ReelstateError `permanent` `storage-full`, `storage-denied`, `storage-not-a-folder`, `storage-outside` with a cure
 */
export function folder(path: string): Storage {
  const here: Folder = { root: resolve(path), swept: new Set() };
  return {
    uri: (name) => {
      if (name !== '') checkPrefix(name);
      return pathToFileURL(join(here.root, name)).href + (name === '' ? '/' : '');
    },
    head: (name, { signal } = {}) => attempt(`Looking at "${name}"`, signal, () => head(here, name)),
    list: (prefix, { signal } = {}) => attempt(`Listing "${prefix}"`, signal, () => list(here, prefix, signal)),
    put: (name, body, put) => attempt(`Writing "${name}"`, put.signal, () => write(here, name, body, put)),
    copy: (from, to, put) => attempt(`Copying to "${to}"`, put.signal, () => copy(here, from, to, put)),
    source: (name, at = {}) => source(here, name, at.revision),
    text: (name, { signal } = {}) => attempt(`Reading "${name}"`, signal, () => text(here, name)),
    remove: (name, { ifRevision, signal } = {}) =>
      attempt(`Removing "${name}"`, signal, () => remove(here, name, ifRevision)),
  };
}

async function attempt<T>(what: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
  throwIfAborted(signal);
  try {
    return await act();
  } catch (error) {
    throw diskError(error, what);
  }
}

/** The file of a name. No part of the way may be a symbolic link: it could lead out of the folder. */
async function locate({ root }: Folder, name: string): Promise<string> {
  let path = root;
  const segments = checkObjectName(name).split('/');
  for (const segment of segments) {
    path = join(path, segment);
    const stat = await ifThere(lstat(path));
    if (stat === undefined) break;
    if (stat.isSymbolicLink()) throw Object.assign(new Error('symbolic link'), { code: 'ELOOP' });
  }
  return join(root, ...segments);
}

async function head(here: Folder, name: string): Promise<StoredObject | undefined> {
  const found = await look(await locate(here, name));
  return found && objectOf(name, found);
}

async function write(here: Folder, name: string, body: Content, put: PutOptions): Promise<StoredObject> {
  const path = await locate(here, name);
  await tidy(here, name);
  await expect(name, path, put.ifRevision);
  await makeFolders(path);
  const about = { contentType: put.contentType ?? 'application/octet-stream', metadata: { ...put.metadata } };
  const draft = await writeDraft(path, body, about, put.signal);
  await publish(name, path, put.ifRevision, draft);
  return objectOf(name, draft);
}

async function copy(
  here: Folder,
  from: { readonly name: string; readonly revision: string },
  to: string,
  put: PutOptions,
): Promise<StoredObject> {
  const origin = await locate(here, from.name);
  const path = await locate(here, to);
  await tidy(here, to);
  const found = await look(origin);
  if (found?.note.revision !== from.revision) throw missing(from.name);
  await makeFolders(path);
  const about = {
    contentType: put.contentType ?? found.note.contentType,
    metadata: { ...(put.metadata ?? found.note.metadata) },
  };
  const draft = await writeDraft(path, { copyOf: origin }, about, put.signal);
  // A revision never comes back: what it is before and after, it was in between.
  const same = (await look(origin))?.note.revision === from.revision;
  if (!same) throw missing(from.name);
  await publish(to, path, put.ifRevision, draft);
  return objectOf(to, draft);
}

/** Saves writing a whole film before saying that it may not be published. */
async function expect(name: string, path: string, ifRevision: string | null): Promise<void> {
  const found = await look(path);
  if (found !== undefined) await finish(path, found);
  const present = found === undefined ? undefined : await look(path);
  if ((present?.note.revision ?? null) === ifRevision) return;
  throw conflict(name);
}

/** Before the first write to a film, refused ones included: what dead processes left anywhere in it goes. */
async function tidy({ root, swept }: Folder, name: string): Promise<void> {
  const [film = '', ...rest] = name.split('/');
  const place = rest.length === 0 ? '' : film;
  if (swept.has(place)) return;
  swept.add(place);
  await (place === '' ? sweep(root) : sweepBelow(join(root, place)));
}

async function remove(here: Folder, name: string, ifRevision: string | undefined): Promise<void> {
  const path = await locate(here, name);
  await tidy(here, name);
  for (let found = await look(path); found !== undefined; found = await look(path)) {
    await finish(path, found);
    // A file that others put there may lie in a folder that has no notes yet.
    await makeFolders(path);
    const removed = removeAt(name, path, ifRevision ?? found.note.revision);
    // Without a precondition whatever has taken its place goes as well.
    if (ifRevision !== undefined) return removed;
    await removed.catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }
}

function source(here: Folder, name: string, revision: string | undefined): Source {
  checkObjectName(name);
  return fileSource(join(here.root, name), async () => {
    const opened = await attempt(`Reading "${name}"`, undefined, async () => openAt(await locate(here, name)));
    if (opened && (revision === undefined || opened.note.revision === revision)) return opened;
    await opened?.handle.close();
    throw missing(name);
  });
}

async function text(here: Folder, name: string) {
  const opened = await openAt(await locate(here, name));
  if (opened === undefined) return undefined;
  try {
    return { text: await opened.handle.readFile('utf8'), object: objectOf(name, opened) };
  } finally {
    await opened.handle.close();
  }
}

async function list(here: Folder, prefix: string, signal: AbortSignal | undefined): Promise<StoredObject[]> {
  checkPrefix(prefix);
  const start = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (start !== '') await locate(here, start.slice(0, -1));
  const objects: StoredObject[] = [];
  for (const name of await namesBelow(here.root, start, prefix, signal)) {
    const found = await look(join(here.root, name));
    if (found) objects.push(objectOf(name, found));
  }
  return objects.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function namesBelow(root: string, place: string, prefix: string, signal?: AbortSignal): Promise<string[]> {
  throwIfAborted(signal);
  const reading = readdir(join(root, place), { withFileTypes: true });
  const entries =
    (await ifThere(reading.catch((error: unknown) => (place === '' ? fail(error) : notAFolder(error))))) ?? [];
  const names: string[] = [];
  for (const entry of entries) {
    const name = place + entry.name;
    if (entry.name === NOTES || !(name.startsWith(prefix) || prefix.startsWith(`${name}/`))) continue;
    if (entry.isFile()) names.push(name);
    else if (entry.isDirectory()) names.push(...(await namesBelow(root, `${name}/`, prefix, signal)));
  }
  return names;
}

const fail = (error: unknown): never => {
  throw error;
};
/** An object `a` says nothing about names below `a/`: there are none. */
const notAFolder = (error: unknown) => ((error as NodeJS.ErrnoException).code === 'ENOTDIR' ? [] : fail(error));
