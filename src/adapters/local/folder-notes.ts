import { lstat, open, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { StoredObject } from '../../core/ports.ts';

/**
 * Beside the files of each folder lies a folder `.reelstate` with a *note* per file: its revision, type and metadata. A note belongs
 * to one content, named by that content's time and size, so that publishing a file by one rename publishes its note too. The names
 * survive `cp -a` and `rsync -a`. A file without a note was put there by somebody else and gets a revision derived from the same.
 */
export const NOTES = '.reelstate';

export interface Note {
  readonly revision: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** The process that wrote it: one that has died will not publish what the note describes. */
  readonly by: string;
}

/** What a name shows at one moment. */
export interface Found {
  readonly identity: string;
  readonly size: number;
  readonly note: Note;
}

interface Shape {
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

export const identityOf = ({ mtimeNs, size }: Shape): string => `${mtimeNs.toString(36)}-${size.toString(36)}`;

export const notePath = (path: string, identity: string): string =>
  join(dirname(path), NOTES, `${basename(path)}~${identity}.json`);

/** Where a writer that won the right to replace `revision` says what comes next. */
export const successorPath = (path: string, revision: string): string =>
  join(dirname(path), NOTES, `${basename(path)}~${revision}.next`);

export const isGone = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** Undefined where the rejection is that the file is not there. */
export const ifThere = <T>(result: Promise<T>): Promise<T | undefined> =>
  result.catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });

/** The file at this path with its note; undefined where there is no plain file. */
export async function look(path: string): Promise<Found | undefined> {
  for (;;) {
    const stat = await ifThere(lstat(path, { bigint: true }));
    if (stat?.isSymbolicLink()) throw Object.assign(new Error('symbolic link'), { code: 'ELOOP' });
    if (!stat?.isFile()) return undefined;
    const note = await noteOf(path, stat);
    if (note !== undefined) return { identity: identityOf(stat), size: Number(stat.size), note };
  }
}

/** Opens the file that `look` would find. The caller closes it. */
export async function openAt(path: string) {
  for (;;) {
    const handle = await ifThere(open(path, 'r'));
    if (handle === undefined) return undefined;
    try {
      const stat = await handle.stat({ bigint: true });
      const note = stat.isFile() ? await noteOf(path, stat) : undefined;
      if (note !== undefined) return { handle, size: Number(stat.size), note };
      await handle.close();
      if (!stat.isFile()) return undefined;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

/** The content's note, or a derived one; undefined where the name shows another content by now. */
async function noteOf(path: string, seen: Shape): Promise<Note | undefined> {
  const identity = identityOf(seen);
  const text = await ifThere(readFile(notePath(path, identity), 'utf8'));
  const note = text === undefined ? undefined : parseNote(text);
  if (note !== undefined) return note;
  const now = await ifThere(lstat(path, { bigint: true }));
  if (now === undefined || identityOf(now) !== identity) return undefined;
  return { revision: `plain-${identity}`, contentType: 'application/octet-stream', metadata: {}, by: '' };
}

/** Undefined for a torn note, which is as good as none. */
export function parseNote(text: string): Note | undefined {
  try {
    const note = JSON.parse(text) as Partial<Note>;
    const whole =
      typeof note.revision === 'string' && typeof note.contentType === 'string' && note.metadata !== undefined;
    return whole ? (note as Note) : undefined;
  } catch {
    return undefined;
  }
}

export const objectOf = (name: string, { size, note }: Pick<Found, 'size' | 'note'>): StoredObject => ({
  name,
  size,
  revision: note.revision,
  contentType: note.contentType,
  metadata: note.metadata,
});
