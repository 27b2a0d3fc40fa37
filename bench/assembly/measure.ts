/** Wall time, CPU of this process and its finished children, and the peak memory of any one child. Linux only: read from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Largest resident size of one child process, MiB. */
  readonly childMib: number;
}

const TICK_MS = 10;
const SAMPLE_MS = 25;

/** utime, stime, cutime and cstime of /proc/self/stat. */
function cpuMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
}

function largestChildMib(): number {
  let largest = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      if (parent === process.pid) largest = Math.max(largest, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  return largest;
}

export async function measure(job: () => Promise<unknown>): Promise<Measured> {
  let childMib = 0;
  const timer = setInterval(() => {
    childMib = Math.max(childMib, largestChildMib());
  }, SAMPLE_MS);
  const [startedAt, cpu] = [performance.now(), cpuMs()];
  try {
    await job();
  } finally {
    clearInterval(timer);
  }
  return { wallMs: performance.now() - startedAt, cpuMs: cpuMs() - cpu, childMib };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Medians of several runs. */
export function medians(runs: readonly Measured[]): Measured {
  return {
    wallMs: median(runs.map((run) => run.wallMs)),
    cpuMs: median(runs.map((run) => run.cpuMs)),
    childMib: median(runs.map((run) => run.childMib)),
  };
}
