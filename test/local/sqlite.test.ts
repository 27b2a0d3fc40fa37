import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sqlite } from '../../src/adapters/local/index.ts';
import type { SaveState, StateStore } from '../../src/core/ports.ts';
import { scratchFolders } from './scratch.ts';

const scratch = scratchFolders();
const index = { status: 'running', metadata: {}, createdAt: 1 };
const saving = (videoId: string, ifRevision: string | null = null, more: Partial<SaveState> = {}): SaveState => ({
  videoId,
  ifRevision,
  state: { videoId },
  wakes: {},
  index,
  ...more,
});
const SQLITE_BUSY_RECOVERY = 261;
const names = (count: number) => Array.from({ length: count }, (_, film) => `film-${film}`);
const stores: StateStore[] = [];
const open = (path: string) => {
  const store = sqlite(path);
  stores.push(store);
  return store;
};

/** Sees each statement before SQLite does. */
function listen(onRun: (sql: string) => void) {
  const run = StatementSync.prototype.run;
  vi.spyOn(StatementSync.prototype, 'run').mockImplementation(function (this: StatementSync, ...values: unknown[]) {
    onRun(this.sourceSQL);
    return Reflect.apply(run, this, values);
  } as typeof run);
}
const sqliteFailure = (errcode: number) => Object.assign(new Error('injected'), { code: 'ERR_SQLITE_ERROR', errcode });

afterEach(async () => {
  vi.restoreAllMocks();
  for (const store of stores.splice(0)) await store.close?.();
});

describe('sqlite', () => {
  it('opens although another process is recovering the log of one that was killed', async () => {
    const { exec } = DatabaseSync.prototype;
    let refusals = 2;
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
      if (sql.includes('journal_mode') && refusals > 0) {
        refusals -= 1;
        throw sqliteFailure(SQLITE_BUSY_RECOVERY);
      }
      return Reflect.apply(exec, this, [sql]);
    });
    expect(await open(join(scratch(), 'state.db')).load('film-1')).toBeUndefined();
    expect(refusals).toBe(0);
  });

  it('commits once for all that is saved in a turn', async () => {
    const store = open(join(scratch(), 'state.db'));
    await store.load('film-0');
    let commits = 0;
    listen((sql) => {
      if (sql === 'COMMIT') commits += 1;
    });
    await Promise.all(names(50).map((name) => store.save(saving(name))));
    expect(commits).toBe(1);
    expect((await store.list({}, { limit: 100 })).videoIds).toHaveLength(50);
  });

  it('settles nothing before the COMMIT, and a failed COMMIT rejects every save of its turn', async () => {
    const store = open(join(scratch(), 'state.db'));
    const { revision } = await store.save(saving('film-0'));
    let settledBefore = 0;
    let settled = 0;
    let failing = true;
    listen((sql) => {
      if (sql !== 'COMMIT' || !failing) return;
      settledBefore = settled;
      failing = false;
      throw sqliteFailure(10);
    });
    const count = () => {
      settled += 1;
    };
    const saves = [saving('film-0', revision), saving('film-1'), saving('film-2')].map((request) =>
      store.save(request),
    );
    for (const save of saves) save.then(count, count);
    const results = await Promise.allSettled(saves);
    expect(settledBefore).toBe(0);
    for (const result of results) {
      expect(result).toMatchObject({ status: 'rejected', reason: { kind: 'retryable', effect: 'unknown' } });
    }
    expect((await store.load('film-0'))?.revision).toBe(revision);
    await store.save(saving('film-1'));
  });

  it('lets a save that SQLite refuses fail alone', async () => {
    const store = open(join(scratch(), 'state.db'));
    const bad = saving('film-bad', null, { index: { ...index, createdAt: 0.5 } });
    const results = await Promise.allSettled([
      store.save(saving('film-1')),
      store.save(bad),
      store.save(saving('film-2')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { kind: 'permanent', code: 'state-rejected' } });
    expect((await store.list({}, { limit: 9 })).videoIds.toSorted()).toEqual(['film-1', 'film-2']);
  });

  it('says that the disk is full, and goes on when it is not', async () => {
    const store = open(join(scratch(), 'state.db'));
    await store.save(saving('film-0'));
    let full = true;
    listen((sql) => {
      if (full && sql.startsWith('INSERT INTO films')) throw sqliteFailure(13);
    });
    await expect(store.save(saving('film-1'))).rejects.toMatchObject({
      kind: 'permanent',
      code: 'storage-full',
      effect: 'none',
    });
    full = false;
    await store.save(saving('film-1'));
  });

  it('syncs every commit and writes ahead', async () => {
    const path = join(scratch(), 'state.db');
    const seen: string[] = [];
    const exec = DatabaseSync.prototype.exec;
    vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
      seen.push(sql);
      return exec.call(this, sql);
    });
    await open(path).save(saving('film-1'));
    expect(seen.join(' ')).toContain('PRAGMA synchronous = FULL');
    const mode = new DatabaseSync(path, { readOnly: true }).prepare('PRAGMA journal_mode').get();
    expect(mode?.journal_mode).toBe('wal');
  });

  it('refuses a file that is no database, or a damaged one, and leaves it as it is', async () => {
    const path = join(scratch(), 'state.db');
    writeFileSync(path, 'these are my notes, '.repeat(500));
    const before = readFileSync(path);
    await expect(open(path).load('film-1')).rejects.toMatchObject({
      kind: 'permanent',
      code: 'state-corrupt',
      cure: expect.stringContaining('backup'),
    });
    expect(readFileSync(path)).toEqual(before);
  });

  it('finds damage in the middle of a file when it gets there', async () => {
    const path = join(scratch(), 'state.db');
    const store = sqlite(path);
    await Promise.all(names(200).map((name) => store.save(saving(name, null, { state: { text: name.repeat(500) } }))));
    await store.close?.();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096);
    writeFileSync(path, bytes);
    await expect(open(path).load('film-7')).rejects.toMatchObject({ kind: 'permanent', code: 'state-corrupt' });
  });

  it('names the film whose state is damaged', async () => {
    const path = join(scratch(), 'state.db');
    const store = open(path);
    await store.save(saving('film-1'));
    await store.save(saving('film-2'));
    const other = new DatabaseSync(path);
    other.exec(`UPDATE films SET state = '{"half' WHERE video_id = 'film-1'`);
    other.close();
    await expect(store.load('film-1')).rejects.toMatchObject({
      code: 'state-corrupt',
      message: expect.stringContaining('film-1'),
    });
    expect((await store.load('film-2'))?.state).toEqual({ videoId: 'film-2' });
  });

  it('does not touch the database of a newer release', async () => {
    const path = join(scratch(), 'state.db');
    const newer = new DatabaseSync(path);
    newer.exec('CREATE TABLE things (id); PRAGMA user_version = 99;');
    newer.close();
    const before = readFileSync(path);
    await expect(open(path).save(saving('film-1'))).rejects.toMatchObject({ kind: 'permanent', code: 'state-newer' });
    expect(readFileSync(path)).toEqual(before);
  });

  it('waits as long as it should where a dead process was only waiting itself', async () => {
    const path = join(scratch(), 'state.db');
    const store = open(path);
    await store.save(saving('film-1', null, { wakes: { video: 50_000 } }));
    const { deadProcess } = await import('./processes.ts');
    const dead = await deadProcess();
    const other = new DatabaseSync(path);
    other.prepare('UPDATE wakes SET by = ?').run(dead);
    other.prepare('INSERT INTO holders VALUES (?)').run(dead);
    other.close();
    const claim = (now: number) => store.claimDue({ now, limit: 10, roles: ['video'], leaseMs: 600_000 });
    expect(await claim(1000)).toEqual(['film-1']);
    expect(await claim(49_999)).toEqual([]);
    expect(await claim(50_000)).toEqual(['film-1']);
  });

  it('keeps only SQLite’s own warning quiet', async () => {
    const emitWarning = process.emitWarning;
    const heard: string[] = [];
    const hear = ({ message }: Error) => void heard.push(message);
    process.on('warning', hear);
    await open(join(scratch(), 'state.db')).load('film-1');
    expect(process.emitWarning).toBe(emitWarning);
    process.emitWarning('something else');
    await new Promise(setImmediate);
    expect(heard).toEqual(['something else']);
    process.off('warning', hear);
  });

  it('opens again after a close', async () => {
    const store = open(join(scratch(), 'state.db'));
    const { revision } = await store.save(saving('film-1'));
    await store.close?.();
    expect((await store.load('film-1'))?.revision).toBe(revision);
  });

  it('commits what waits when it is closed', async () => {
    const path = join(scratch(), 'state.db');
    const store = open(path);
    await store.load('film-1');
    const save = store.save(saving('film-1'));
    await store.close?.();
    await save;
    expect(await open(path).load('film-1')).toBeDefined();
  });

  it('makes no plan that scans all films', async () => {
    const path = join(scratch(), 'state.db');
    await open(path).load('film-1');
    const db = new DatabaseSync(path);
    const plan = (sql: string) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .map(({ detail }) => String(detail))
        .join('; ');
    expect(plan("SELECT video_id, at FROM wakes WHERE role = 'video' AND at <= 5 ORDER BY at LIMIT 50")).toMatch(
      /^SEARCH wakes USING COVERING INDEX wakes_due/,
    );
    expect(
      plan("SELECT created_at, video_id FROM films WHERE status = 'x' ORDER BY created_at DESC, video_id DESC LIMIT 9"),
    ).toMatch(/^SEARCH films USING COVERING INDEX films_by_status[^;]*$/);
    db.close();
  });
});
