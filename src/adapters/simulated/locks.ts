import { open, readFile, rm, stat } from 'node:fs/promises';
import process from 'node:process';

/** A holder that is silent this long is not coming back, whatever has its process number now. */
const STALE_MS = 10 * 60_000;

/**
 * Runs `work` while no other process on this machine runs it under the same lock file; undefined where one does. The
 * lock of a dead process counts for nothing.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T | undefined> {
  if (!(await acquire(path))) return undefined;
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path: string): Promise<boolean> {
  for (let round = 0; round < 3; round += 1) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await isHeld(path)) return false;
      await rm(path, { force: true });
    }
  }
  return false;
}

async function isHeld(path: string): Promise<boolean> {
  const [text, info] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
  if (!info) return false;
  const age = Date.now() - info.mtimeMs;
  const holder = Number(text);
  // Between its creation and its content a lock is empty.
  if (!Number.isInteger(holder) || holder <= 0) return age < 5_000;
  return age < STALE_MS && isAlive(holder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
