import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sqlite } from '../../src/adapters/local/index.ts';
import { fakeLlm, fakeVideo, memoryStorage } from '../../src/adapters/memory/index.ts';
import { defineStep } from '../../src/core/define-step.ts';
import { createPipeline } from '../../src/core/pipeline.ts';
import type { StateStore } from '../../src/core/ports.ts';
import { systemClock } from '../../src/system-clock.ts';

const FILMS = 1_000;
const STEPS = 12;
const AT_ONCE = 50;

export interface FilmsBench {
  /** Durable saves per second of films over those of a bare loop that writes the same bytes. */
  readonly storeRatio: number;
  readonly stepsPerSecond: number;
  readonly cpuMsPerStep: number;
  readonly savesPerFilm: number;
  readonly bytesPerSave: number;
}

/** Twelve steps that do nothing, one after the other, as in peers.md 1. */
const noOpSteps = () =>
  Array.from({ length: STEPS }, (_, index) =>
    defineStep({
      name: `step-${index + 1}`,
      after: index === 0 ? [] : [`step-${index}`],
      role: 'script',
      input: () => 'once',
      perform: async () => ({ n: index, text: 'x'.repeat(110) }),
    }),
  );

async function allOf(count: number, run: (film: number) => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async () => {
    for (let film = next++; film < count; film = next++) await run(film);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return (performance.now() - startedAt) / 1000;
}

/** The same numbers of saves of the same bytes: one row per film, one commit per turn, `synchronous = FULL`, nothing around it. */
async function rawLoop(path: string, lengths: readonly (readonly number[])[]): Promise<number> {
  const db = new DatabaseSync(path);
  db.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE films (id TEXT PRIMARY KEY, state TEXT NOT NULL)',
  );
  const write = db.prepare('INSERT INTO films VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state');
  let batch: { id: string; text: string; done: () => void }[] = [];
  const flush = () => {
    const rows = batch;
    batch = [];
    db.exec('BEGIN IMMEDIATE');
    for (const { id, text } of rows) write.run(id, text);
    db.exec('COMMIT');
    for (const { done } of rows) done();
  };
  const save = (id: string, text: string) =>
    new Promise<void>((done) => {
      if (batch.push({ id, text, done }) === 1) setImmediate(flush);
    });
  const seconds = await allOf(lengths.length, async (film) => {
    for (const length of lengths[film] ?? []) await save(`film-${film}`, 'x'.repeat(length));
  });
  db.close();
  return seconds;
}

/** Durable saves of 1,000 no-op films on SQLite, 50 at a time, beside the bare loop, in one run. */
export async function filmsBench(folder: string): Promise<FilmsBench> {
  const store = sqlite(join(folder, 'films.db'));
  const lengths = new Map<string, number[]>();
  const counted: StateStore = {
    ...store,
    save: (request) => {
      const sizes = lengths.get(request.videoId) ?? [];
      lengths.set(request.videoId, sizes);
      sizes.push(JSON.stringify(request.state).length);
      return store.save(request);
    },
  };
  const films = createPipeline({
    storage: memoryStorage(),
    state: counted,
    llm: fakeLlm(),
    video: fakeVideo(),
    steps: noOpSteps(),
    clock: systemClock(),
  });
  const ids: string[] = [];
  await allOf(FILMS, async (film) => {
    ids[film] = (await films.create({ theme: 'nothing', durationSeconds: 8, captions: false })).videoId;
  });
  lengths.clear();
  const cpu = process.cpuUsage();
  const seconds = await allOf(FILMS, async (film) => {
    await films.advance(ids[film] ?? '');
  });
  const { user, system } = process.cpuUsage(cpu);
  await store.close?.();
  const all = [...lengths.values()];
  const saves = all.flat();
  const raw = await rawLoop(join(folder, 'raw.db'), all);
  return {
    storeRatio: raw / seconds,
    stepsPerSecond: Math.round((FILMS * STEPS) / seconds),
    cpuMsPerStep: (user + system) / 1000 / (FILMS * STEPS),
    savesPerFilm: saves.length / FILMS,
    bytesPerSave: Math.round(saves.reduce((sum, size) => sum + size, 0) / saves.length),
  };
}
