import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqlite } from '../src/adapters/local/index.ts';
import type { StateStore } from '../src/core/ports.ts';

const AT_ONCE = 50;
const FILMS = 1_000;
const SAVES_PER_FILM = 12;
/** What a film of five blocks weighs in peers.md. */
const STATE_BYTES = 2_000;
const FEW = 10;
const MANY = 100_000;
const CLAIMED = 50;
const CLAIM_ROUNDS = 40;

/** What the store alone can do, beside a loop that writes the same bytes with nothing around them. */
export interface StoreBench {
  /** Durable saves per second of the store, 50 films at a time. */
  readonly savesPerSecond: number;
  /** The same number of saves of the same bytes by a bare group-commit loop. */
  readonly rawSavesPerSecond: number;
  /** The first over the second. */
  readonly rawRatio: number;
  /** Milliseconds to claim 50 due films, with so many in flight. */
  readonly claimMs: { readonly few: number; readonly many: number };
  /** Cost of that claim at 100,000 in flight over the cost at 10. */
  readonly claimGrowth: number;
}

/** Measures the SQLite store on this machine's disk. */
export async function storeBench(): Promise<StoreBench> {
  const folder = mkdtempSync(join(tmpdir(), 'reelstate-bench-'));
  try {
    const raw = await rawSaves(join(folder, 'raw.db'));
    const own = await storeSaves(join(folder, 'store.db'));
    const few = await claimCost(join(folder, 'few.db'), FEW);
    const many = await claimCost(join(folder, 'many.db'), MANY);
    return {
      savesPerSecond: Math.round(own),
      rawSavesPerSecond: Math.round(raw),
      rawRatio: own / raw,
      claimMs: { few, many },
      claimGrowth: many / few,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const stateOf = (save: number) => ({ save, text: 'x'.repeat(STATE_BYTES) });
const idOf = (film: number) => `film-${String(film).padStart(8, '0')}`;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const perSecond = (count: number, startedAt: number) => (count * 1000) / (performance.now() - startedAt);

/** Runs every film to its end, 50 at a time. */
async function allFilms(run: (film: number) => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    for (let film = next++; film < FILMS; film = next++) await run(film);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return perSecond(FILMS * SAVES_PER_FILM, startedAt);
}

/** The floor: one row per film, one commit per turn of the event loop, `synchronous = FULL`. */
async function rawSaves(path: string): Promise<number> {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  db.exec('CREATE TABLE films (id TEXT PRIMARY KEY, state TEXT NOT NULL)');
  const write = db.prepare('INSERT INTO films VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state');
  let waiting: (() => void)[] = [];
  let batch: [string, string][] = [];
  const flush = () => {
    const [settle, rows] = [waiting, batch];
    [waiting, batch] = [[], []];
    db.exec('BEGIN IMMEDIATE');
    for (const row of rows) write.run(...row);
    db.exec('COMMIT');
    for (const done of settle) done();
  };
  const save = (film: number, count: number) =>
    new Promise<void>((resolve) => {
      batch.push([idOf(film), JSON.stringify(stateOf(count))]);
      if (waiting.push(resolve) === 1) setImmediate(flush);
    });
  const rate = await allFilms(async (film) => {
    for (let count = 0; count < SAVES_PER_FILM; count++) await save(film, count);
  });
  db.close();
  return rate;
}

async function storeSaves(path: string): Promise<number> {
  const store = sqlite(path);
  const rate = await allFilms(async (film) => {
    let revision: string | null = null;
    for (let count = 0; count < SAVES_PER_FILM; count++)
      revision = await save(store, film, revision, count, Date.now());
  });
  await store.close?.();
  return rate;
}

async function save(
  store: StateStore,
  film: number,
  ifRevision: string | null,
  count: number,
  at: number,
): Promise<string> {
  const index = { status: 'running', owner: 'bench', metadata: {}, createdAt: film };
  const request = { videoId: idOf(film), ifRevision, state: stateOf(count), wakes: { monitor: at }, index };
  return (await store.save(request)).revision;
}

/** Median milliseconds of a claim that finds 50 due films (as many as there are) among so many in flight. */
async function claimCost(path: string, inFlight: number): Promise<number> {
  const store = sqlite(path);
  const roles = ['script', 'video', 'monitor', 'assembler'] as const;
  for (let film = 0; film < inFlight; film += AT_ONCE * 20) {
    const some = Array.from({ length: Math.min(AT_ONCE * 20, inFlight - film) }, (_, at) => film + at);
    await Promise.all(some.map((one) => save(store, one, null, 0, one < CLAIMED ? 0 : 1e12 + one)));
  }
  const costs: number[] = [];
  for (let round = 0; round < CLAIM_ROUNDS; round++) {
    await turn();
    const startedAt = performance.now();
    // The claimed wakes are due again at the next round's time.
    const claimed = await store.claimDue({ now: (round + 1) * 1000, limit: CLAIMED, roles, leaseMs: 1000 });
    costs.push(performance.now() - startedAt);
    if (claimed.length !== Math.min(CLAIMED, inFlight)) throw new Error(`claimed ${claimed.length} films`);
  }
  await store.close?.();
  return costs.sort((a, b) => a - b)[CLAIM_ROUNDS / 2] ?? Number.NaN;
}
