/** Runs of a scenario with each fault, and what they add up to; tests and `npm run simulate` share it. */

import { seeded } from '../../src/adapters/memory/seeded.ts';
import {
  type Call,
  crashPoints,
  explain,
  type Fault,
  type FaultKind,
  kindsFor,
  type Scenario,
  type SimulateOptions,
  type Simulation,
  secondFaults,
  shorten,
  simulate,
} from '../../src/adapters/testing/simulate/index.ts';

export interface Tally {
  runs: number;
  /** Calls at which something went wrong in one of the runs. */
  calls: number;
  faults: Partial<Record<FaultKind, number>>;
  /** Runs that broke a promise, explained. */
  broken: string[];
  /** Launches paid for beyond what the run without faults pays. */
  extra: number;
  /** The longest time that faults added, virtual ms. */
  longestRecoveryMs: number;
  longestUnknownMs: number;
}

export const newTally = (): Tally => ({
  runs: 0,
  calls: 0,
  faults: {},
  broken: [],
  extra: 0,
  longestRecoveryMs: 0,
  longestUnknownMs: 0,
});

export function add(tally: Tally, other: Tally): void {
  tally.runs += other.runs;
  tally.calls += other.calls;
  tally.extra += other.extra;
  tally.broken.push(...other.broken);
  for (const [kind, count] of Object.entries(other.faults) as [FaultKind, number][]) {
    tally.faults[kind] = (tally.faults[kind] ?? 0) + count;
  }
  tally.longestRecoveryMs = Math.max(tally.longestRecoveryMs, other.longestRecoveryMs);
  tally.longestUnknownMs = Math.max(tally.longestUnknownMs, other.longestUnknownMs);
}

/** A vendor that writes into our place is never paid twice; another at most once per fault. */
function note(tally: Tally, run: Simulation, base: Simulation, scenario: Scenario, faults: number): string | undefined {
  tally.runs += 1;
  for (const call of run.calls)
    if (call.fault) tally.faults[call.fault.kind] = (tally.faults[call.fault.kind] ?? 0) + 1;
  const extra = Math.max(0, run.paid - base.paid);
  tally.extra += extra;
  tally.longestRecoveryMs = Math.max(tally.longestRecoveryMs, run.endedMs - base.endedMs);
  tally.longestUnknownMs = Math.max(tally.longestUnknownMs, run.longestUnknownMs);
  if (run.violations.length > 0) return explain(run);
  const allowed = scenario.adopts === false ? faults : 0;
  return extra > allowed ? `${extra} launches too many were paid for\n${explain(run)}` : undefined;
}

/** Every single fault of a scenario. */
export async function allSingles(
  scenario: Scenario,
  options: Omit<SimulateOptions, 'scenario' | 'faults'> = {},
): Promise<Tally> {
  const tally = newTally();
  const { base, singles } = await crashPoints({ ...options, scenario });
  tally.calls = new Set(singles.map(([fault]) => fault?.call)).size;
  for (const faults of singles) {
    const broken = note(tally, await simulate({ ...options, scenario, faults }), base, scenario, 1);
    if (broken) tally.broken.push(`${JSON.stringify(faults)}\n${broken}`);
  }
  return tally;
}

const crashes = (call: Call): readonly FaultKind[] =>
  /\.(put|copy|save|launch|change|set)$/.test(call.method) ? ['crash-before', 'crash-after'] : ['crash-before'];

/** Two crashes, one after the other; of all pairs each `every`th, beginning with `from`. */
export async function crashPairs(scenario: Scenario, { every = 1, from = 0 } = {}): Promise<Tally> {
  const tally = newTally();
  const { base, singles } = await crashPoints({ scenario });
  const firsts = singles.flatMap((faults) => faults.filter(({ kind }) => kind.startsWith('crash')));
  let index = -from;
  for (const first of firsts) {
    for (const faults of await secondFaults({ scenario }, first, crashes)) {
      index += 1;
      if (index % every !== 0) continue;
      const broken = note(tally, await simulate({ scenario, faults }), base, scenario, 2);
      if (broken) tally.broken.push(`${JSON.stringify(await shorten({ scenario }, faults))}\n${broken}`);
    }
  }
  tally.calls = new Set(firsts.map(({ call }: Fault) => call)).size;
  return tally;
}

/** How often one fault alone and two together may cost a triple's place: what they end early has no third call to fail. */
const TRIES = 3;

/** So many sampled runs with three faults, each at a call that the run with those before made; the same ones for the same seed. */
export async function triples(scenario: Scenario, count: number, seed: number): Promise<Tally> {
  const tally = newTally();
  const random = seeded(seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const base = await simulate({ scenario });
  for (let run = 0; run < count; run += 1) {
    let faults: readonly Fault[] = [];
    for (let tries = 0; tries < TRIES && faults.length < 3; tries += 1) {
      faults = [];
      for (let last = base; faults.length < 3; last = await simulate({ scenario, faults })) {
        const after = faults.at(-1)?.call ?? 0;
        const call = pick(last.calls.filter(({ number, process }) => number > after && process !== 'judge'));
        const kind = call && pick(kindsFor(call));
        if (call === undefined || kind === undefined) break;
        faults = [...faults, { call: call.number, kind }];
      }
    }
    const broken = note(tally, await simulate({ scenario, faults }), base, scenario, faults.length);
    if (broken) tally.broken.push(`${JSON.stringify(await shorten({ scenario }, faults))}\n${broken}`);
  }
  tally.calls = base.calls.length;
  return tally;
}
