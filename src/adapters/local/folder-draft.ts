import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, mkdir, open, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '../../core/bytes.ts';
import type { Source } from '../../core/ports.ts';
import { identityOf, NOTES, type Note, notePath } from './folder-notes.ts';
import { processName } from './process-name.ts';

/** A complete, durable file with its note, not yet under its name. */
export interface Draft {
  readonly path: string;
  readonly notePath: string;
  readonly size: number;
  readonly note: Note;
}

export type Content = string | Uint8Array | Source | { readonly copyOf: string };

/** A file that the kernel can copy. The one behind a temporary source is its maker's own and stays as it is until it is disposed of. */
function fileBehind(content: Content): string | undefined {
  if (typeof content === 'string' || content instanceof Uint8Array) return undefined;
  if ('copyOf' in content) return content.copyOf;
  return 'dispose' in content ? content.path : undefined;
}

/** Draft files say whose they are, so that those of dead processes can be cleared away. */
export const draftOwner = (file: string): string | undefined => /^[0-9a-f-]{36}\.(.+)\.draft$/.exec(file)?.[1];

export const newDraftPath = (path: string): string =>
  join(dirname(path), NOTES, `${crypto.randomUUID()}.${processName()}.draft`);

/** Writes content and note, both synced to the disk. Whatever fails leaves nothing behind. */
export async function writeDraft(
  path: string,
  content: Content,
  about: Pick<Note, 'contentType' | 'metadata'>,
  signal?: AbortSignal,
): Promise<Draft> {
  const draft = newDraftPath(path);
  try {
    const handle = await openDraft(draft, content);
    try {
      await fill(handle, content, signal);
      const note: Note = { revision: crypto.randomUUID(), ...about, by: processName() };
      return { path: draft, note, ...(await stamp(path, handle, note)) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

export async function discard(draft: Draft): Promise<void> {
  await rm(draft.path, { force: true });
  await rm(draft.notePath, { force: true });
}

async function openDraft(draft: string, content: Content): Promise<FileHandle> {
  const origin = fileBehind(content);
  if (origin === undefined) return open(draft, 'wx');
  await copyFile(origin, draft, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  // Windows syncs only what is open for writing; elsewhere the copy of a read-only file must be opened as it is.
  return open(draft, process.platform === 'win32' ? 'r+' : 'r');
}

async function fill(handle: FileHandle, content: Content, signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
  if (fileBehind(content) !== undefined) return;
  if (typeof content === 'string' || content instanceof Uint8Array) return handle.writeFile(content);
  if ('copyOf' in content) return;
  for await (const chunk of content.open({ signal })) {
    throwIfAborted(signal);
    await handle.writeFile(chunk);
  }
}

/**
 * Gives the content a time that no other content of this name has (the note's name is create-only and tells), then syncs both.
 * Time stamps of file systems are too coarse to differ by themselves between two writes of one moment.
 */
async function stamp(path: string, handle: FileHandle, note: Note): Promise<{ notePath: string; size: number }> {
  for (let spreadMs = 1; ; spreadMs *= 2) {
    const seconds = (Date.now() + Math.random() * spreadMs) / 1000;
    await handle.utimes(seconds, seconds);
    const stat = await handle.stat({ bigint: true });
    const target = notePath(path, identityOf(stat));
    if (!(await createWhole(path, target, JSON.stringify(note), true))) continue;
    await handle.sync();
    return { notePath: target, size: Number(stat.size) };
  }
}

/**
 * Creates a small file with its content at once; false where it exists. Whoever dies on the way leaves a draft with its name on it and
 * never half a file.
 */
export async function createWhole(path: string, place: string, text: string, sync: boolean): Promise<boolean> {
  const draft = newDraftPath(path);
  try {
    await writeFile(draft, text, { flag: 'wx', flush: sync });
    await link(draft, place);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Makes the folder of a path and its folder of notes, durably. */
export async function makeFolders(path: string): Promise<void> {
  const notes = join(dirname(path), NOTES);
  const first = await mkdir(notes, { recursive: true });
  if (first === undefined) return;
  for (let made = notes; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the entries of a folder durable. Windows has no such call and needs none. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
