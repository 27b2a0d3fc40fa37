/**
 * `npm run simulate -- --seeds N [--from S] [--pairs] [--triples N] [--singles no] [--mutants no] [--shard K/N] [--seed S]`: N schedules by
 * chance, then every single fault of every scenario, every pair of crashes and N sampled triples of faults of the small ones, and the planted
 * bugs. The last line is one JSON object. `--shard` takes each Nth of it. `--seed S` runs one schedule alone and prints its trace.
 */
import { parseArgs } from 'node:util';
import {
  explain,
  type FaultRates,
  randomSchedule,
  type Scenario,
  type SimulateOptions,
  scenarios,
  simulate,
} from '../src/adapters/testing/simulate/index.ts';
import { add, allSingles, crashPairs, newTally, type Tally, triples } from '../test/simulation/enumerate.ts';
import { loadMutant, removeMutants } from '../test/simulation/load-mutant.ts';
import { caught, type Mutant, mutants } from '../test/simulation/mutants.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    pairs: { type: 'boolean', default: false },
    triples: { type: 'string', default: '0' },
    singles: { type: 'string', default: 'yes' },
    mutants: { type: 'string', default: 'yes' },
    shard: { type: 'string', default: '1/1' },
  },
});

const [shard = 1, shards = 1] = values.shard.split('/').map(Number);
/** What of so many belongs to this shard. */
const shareOf = (count: number): number =>
  Math.floor((count * shard) / shards) - Math.floor((count * (shard - 1)) / shards);
const SMALL: readonly string[] = ['one-block', 'two-blocks', 'failed-take', 'no-adoption', 'torn-result'];

/** Runs and launches too many, by the kind of vendor and whether processes stood still or ports were away for long. */
interface Extra {
  runs: number;
  launches: number;
}

const extras: Record<'adopting' | 'adoptingFrozenOrCutOff' | 'others' | 'othersFrozenOrCutOff', Extra> = {
  adopting: { runs: 0, launches: 0 },
  adoptingFrozenOrCutOff: { runs: 0, launches: 0 },
  others: { runs: 0, launches: 0 },
  othersFrozenOrCutOff: { runs: 0, launches: 0 },
};

async function schedules(from: number, count: number, tally: Tally): Promise<void> {
  for (let seed = from; seed < from + count; seed += 1) {
    const schedule = randomSchedule(seed);
    const scenario = schedule.scenario as Scenario;
    const run = await simulate(schedule);
    tally.runs += 1;
    for (const { fault } of run.calls) if (fault) tally.faults[fault.kind] = (tally.faults[fault.kind] ?? 0) + 1;
    tally.longestUnknownMs = Math.max(tally.longestUnknownMs, run.longestUnknownMs);
    if (run.violations.length > 0) tally.broken.push(`seed ${seed}\n${explain(run)}`);
    // Past its deadline a take counts as late and the next one may start: that is what a port costs that is away for longer.
    const { freezeRate = 0, outages = 0, longestOutageMs = 0 } = schedule.faults as FaultRates;
    const isFrozen = freezeRate > 0 || (outages > 0 && longestOutageMs > 900_000);
    const kind = scenario.adopts === false ? ('others' as const) : ('adopting' as const);
    const extra = extras[isFrozen ? (`${kind}FrozenOrCutOff` as const) : kind];
    extra.runs += 1;
    extra.launches += Math.max(0, run.paid - scenario.paid);
  }
}

async function plantedBugs(planted: readonly Mutant[]): Promise<{ killed: number; lines: string[] }> {
  const lines: string[] = [];
  let killed = 0;
  for (const { name, without, edits, wrap, intents, run } of planted) {
    const mutated = edits && (await loadMutant(name, edits));
    let scenario: Scenario | undefined;
    const result = await run((options: SimulateOptions) => {
      scenario =
        typeof options.scenario === 'object' ? options.scenario : scenarios.find((s) => s.name === options.scenario);
      return simulate({ ...options, ...mutated, ...(wrap ? { wrap } : {}) });
    });
    const why = scenario && caught(result, scenario, intents);
    if (why) killed += 1;
    lines.push(`${why ? 'found ' : 'LIVES '} ${name}: ${without}${why ? ` (${why})` : ''}`);
  }
  removeMutants();
  return { killed, lines };
}

async function replay(seed: number): Promise<void> {
  const schedule = randomSchedule(seed);
  const { scenario, ...rest } = schedule;
  console.info(JSON.stringify({ scenario: (scenario as Scenario).name, ...rest }));
  const run = await simulate(schedule);
  for (const { number, at, process, method, target, fault } of run.calls) {
    console.info(
      `${number} ${(at / 1000).toFixed(2)} ${process} ${method} ${target} ${fault ? `<== ${fault.kind}` : ''}`,
    );
  }
  console.info(explain(run, 0));
}

const per10k = ({ runs, launches }: Extra): number => (runs === 0 ? 0 : Math.round((launches / runs) * 1e6) / 100);

async function everything(): Promise<void> {
  const startedAt = performance.now();
  const total = newTally();
  const seeds = shareOf(Number(values.seeds));
  await schedules(Number(values.from) + Math.floor((Number(values.seeds) * (shard - 1)) / shards), seeds, total);
  console.info(`${total.runs} schedules in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  const mine = scenarios.filter((_, index) => index % shards === shard - 1);
  for (const scenario of values.singles === 'yes' ? mine : []) {
    const tally = await allSingles(scenario);
    console.info(
      `${scenario.name}: ${tally.runs} faults at ${tally.calls} calls, ${tally.broken.length} broken, ${tally.extra} launches too many, at most ${(tally.longestRecoveryMs / 60_000).toFixed(1)} min longer`,
    );
    const extra = extras[scenario.adopts === false ? 'others' : 'adopting'];
    extra.runs += tally.runs;
    extra.launches += tally.extra;
    add(total, tally);
  }
  for (const scenario of values.pairs ? scenarios.slice(0, 2) : []) {
    const tally = await crashPairs(scenario, { every: shards, from: shard - 1 });
    console.info(`${scenario.name}: ${tally.runs} pairs of crashes, ${tally.broken.length} broken`);
    add(total, tally);
  }
  for (const name of Number(values.triples) > 0 ? SMALL : []) {
    const scenario = scenarios.find((each) => each.name === name);
    if (scenario === undefined) throw new Error(`no scenario ${name}`);
    const count = Math.ceil(shareOf(Number(values.triples)) / SMALL.length);
    const tally = await triples(scenario, count, Number(values.from) * 1000 + shard);
    console.info(`${scenario.name}: ${tally.runs} triples of faults, ${tally.broken.length} broken`);
    add(total, tally);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const planted = values.mutants === 'yes' && shard === 1 ? mutants : [];
  const { killed, lines } = await plantedBugs(planted);
  for (const line of lines) console.info(line);
  for (const broken of total.broken.slice(0, 5)) console.info(broken);
  const { adopting, adoptingFrozenOrCutOff, others, othersFrozenOrCutOff } = extras;
  console.info(
    JSON.stringify({
      runs: total.runs,
      violations: total.broken.length,
      mutantsPlanted: planted.length,
      mutantsKilled: killed,
      extraLaunchesPer10k: {
        adopting: per10k(adopting),
        adoptingFrozenOrCutOff: per10k(adoptingFrozenOrCutOff),
        others: per10k(others),
        othersFrozenOrCutOff: per10k(othersFrozenOrCutOff),
      },
      runsPerSecond: Math.round((total.runs / seconds) * 10) / 10,
      callsEnumerated: total.calls,
      faults: total.faults,
      longestRecoveryMinutes: Math.round(total.longestRecoveryMs / 6000) / 10,
      longestUnknownMinutes: Math.round(total.longestUnknownMs / 6000) / 10,
    }),
  );
  if (total.broken.length > 0 || killed < planted.length) process.exitCode = 1;
}

await (values.seed === undefined ? everything() : replay(Number(values.seed)));
