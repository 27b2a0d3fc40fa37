import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { draftOwner } from './folder-draft.ts';
import { ifThere, look, NOTES, parseNote } from './folder-notes.ts';
import { finish } from './folder-swap.ts';
import { isDeadProcess } from './process-name.ts';

// A torn note names no owner; nobody takes an hour from creating a note to publishing its file.
const TORN_NOTE_MS = 3_600_000;

/** `sweep` for a folder and all below it: a process may have died at a name that nobody will write again. */
export async function sweepBelow(folder: string): Promise<void> {
  const entries = (await ifThere(readdir(folder, { withFileTypes: true }))) ?? [];
  if (entries.some(({ name }) => name === NOTES)) await sweep(folder);
  for (const entry of entries) {
    if (entry.isDirectory() && entry.name !== NOTES) await sweepBelow(join(folder, entry.name));
  }
}

/** Clears one folder's notes of what dead processes left there: begun changes are carried out, drafts and their notes removed. */
export async function sweep(folder: string): Promise<void> {
  const notes = join(folder, NOTES);
  const files = (await ifThere(readdir(notes))) ?? [];
  for (const file of files.filter((name) => name.endsWith('.next'))) await settleSuccessor(folder, file);
  for (const file of files) {
    const owner = draftOwner(file);
    if (owner !== undefined && isDeadProcess(owner)) await rm(join(notes, file), { force: true });
  }
  for (const file of files.filter((name) => name.endsWith('.json'))) await dropOrphan(folder, file);
}

async function settleSuccessor(folder: string, file: string): Promise<void> {
  const [base, revision] = halves(file, '.next');
  const path = join(folder, base);
  const found = await look(path);
  if (found?.note.revision === revision) await finish(path, found);
  else await rm(join(folder, NOTES, file), { force: true });
}

async function dropOrphan(folder: string, file: string): Promise<void> {
  const [base, identity] = halves(file, '.json');
  if ((await look(join(folder, base)))?.identity === identity) return;
  const path = join(folder, NOTES, file);
  const text = await ifThere(readFile(path, 'utf8'));
  if (text === undefined) return;
  const owner = parseNote(text)?.by;
  const dead = owner === undefined ? await isOld(path) : isDeadProcess(owner);
  if (dead) await rm(path, { force: true });
}

async function isOld(path: string): Promise<boolean> {
  const found = await ifThere(stat(path));
  return found !== undefined && Date.now() - found.mtimeMs > TORN_NOTE_MS;
}

function halves(file: string, ending: string): [base: string, key: string] {
  const at = file.lastIndexOf('~');
  return [file.slice(0, Math.max(0, at)), file.slice(at + 1, -ending.length)];
}
