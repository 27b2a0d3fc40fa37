/** `npm run bench -- simulation [ROUNDS]`: how long the CI's part of the simulation takes on this machine, per file and in all. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 3;

interface Report {
  readonly success: boolean;
  readonly testResults: readonly { readonly name: string; readonly startTime: number; readonly endTime: number }[];
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
const median = (of: readonly number[]): number => [...of].sort((a, b) => a - b)[of.length >> 1] ?? 0;

/** The suite's files, killing real processes left out: one run, wall milliseconds. */
function round(scratch: string, number: number): { readonly totalMs: number; readonly report: Report } {
  const files = readdirSync(path.join(root, 'test/simulation')).filter((name) => /^(?!kill).*\.test\.ts$/.test(name));
  const output = path.join(scratch, `${number}.json`);
  const startedAt = performance.now();
  const args = ['--reporter=json', `--outputFile=${output}`, ...files.map((name) => `test/simulation/${name}`)];
  spawnSync(process.execPath, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args], { cwd: root });
  const totalMs = performance.now() - startedAt;
  return { totalMs, report: JSON.parse(readFileSync(output, 'utf8')) as Report };
}

/** Prints a line per file and, last, one JSON object: seconds per part and in all, each the median of the rounds. */
export async function simulationBench(rounds = Number(process.argv[3] ?? ROUNDS)): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'reelstate-bench-'));
  try {
    const runs = Array.from({ length: rounds }, (_, index) => round(scratch, index + 1));
    const parts = new Map<string, number[]>();
    for (const { report } of runs) {
      for (const { name, startTime, endTime } of report.testResults) {
        const part = path.basename(name, '.test.ts');
        parts.set(part, [...(parts.get(part) ?? []), endTime - startTime]);
      }
    }
    const partSeconds = Object.fromEntries([...parts].map(([part, times]) => [part, seconds(median(times))]));
    for (const [part, took] of Object.entries(partSeconds)) console.info(`${part}: ${took} s`);
    const totals = runs.map(({ totalMs }) => seconds(totalMs));
    const passed = runs.every(({ report }) => report.success);
    console.info(
      JSON.stringify({ cores: availableParallelism(), passed, totals, medianSeconds: median(totals), partSeconds }),
    );
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
