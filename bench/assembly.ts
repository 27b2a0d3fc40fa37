import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measured, measure, medians } from './assembly/measure.ts';
import { bareEncode, plainFfmpeg, referenceWay } from './assembly/reference.ts';
import { chainFiles, fromLastBlock, GRAIN, type Staged, stage } from './assembly/stage.ts';

const RUNS = Number(process.env.BENCH_RUNS ?? 5);
const SECONDS = (process.env.BENCH_SECONDS ?? '15,36,78').split(',').map(Number);
const WAYS = ['reference', 'onePass', 'incremental', 'bare'] as const;
type Way = (typeof WAYS)[number];

/** Every way once per round, so that a busy moment of the machine does not fall on one of them. */
async function rounds(jobs: Readonly<Record<Way, () => () => Promise<unknown>>>): Promise<Record<Way, Measured>> {
  const runs: Record<Way, Measured[]> = { reference: [], onePass: [], incremental: [], bare: [] };
  for (let round = 0; round < RUNS; round += 1) {
    for (const way of WAYS) runs[way].push(await measure(jobs[way]()));
  }
  return {
    reference: medians(runs.reference),
    onePass: medians(runs.onePass),
    incremental: medians(runs.incremental),
    bare: medians(runs.bare),
  };
}

async function assFile(staged: Staged, root: string): Promise<string> {
  const final = await fromLastBlock(staged, join(root, 'for-captions'))();
  return readFileSync(join(final, '..', 'captions.ass'), 'utf8');
}

interface Figures {
  readonly ways: Record<Way, Measured>;
  readonly megabitsPerSecond: number;
}

async function film(root: string, seconds: number): Promise<Figures> {
  const onePass = await stage(root, seconds, false);
  const incremental = await stage(root, seconds, true);
  const files = await chainFiles(onePass);
  const ass = await assFile(onePass, root);
  await fromLastBlock(incremental, join(root, 'for-words'))();
  const ffmpeg = await plainFfmpeg();
  const cwd = join(root, 'plain');
  mkdirSync(cwd, { recursive: true });
  const ways = await rounds({
    reference: () => () => referenceWay(ffmpeg, cwd, files, ass),
    onePass: () => fromLastBlock(onePass, join(root, 'copy')),
    incremental: () => fromLastBlock(incremental, join(root, 'copy')),
    bare: () => () => bareEncode(ffmpeg, cwd, files),
  });
  const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
  return { ways, megabitsPerSecond: (bytes * 8) / 1e6 / seconds };
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** From the last block to `final.mp4`, for films of 15, 36 and 78 s: the reference's way, ours in one pass and incremental, and the bare limit. */
export async function assemblyBench(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'reelstate-assembly-'));
  try {
    const figures: Record<number, Figures> = {};
    console.log(`simulated 720p footage with grain ${GRAIN}; transcription left out; load ${loadavg()[0]?.toFixed(1)}`);
    for (const seconds of SECONDS) {
      const measured = await film(root, seconds);
      figures[seconds] = measured;
      console.log(`${seconds} s of film, ${measured.megabitsPerSecond.toFixed(1)} Mb/s`);
      for (const way of WAYS) {
        const { wallMs, cpuMs, childMib } = measured.ways[way];
        console.log(`  ${way}: ${Math.round(wallMs)} ms, ${Math.round(cpuMs)} ms CPU, ${Math.round(childMib)} MiB`);
      }
    }
    const of = (seconds: number, way: Way, figure: keyof Measured): number =>
      figures[seconds]?.ways[way][figure] ?? Number.NaN;
    const ratio = (seconds: number, over: Way, under: Way, figure: keyof Measured): number =>
      rounded(of(seconds, over, figure) / of(seconds, under, figure));
    console.log(
      JSON.stringify({
        runs: RUNS,
        load: rounded(loadavg()[0] ?? Number.NaN),
        megabitsPerSecond: rounded(figures[36]?.megabitsPerSecond ?? Number.NaN),
        incrementalRatio36: ratio(36, 'incremental', 'onePass', 'wallMs'),
        incrementalRatio78: ratio(78, 'incremental', 'onePass', 'wallMs'),
        onePassRatio: ratio(36, 'onePass', 'bare', 'wallMs'),
        memoryRatio: ratio(36, 'onePass', 'bare', 'childMib'),
        referenceRatio: ratio(36, 'reference', 'incremental', 'wallMs'),
        incrementalCpuRatio36: ratio(36, 'incremental', 'onePass', 'cpuMs'),
        incrementalCpuRatio78: ratio(78, 'incremental', 'onePass', 'cpuMs'),
        onePassCpuRatio: ratio(36, 'onePass', 'bare', 'cpuMs'),
        referenceCpuRatio: ratio(36, 'reference', 'incremental', 'cpuMs'),
        onePassMib15: rounded(of(15, 'onePass', 'childMib')),
        onePassMib78: rounded(of(78, 'onePass', 'childMib')),
      }),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
