import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { filmsBench } from './core/films.ts';
import { pollingBench } from './core/polling.ts';
import { recoveryBench } from './core/recovery.ts';
import { storeBench } from './store.ts';

const ROUNDS = 3;
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** The durable core: store, steps, recovery and the polling model. Ratios are of one run; the median of three. */
export async function coreBench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'reelstate-core-'));
  try {
    const runs = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      runs.push(await filmsBench(mkdtempSync(join(folder, 'films-'))));
      console.log(JSON.stringify(runs.at(-1)));
    }
    const films = [...runs].sort((a, b) => a.storeRatio - b.storeRatio)[Math.floor(ROUNDS / 2)];
    const { claimGrowth } = await storeBench();
    const recoveryMs = await recoveryBench(folder);
    const figures = { ...films, recoveryMs, claimGrowth, ...pollingBench() };
    console.log(
      JSON.stringify(Object.fromEntries(Object.entries(figures).map(([name, value]) => [name, rounded(value)]))),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
