/** Files as an accident leaves them: cut short, half written, or left behind by a process that died. */
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { processName } from '../../src/adapters/local/process-name.ts';
import { readAll } from '../../src/core/bytes.ts';
import { bodyOf } from './bodies.ts';
import { deadProcess, killAfter } from './processes.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();
const create = { ifRevision: null } as const;

describe('an object in a folder', () => {
  it('is not touched by a half file beside it', async () => {
    const root = scratch();
    const storage = folder(root);
    const object = await storage.put('film/final.mp4', 'whole', create);
    writeFileSync(join(root, 'film/final.mp4.part'), 'who');
    expect(await storage.head('film/final.mp4')).toEqual(object);
    const newer = await storage.put('film/final.mp4', 'newer', { ifRevision: object.revision });
    expect((await storage.text('film/final.mp4'))?.text).toBe('newer');
    expect((await storage.list('film/final.mp4')).map(({ name }) => name)).toEqual([
      'film/final.mp4',
      'film/final.mp4.part',
    ]);
    expect(newer.revision).not.toBe(object.revision);
  });

  it('that somebody cut short is not the revision that was written: no reader takes it for that, no writer replaces it', async () => {
    const root = scratch();
    const storage = folder(root);
    const object = await storage.put('film/take.mp4', 'a whole take', create);
    truncateSync(join(root, 'film/take.mp4'), 5);
    expect((await storage.head('film/take.mp4'))?.revision).not.toBe(object.revision);
    const pinned = storage.source('film/take.mp4', { revision: object.revision });
    await expect(readAll(pinned.open())).rejects.toMatchObject({ code: 'object-not-found' });
    const from = { name: 'film/take.mp4', revision: object.revision };
    await expect(storage.copy(from, 'film/block_1.mp4', create)).rejects.toMatchObject({ code: 'object-not-found' });
    const replaced = storage.put('film/take.mp4', 'newer', { ifRevision: object.revision });
    await expect(replaced).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await storage.head('film/block_1.mp4')).toBeUndefined();
  });

  it('and what a dead process left in a part of its film that nobody writes to again goes with the next write, also a refused one', async () => {
    const [root, dead] = [scratch(), await deadProcess()];
    const before = folder(root);
    await before.put('film/words/1-1.json', '{}', create);
    await before.put('film/accepted/1-r1.json', '{}', create);
    await before.put('other/words/1-1.json', '{}', create);
    const draft = (owner: string): string => `${crypto.randomUUID()}.${owner}.draft`;
    const notes = (place: string): string => join(root, place, '.reelstate');
    writeFileSync(join(notes('film/words'), draft(dead)), 'half');
    writeFileSync(join(notes('film/words'), draft(processName())), 'being written');
    writeFileSync(join(notes('film/accepted'), draft(dead)), 'half');
    writeFileSync(join(notes('other/words'), draft(dead)), 'half');
    await expect(folder(root).put('film/accepted/1-r1.json', '[]', create)).rejects.toMatchObject({
      code: 'precondition-failed',
    });
    expect(readdirSync(notes('film/words'))).toHaveLength(2);
    expect(readdirSync(notes('film/accepted'))).toHaveLength(1);
    // Another film's turn comes with a write of its own.
    expect(readdirSync(notes('other/words'))).toHaveLength(2);
  });
});

describe('a database whose process was killed', () => {
  const FILMS = Array.from({ length: 10 }, (_, film) => `film-000${film}`);

  /** Copies the database with so many bytes of its write-ahead log, and looks at it. */
  async function seenWith(path: string, walBytes: number) {
    const copy = join(scratch(), 'state.db');
    copyFileSync(path, copy);
    writeFileSync(`${copy}-wal`, readFileSync(`${path}-wal`).subarray(0, walBytes));
    const store = sqlite(copy);
    try {
      const counts: number[] = [];
      for (const videoId of FILMS) {
        const [state, [counter = 0]] = [(await store.load(videoId))?.state, await store.counters.read([videoId])];
        const count = Number(state?.count ?? 0);
        // A save is there with all that belongs to it, or not at all.
        expect(counter).toBe(count);
        if (count > 0) expect(state?.body === bodyOf(count)).toBe(true);
        counts.push(count);
      }
      const present = await store.load('film-0000');
      const index = { status: 'running', metadata: {}, createdAt: 1 };
      const goesOn = { videoId: 'film-0000', ifRevision: present?.revision ?? null, state: {}, wakes: {}, index };
      await store.save(goesOn);
      return counts;
    } finally {
      await store.close?.();
    }
  }

  it('has all that it was told of in a log that lies beside it, and none by halves where that log is cut', async () => {
    const path = join(scratch(), 'state.db');
    const said = await killAfter(60, ['sqlite-forever', path]);
    const size = statSync(`${path}-wal`).size;
    expect(size).toBeGreaterThan(0);
    const whole = await seenWith(path, size);
    for (const line of said) {
      const [videoId = '', count] = line.split(' ');
      expect(whole[FILMS.indexOf(videoId)]).toBeGreaterThanOrEqual(Number(count));
    }
    // In the header of the log, in the middle of a frame, one byte before the end.
    for (const bytes of [10, 32, 4_200, Math.floor(size / 2), Math.floor(size * 0.9) + 13, size - 1]) {
      const counts = await seenWith(path, bytes);
      counts.forEach((count, film) => {
        expect(count).toBeLessThanOrEqual(whole[film] ?? 0);
      });
    }
  });

  it('opens without the index of its log, and with one of another log', async () => {
    const path = join(scratch(), 'state.db');
    await killAfter(20, ['sqlite-forever', path]);
    const counts = await seenWith(path, statSync(`${path}-wal`).size);
    rmSync(`${path}-shm`);
    writeFileSync(`${path}-shm`, new Uint8Array(32_768).fill(0x5a));
    const store = sqlite(path);
    expect((await store.load('film-0000'))?.state.count ?? 0).toBe(counts[0]);
    await store.close?.();
  });
});
