/** Consecutive script words `from … from + script` said as consecutive heard words. A side of 0 is a gap. */
export interface Step {
  readonly script: number;
  readonly heard: number;
  /** 0 to 1; 0 for a gap. */
  readonly likeness: number;
}

export interface AlignmentProblem {
  readonly scriptLength: number;
  readonly heardLength: number;
  /** How alike the script words [i, i + m) and the heard words [j, j + n) are, 0 to 1; `undefined` where they may not be paired. */
  likeness(i: number, m: number, j: number, n: number): number | undefined;
  /** Sizes of merges to try besides 1:1. */
  readonly merges: readonly (readonly [script: number, heard: number])[];
}

const GAP = -0.35;
/** A pair of different words beats two gaps, so that a misheard name keeps its time, and loses to any real match. */
const MISMATCH = -0.45;
const MATCHES_FROM = 0.5;
const MERGES_FROM = 0.75;

/** Needleman–Wunsch with merges: the steps from the beginning of both sequences to their ends. */
export function align(problem: AlignmentProblem): readonly Step[] {
  const { scriptLength, heardLength, merges } = problem;
  const width = heardLength + 1;
  const best = new Float64Array((scriptLength + 1) * width).fill(Number.NEGATIVE_INFINITY);
  const via: (Step | undefined)[] = new Array(best.length);
  best[0] = 0;

  const relax = (from: number, to: number, gain: number, step: Step) => {
    const total = (best[from] ?? 0) + gain;
    if (total <= (best[to] ?? 0)) return;
    best[to] = total;
    via[to] = step;
  };

  for (let i = 0; i <= scriptLength; i++) {
    for (let j = 0; j <= heardLength; j++) {
      const here = i * width + j;
      if (i < scriptLength) relax(here, here + width, GAP, { script: 1, heard: 0, likeness: 0 });
      if (j < heardLength) relax(here, here + 1, GAP, { script: 0, heard: 1, likeness: 0 });
      for (const [m, n] of merges) {
        if (i + m > scriptLength || j + n > heardLength) continue;
        const likeness = problem.likeness(i, m, j, n);
        if (likeness === undefined) continue;
        const merged = m + n > 2;
        if (likeness < (merged ? MERGES_FROM : MATCHES_FROM)) {
          if (!merged) relax(here, here + width + 1, MISMATCH, { script: 1, heard: 1, likeness });
          continue;
        }
        const gain = (likeness * (m + n)) / 2 - (merged ? 0.1 : 0);
        relax(here, here + m * width + n, gain, { script: m, heard: n, likeness });
      }
    }
  }
  return trace(via, scriptLength, heardLength);
}

function trace(via: readonly (Step | undefined)[], scriptLength: number, heardLength: number): readonly Step[] {
  const steps: Step[] = [];
  let i = scriptLength;
  let j = heardLength;
  while (i > 0 || j > 0) {
    const step = via[i * (heardLength + 1) + j];
    if (step === undefined) break;
    steps.push(step);
    i -= step.script;
    j -= step.heard;
  }
  return steps.reverse();
}

/** 1 - Levenshtein distance / longer length. */
export function likeness(a: string, b: string): number {
  if (a === b) return 1;
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  if (Math.min(a.length, b.length) / longer < MATCHES_FROM) return 0;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return 1 - (previous[b.length] ?? longer) / longer;
}
