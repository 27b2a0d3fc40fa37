import { randomUUID } from 'node:crypto';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
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
  const own = `${path}-${process.pid}-${randomUUID()}`;
  await writeFile(own, String(process.pid));
  try {
    for (let round = 0; round < 3; round += 1) {
      // A link appears with its content, so that nobody ever sees a lock without a holder.
      const taken = await link(own, path).then(() => false, ifExists);
      if (!taken) return true;
      if (await isHeld(path)) return false;
      await rm(path, { force: true });
    }
    return false;
  } finally {
    await rm(own, { force: true });
  }
}

function ifExists(error: NodeJS.ErrnoException): true {
  if (error.code === 'EEXIST') return true;
  throw error;
}

async function isHeld(path: string): Promise<boolean> {
  const [text, info] = await Promise.all([readFile(path, 'utf8').catch(() => ''), stat(path).catch(() => undefined)]);
  return info !== undefined && Date.now() - info.mtimeMs < STALE_MS && isAlive(Number(text));
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
