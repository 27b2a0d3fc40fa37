import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { isDeadProcess, processName } from '../../src/adapters/local/process-name.ts';
import { bodyOf } from './bodies.ts';
import { deadProcess, killAfter, run } from './processes.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();
const KILLS = 5;

/** When to kill, by what was said: spread, and the same in each run. */
const momentOf = (round: number) => 1 + ((round * 7) % 11);

describe('two processes on one folder', () => {
  it('lose no update of each other', async () => {
    const root = scratch();
    await Promise.all(Array.from({ length: 3 }, () => run(['folder-count', root, '25'])));
    const present = await folder(root).text('film/count.txt');
    expect(present?.text === bodyOf(75)).toBe(true);
    expect(present?.object.metadata).toEqual({ count: '75' });
  });

  it('create each name once', async () => {
    const root = scratch();
    const won = await Promise.all(Array.from({ length: 3 }, () => run(['folder-create', root])));
    expect(won.reduce((sum, count) => sum + Number(count), 0)).toBe(40);
    expect(await folder(root).list('film/')).toHaveLength(40);
  });
});

describe('a process that is killed', () => {
  it(`leaves a folder with the old content or the new, ${KILLS} times`, async () => {
    const root = scratch();
    let safe = 0;
    for (let round = 0; round < KILLS; round++) {
      const said = await killAfter(momentOf(round), ['folder-forever', root]);
      safe = Number(said.at(-1));
      const present = await folder(root).text('film/count.txt');
      const count = Number(present?.object.metadata.count);
      expect(present?.text === bodyOf(count)).toBe(true);
      expect([safe, safe + 1]).toContain(count);
      expect((await folder(root).list('')).map(({ name }) => name)).toEqual(['film/count.txt']);
    }
    // The next writer clears away what all of them left.
    const storage = folder(root);
    const last = await storage.head('film/count.txt');
    await storage.put('film/count.txt', 'end', { ifRevision: last?.revision ?? null }).catch(() => {});
    expect(readdirSync(join(root, 'film/.reelstate'))).toHaveLength(1);
  });

  it(`leaves a database with every save that it was told of, ${KILLS} times`, async () => {
    const path = join(scratch(), 'state.db');
    const safe = new Map<string, number>();
    for (let round = 0; round < KILLS; round++) {
      for (const line of await killAfter(10 * momentOf(round), ['sqlite-forever', path])) {
        const [videoId = '', count] = line.split(' ');
        safe.set(videoId, Number(count));
      }
      const store = sqlite(path);
      for (const [videoId, count] of safe) {
        const state = (await store.load(videoId))?.state;
        expect([count, count + 1]).toContain(state?.count);
        expect(state?.body === bodyOf(Number(state?.count))).toBe(true);
        expect(await store.counters.read([videoId])).toEqual([state?.count]);
      }
      await store.close?.();
    }
    expect(safe.size).toBe(10);
  });

  it('frees the films that it had claimed, at once', async () => {
    const path = join(scratch(), 'state.db');
    const store = sqlite(path);
    const index = { status: 'running', metadata: {}, createdAt: 1 };
    await store.save({ videoId: 'film-due', ifRevision: null, state: {}, wakes: { video: 1000 }, index });
    await store.save({ videoId: 'film-late', ifRevision: null, state: {}, wakes: { video: 90_000 }, index });
    const claim = (now: number) => store.claimDue({ now, limit: 10, roles: ['video'], leaseMs: 60_000 });
    expect(await killAfter(1, ['sqlite-claim', path, '2000'])).toEqual(['film-due']);
    expect(await claim(2001)).toEqual(['film-due']);
    expect(await claim(2002)).toEqual([]);
    expect(await claim(90_000)).toContain('film-late');
    await store.close?.();
  });
});

describe('two processes on one database', () => {
  it('lose no update of each other, nor of a counter', async () => {
    const path = join(scratch(), 'state.db');
    await Promise.all(Array.from({ length: 3 }, () => run(['sqlite-count', path, '40'])));
    const store = sqlite(path);
    expect((await store.load('film-0001'))?.state).toEqual({ count: 120 });
    expect(await store.counters.read(['all'])).toEqual([120]);
    await store.close?.();
  });

  it('hear of each other’s saves', async () => {
    const path = join(scratch(), 'state.db');
    const store = sqlite(path);
    const stop = new AbortController();
    const changes = store.watch?.('film-0001', { signal: stop.signal })[Symbol.asyncIterator]();
    await changes?.next();
    const next = changes?.next();
    await run(['sqlite-count', path, '1']);
    expect((await next)?.done).toBe(false);
    stop.abort();
    expect((await changes?.next())?.done).toBe(true);
    await store.close?.();
  });
});

describe('the name of a process', () => {
  it('tells the dead from the living, here only', async () => {
    expect(isDeadProcess(processName())).toBe(false);
    const dead = await deadProcess();
    expect(isDeadProcess(dead)).toBe(true);
    const [, ...rest] = dead.split('.');
    expect(isDeadProcess(['another-machine', ...rest].join('.'))).toBe(false);
    for (const odd of ['', 'random', '....', '../../etc/passwd']) expect(isDeadProcess(odd)).toBe(false);
  });

  it('is not fooled by a pid that was given to another process', () => {
    const parts = processName().split('.');
    expect(isDeadProcess([...parts.slice(0, -1), '1'].join('.'))).toBe(true);
  });

  it('knows that nothing outlives a reboot', () => {
    const [machine, , ...rest] = processName().split('.');
    expect(isDeadProcess([machine, 'another1', ...rest].join('.'))).toBe(true);
  });
});
