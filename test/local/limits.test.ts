import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { run } from './processes.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();
const create = { ifRevision: null } as const;
const index = { status: 'running', metadata: {}, createdAt: 1 };
const saving = { videoId: 'film-0001', ifRevision: null, state: {}, wakes: {}, index };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes every file handle of this process fail in one of its methods. */
async function breakHandles(method: 'writeFile' | 'sync' | 'utimes', code: string): Promise<void> {
  const handle = await open(join(scratch(), 'any'), 'w');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  vi.spyOn(prototype, method).mockRejectedValue(Object.assign(new Error(code), { code }));
}

describe('a full disk', () => {
  it.each([
    ['writeFile', 'ENOSPC'],
    ['sync', 'ENOSPC'],
    ['utimes', 'EDQUOT'],
  ] as const)('while %s says %s: an error with a cure, the old content, and no leftovers', async (method, code) => {
    const root = scratch();
    const storage = folder(root);
    const object = await storage.put('film/a.txt', 'old', create);
    await breakHandles(method, code);
    const full = { kind: 'permanent', code: 'storage-full', cure: expect.any(String) };
    await expect(storage.put('film/a.txt', 'new', { ifRevision: object.revision })).rejects.toMatchObject(full);
    await expect(storage.put('film/b.txt', 'new', create)).rejects.toMatchObject(full);
    vi.restoreAllMocks();
    expect(await storage.list('')).toEqual([object]);
    expect(readdirSync(join(root, 'film/.reelstate'))).toHaveLength(1);
    await storage.put('film/a.txt', 'new', { ifRevision: object.revision });
  });

  const limited = (kib: number) => ['/bin/bash', '-c', `ulimit -f ${kib} && exec "$@"`, 'bash'];

  it.skipIf(process.platform === 'win32')('by a real file size limit: nothing stands under the name', async () => {
    const root = scratch();
    expect(await run(['folder-write', root, String(512 * 1024)], limited(256))).toBe('permanent storage-full true');
    expect(await folder(root).list('')).toEqual([]);
    expect(existsSync(join(root, 'film/new.bin'))).toBe(false);
    expect(readdirSync(join(root, 'film/.reelstate'))).toEqual([]);
    expect(await run(['folder-write', root, String(128 * 1024)], limited(256))).toBe('written');
  });

  it.skipIf(process.platform === 'win32')('of the database: what was saved before is there', async () => {
    const path = join(scratch(), 'state.db');
    const [saved = '', ...error] = (await run(['sqlite-fill', path], limited(1024))).split(' ');
    expect(error).toEqual(['permanent', 'storage-full']);
    const store = sqlite(path);
    const { videoIds } = await store.list({}, { limit: 1000 });
    expect(videoIds.length).toBe(Number(saved));
    expect(videoIds.length).toBeGreaterThan(3);
    await store.save(saving).catch(() => {});
    await store.close?.();
  });
});

describe('an output that is no folder', () => {
  it('is said to be none, with a cure', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, 'x');
    const none = { kind: 'permanent', code: 'storage-not-a-folder', cure: expect.any(String) };
    await expect(folder(file).put('film/a.txt', 'x', create)).rejects.toMatchObject(none);
    await expect(folder(join(file, 'below')).put('film/a.txt', 'x', create)).rejects.toMatchObject(none);
    await expect(sqlite(join(file, 'state.db')).load('film-0001')).rejects.toMatchObject(none);
    await expect(sqlite(scratch()).load('film-0001')).rejects.toMatchObject(none);
  });

  it('and a folder where a file should be is one as well', async () => {
    const root = scratch();
    mkdirSync(join(root, 'film/a.txt'), { recursive: true });
    await expect(folder(root).put('film/a.txt', 'x', create)).rejects.toMatchObject({ code: 'storage-not-a-folder' });
    expect(await folder(root).head('film/a.txt')).toBeUndefined();
  });
});

/** Root may write anywhere: then the case runs as nobody. */
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const isRoot = process.getuid?.() === 0;

function mayRun(): boolean {
  if (!isRoot) return process.platform !== 'win32';
  try {
    // The sources have to be readable to somebody else.
    execFileSync(asNobody[0] ?? '', [...asNobody.slice(1), process.execPath, '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a folder without write permission', () => {
  it('is said to be denied, with a cure', async (context) => {
    if (!mayRun()) {
      const reason = 'this user is root and cannot become another one (setpriv)';
      if (process.env.CI) throw new Error(reason);
      console.warn(`skipped: ${reason}`);
      context.skip(reason);
    }
    const root = scratch();
    chmodSync(root, 0o555);
    const wrap = isRoot ? asNobody : [];
    expect(await run(['folder-write', root, '10'], wrap)).toBe('permanent storage-denied true');
    expect(await run(['sqlite-fill', join(root, 'state.db')], wrap)).toBe('0 permanent storage-denied');
    chmodSync(root, 0o755);
    expect(readdirSync(root)).toEqual([]);
  });
});
