/** Wall time, CPU of this process and its finished children, and the peak memory of any one child. Linux only: read from /proc. */
import { readFileSync } from 'node:fs';

export interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  /** Largest resident size of one child process, MiB. */
  readonly childMib: number;
}

const TICK_MS = 10;
/** The kernel keeps each child's peak: rarer looks than its life miss nothing but its last moments. */
const SAMPLE_MS = 50;

/** CPU of this process in microseconds' precision, and of its children in ticks (cutime and cstime of /proc/self/stat). */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (user + system) / 1000 + fields.slice(13, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
}

/** Our own children only: reading all of /proc would cost more than what is measured. */
function largestChildMib(): number {
  let largest = 0;
  for (const pid of readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      largest = Math.max(largest, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It ended meanwhile.
    }
  }
  return largest;
}

export async function measure(job: () => Promise<unknown>): Promise<Measured> {
  let childMib = 0;
  let ownMs = 0;
  const timer = setInterval(() => {
    const before = process.cpuUsage();
    childMib = Math.max(childMib, largestChildMib());
    const { user, system } = process.cpuUsage(before);
    ownMs += (user + system) / 1000;
  }, SAMPLE_MS);
  const [startedAt, cpu] = [performance.now(), cpuMs()];
  try {
    await job();
  } finally {
    clearInterval(timer);
  }
  return { wallMs: performance.now() - startedAt, cpuMs: cpuMs() - cpu - ownMs, childMib };
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
