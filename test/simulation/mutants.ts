/**
 * Bugs that were planted on purpose, each with the cheapest run that finds it. A test of the tests: a simulation that lets one of them live
 * could let a real one live. The text that is changed must be there, so that a mutant cannot outlive the line it was made for.
 */

import type { FaultKind, Scenario, SimulateOptions, Simulation } from '../../src/adapters/testing/simulate/index.ts';
import { scenarioNamed } from '../../src/adapters/testing/simulate/scenario.ts';
import type { PipelineOptions } from '../../src/core/pipeline.ts';
import type { Storage } from '../../src/core/ports.ts';

export interface Edit {
  /** Below `src/core/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** What is lost. */
  readonly without: string;
  /** Changes to the core … */
  readonly edits?: readonly Edit[];
  /** … or a port that lies. */
  readonly wrap?: (ports: PipelineOptions, process: string) => PipelineOptions;
  /** Intents that the run may use, where that is what tells. */
  readonly intents?: number;
  readonly run: (simulate: Simulate) => Promise<Simulation>;
}

type Simulate = (options: SimulateOptions) => Promise<Simulation>;

/** Number of the nth call of a run like this one. */
function callOf(run: Simulation, method: string, target = '', nth = 1): number {
  const found = run.calls.filter((call) => call.method === method && call.target.includes(target))[nth - 1];
  if (found === undefined) throw new Error(`There is no call ${nth} of ${method} ${target} in ${run.scenario}.`);
  return found.number;
}

/** The scenario's run without faults, then once more with a fault at that call. */
const withFault =
  (
    options: SimulateOptions,
    kind: FaultKind,
    at: readonly [method: string, target?: string, nth?: number],
    ms?: number,
  ) =>
  async (simulate: Simulate): Promise<Simulation> => {
    const call = callOf(await simulate(options), ...at);
    return simulate({ ...options, faults: [{ call, kind, ...(ms === undefined ? {} : { ms }) }] });
  };

const fine =
  (options: SimulateOptions) =>
  (simulate: Simulate): Promise<Simulation> =>
    simulate(options);

/** The database goes back by some saves just before a launch is posted again. */
const restored =
  (atSave: number, backTo: number) =>
  (simulate: Simulate): Promise<Simulation> => {
    const scenario: Scenario = { ...scenarioNamed('two-blocks'), ends: ['completed', 'rebuild'] };
    return simulate({ scenario, accident: { atSave, backTo } });
  };

const blindStorage = (storage: Storage): Storage => ({
  ...storage,
  put: async (name, body, options) => {
    const there = options.ifRevision === null ? await storage.head(name) : undefined;
    return storage.put(name, body, there ? { ...options, ifRevision: there.revision } : options);
  },
});

/** The vendor writes its result a second time; nothing is built on a version that nobody accepted, and a person decides. */
const rewritten: Scenario = {
  name: 'result-rewritten',
  input: scenarioNamed('two-blocks-new-only').input,
  outcomes: { 1: ['rewritten'] },
  latencyMs: [70_000, 75_000],
  actions: [{ when: (film) => film.status === 'completed', command: () => ({ type: 'reroll', block: 2, maxUsd: 5 }) }],
  ends: ['failed'],
  paid: 2,
};

const launch = ['video.launch', 'takes/1-1'] as const;

export const mutants: readonly Mutant[] = [
  {
    name: 'fence',
    without: 'a worker that lost its lease is not heard',
    edits: [{ file: 'evolve.ts', find: 'fence === undefined ||\n', replace: 'true ||\n' }],
    run: withFault({ scenario: 'two-blocks', workers: 2 }, 'freeze-after', ['storage.put', 'scripts/'], 100_000),
  },
  {
    name: 'compare-and-swap',
    without: 'the database refuses a save over a state that is not the present one',
    wrap: (ports) => ({
      ...ports,
      state: {
        ...ports.state,
        save: async (request) => {
          const present = await ports.state.load(request.videoId);
          return ports.state.save({ ...request, ifRevision: present?.revision ?? null });
        },
      },
    }),
    run: fine({ scenario: 'one-block', workers: 4 }),
  },
  {
    name: 'intent',
    without: 'a launch is in the database before it is posted',
    edits: [
      {
        file: 'work.ts',
        find: 'return [...facts, ...claims];',
        replace: 'return next?.exclusive ? facts : [...facts, ...claims];',
      },
      {
        file: 'work.ts',
        find: 'return next && claimedBy(updated, next, token);',
        replace:
          'return next && claimedBy(next.exclusive ? { ...updated, film: advanceState(updated.film, claimFacts(session, updated.film, next, token), { steps: engine.steps, now: updated.film.updatedAt }) } : updated, next, token);',
      },
      {
        file: 'launch.ts',
        find: "if (known?.token !== take.token || known.outcome !== undefined) return 'superseded';",
        replace: '',
      },
      {
        file: 'marks.ts',
        find: 'if (known?.token !== token)',
        replace: 'if (known !== undefined && known.token !== token)',
      },
    ],
    run: fine({ scenario: 'one-block' }),
  },
  {
    name: 'intent.json',
    without: 'a launch is in the bucket before it is posted',
    edits: [
      {
        file: 'launch.ts',
        find: 'const intent = await createOnce(storage, paths.intent(videoId, block, take.take), value, {',
        replace:
          'const createNothing = async (..._: unknown[]): Promise<{ metadata: Record<string, string> }> => ({ metadata: { token } }); const intent = await createNothing(storage, paths.intent(videoId, block, take.take), value, {',
      },
    ],
    run: withFault({ scenario: 'one-block' }, 'crash-after', launch),
  },
  {
    name: 'tombstone',
    without: 'only a tombstone proves that nothing was posted',
    edits: [
      {
        file: 'watch.ts',
        find: 'if (intent.metadata.tombstone !== undefined) {\n    const outcome',
        replace: 'if (intent !== undefined) {\n    const outcome',
      },
    ],
    run: withFault({ scenario: 'one-block' }, 'crash-after', launch),
  },
  {
    name: 'tombstone-wait',
    without: 'a tombstone waits until nobody can post any more',
    edits: [
      {
        file: 'steps/take.ts',
        find: 'until: mayPostUntil(take, film.model.timing) },',
        replace: 'until: 0 },',
      },
    ],
    intents: 1,
    run: withFault(
      { scenario: 'one-block', workers: 2, events: 'once' },
      'delay',
      ['storage.put', 'intent.json'],
      20_000,
    ),
  },
  {
    name: 'launch-window',
    without: 'a launch is posted soon after its intent or never',
    edits: [
      {
        file: 'launch.ts',
        find: 'if (elapsedSince(context.claimedAt, clock) > film.model.timing.launchWithinMs)',
        replace: 'if (elapsedSince(context.claimedAt, clock) < 0)',
      },
    ],
    run: withFault({ scenario: 'one-block', workers: 2 }, 'freeze-after', ['state.counters.read'], 1_200_000),
  },
  {
    name: 'window-by-one-clock',
    without: 'the window is measured by both clocks: a suspended machine stops one of them',
    edits: [
      {
        file: 'launch.ts',
        find: 'Math.max(clock.now() - since.wall, clock.monotonic() - since.monotonic)',
        replace: 'clock.monotonic() - since.monotonic',
      },
    ],
    run: withFault({ scenario: 'one-block', workers: 2 }, 'suspend-after', ['state.counters.read'], 1_200_000),
  },
  {
    name: 'operation.json',
    without: 'the operation is in the bucket before the database learns of it',
    edits: [
      {
        file: 'launch.ts',
        find: 'await insist(() => createOnce(storage, name, mark, { token: take.token }))',
        replace: 'await Promise.resolve({ storage, name, mark })',
      },
    ],
    run: async (simulate) => {
      const base = await simulate({ scenario: 'no-adoption' });
      const posted = callOf(base, ...launch);
      const save = base.calls.find((call) => call.number > posted && call.method === 'state.save');
      return simulate({ scenario: 'no-adoption', faults: [{ call: save?.number ?? 0, kind: 'crash-before' }] });
    },
  },
  {
    name: 'settling',
    without: 'an unknown take is looked for before another is bought',
    edits: [
      {
        file: 'looks.ts',
        find: 'Math.max(timing.worstMs, 2 * (learnt.p99Ms ?? 0))',
        replace: '0 * (timing.worstMs + (learnt.p99Ms ?? 0)) - timing.launchTimeoutMs - timing.launchWithinMs',
      },
    ],
    run: withFault({ scenario: 'one-block' }, 'error-after', launch),
  },
  {
    name: 'round',
    without: 'only a take of the present round wins',
    edits: [
      {
        file: 'moves.ts',
        find: '.filter((take) => take.round === block.round && take.output !== undefined)',
        replace: '.filter((take) => take.output !== undefined)',
      },
    ],
    run: fine({ scenario: 'reroll-and-pick' }),
  },
  {
    name: 'token-guard',
    without: 'a fact belongs to the take whose token it bears',
    edits: [
      {
        file: 'evolve-takes.ts',
        find: 'film.blocks[block - 1]?.takes.find((take) => take.token === token)',
        replace: "film.blocks[block - 1]?.takes.findLast((take) => take.token !== 'not ' + token)",
      },
    ],
    run: fine({ scenario: 'late-take', maxCalls: 3000 }),
  },
  {
    name: 'create-only',
    without: 'the bucket refuses to create what is there',
    wrap: (ports) => ({ ...ports, storage: blindStorage(ports.storage) }),
    run: withFault({ scenario: 'one-block' }, 'crash-after', launch),
  },
  {
    name: '412-is-success',
    without: 'what is there is looked at when a mark was there before',
    edits: [
      {
        file: 'marks.ts',
        find: 'if (!isTaken(error)) throw error;\n    const there = await storage.text(name);',
        replace:
          'if (!isTaken(error)) throw error;\n    if (name !== "") return { created: true, value, metadata };\n    const there = await storage.text(name);',
      },
    ],
    run: withFault({ scenario: 'one-block' }, 'crash-after', launch),
  },
  {
    name: 'reserve-before-pay',
    without: 'the price is reserved with the intent',
    edits: [{ file: 'launch.ts', find: "at,\n    charge: 'reserved',", replace: "at,\n    charge: 'not-charged'," }],
    run: fine({ scenario: 'one-block' }),
  },
  {
    name: 'cap',
    without: 'a film stops at its cap',
    edits: [
      {
        file: 'moves.ts',
        find: 'if (needed <= film.capMicroUsd) return undefined;',
        replace: 'if (needed > 0) return undefined;',
      },
    ],
    run: fine({ scenario: 'cap-reached' }),
  },
  {
    name: 'attempts',
    without: 'a block fails when its attempts are used up',
    edits: [{ file: 'moves.ts', find: 'if (failures >= block.allowance)', replace: 'if (failures < 0)' }],
    run: fine({
      scenario: {
        ...scenarioNamed('one-block'),
        outcomes: { 1: Array.from({ length: 6 }, () => 'failed' as const) },
        ends: ['failed'],
        paid: 0,
      },
    }),
  },
  {
    name: 'generation-pinning',
    without: 'a launch names the very version that was accepted',
    edits: [
      {
        file: 'launch-request.ts',
        find: 'if (object?.revision === revision) return;',
        replace: 'if (object !== undefined) return;',
      },
    ],
    run: fine({ scenario: rewritten }),
  },
  {
    name: 'host-time',
    without: 'leases and waits go by the database’s clock',
    edits: [
      {
        file: 'film-store.ts',
        find: 'const now = stored.now ?? answered.wall;',
        replace: 'const now = answered.wall;',
      },
    ],
    run: withFault(
      {
        scenario: { ...scenarioNamed('one-block'), latencyMs: [400_000, 410_000] },
        workers: 4,
        skewMs: 1_800_000,
        maxMs: 36_000_000,
      },
      'error-after',
      launch,
    ),
  },
  {
    name: 'closed-block',
    without: 'a report of a block that is closed changes nothing that is shown',
    edits: [
      {
        file: 'evolve-takes.ts',
        find: "take.outcome = { kind: 'finished', at: fact.at };",
        replace:
          "take.outcome = { kind: 'finished', at: fact.at };\n      { const shown = film.blocks[fact.block - 1]?.accepted; if (shown) Object.assign(shown, { take: take.take, token: take.token }); }",
      },
    ],
    run: fine({ scenario: 'late-take' }),
  },
  {
    name: 'accepted-mark',
    without: 'an acceptance is fixed in the bucket before anything is built on it',
    edits: [
      {
        file: 'steps/accept.ts',
        find: 'const written = await createOnce(context.ports.storage, name, mark, metadata);',
        replace:
          'const written = { name, value: mark as unknown, metadata: { ...metadata } as Record<string, string> };',
      },
    ],
    run: fine({ scenario: 'two-blocks' }),
  },
  {
    name: 'older-database',
    without: 'an intent of another database stops everything',
    edits: [
      {
        file: 'launch.ts',
        find: 'if (intent.metadata.token !== token) return foreign(take, block, context);',
        replace: '',
      },
      { file: 'marks.ts', find: 'if (known?.token !== token)', replace: 'if (known === undefined)' },
    ],
    run: restored(12, 3),
  },
  {
    name: 'short-read',
    without: 'a read that ends too early has failed',
    edits: [{ file: 'bytes.ts', find: 'else if (left > 0) controller.error(cutShort(left));', replace: '' }],
    run: withFault({ scenario: 'one-block' }, 'short', ['storage.read', 'sample_0.mp4', 2]),
  },
  {
    name: 'torn-result',
    without: 'half a file is no bad take before the vendor says that it is done',
    edits: [
      {
        file: 'watch.ts',
        find: 'return found && (last ? collected(watched, found) : usable(watched, found));',
        replace: 'return found && collected(watched, found);',
      },
    ],
    run: fine({ scenario: 'torn-result', events: 'once' }),
  },
  {
    name: 'kill-switch',
    without: 'the kill switch is read with the intent and before the POST',
    edits: [
      { file: 'ledger.ts', find: '{ key: KILL_SWITCH, add: 0, limit: 0 },', replace: '' },
      {
        file: 'launch.ts',
        find: 'if (killed > 0) return KILL_SWITCH;',
        replace: 'if (killed < 0) return KILL_SWITCH;',
      },
    ],
    run: fine({ scenario: 'kill-switch' }),
  },
  {
    name: 'breaker',
    without: 'nobody launches after so many failures',
    edits: [{ file: 'ledger.ts', find: 'limit: limits.failuresPerTenMinutes - 1 },', replace: '},' }],
    run: fine({
      scenario: {
        ...scenarioNamed('one-block'),
        outcomes: { 1: ['failed', 'failed', 'failed'] },
        limits: { failuresPerTenMinutes: 2 },
      },
    }),
  },
  {
    name: 'rebuild-in-flight',
    without: 'a rebuild brings back the takes that are under way',
    edits: [
      {
        file: 'rebuild.ts',
        find: 'const all = [...takes, ...unmarked(bucket, block.block, takes)]',
        replace: 'const all = [...takes.filter(({ outcome }) => outcome !== undefined)]',
      },
    ],
    run: (simulate) =>
      simulate({
        scenario: { ...scenarioNamed('one-block'), latencyMs: [200_000, 205_000] },
        accident: { atSave: 5, backTo: 0, rebuild: true },
      }),
  },
  {
    name: 'rebuild-over-intents',
    without: 'a rebuild never overwrites an intent that was saved while it read the marks',
    edits: [
      {
        file: 'rebuild.ts',
        find: 'await filmFromMarks(storage, videoId, clock.now(), video?.outputs, known);',
        replace: 'await filmFromMarks(storage, videoId, clock.now(), video?.outputs);',
      },
      {
        file: 'rebuild.ts',
        find: 'return store.replace(film, stored);',
        replace: 'return store.replace(film, await store.find(videoId));',
      },
    ],
    run: (simulate) =>
      simulate({
        scenario: 'two-blocks',
        workers: 2,
        accident: { atSave: 6, backTo: 3, rebuild: true, hostsRun: true },
      }),
  },
  {
    name: 'foreign-take',
    without: 'what another program launched is taken over',
    edits: [
      {
        file: 'foreign.ts',
        find: "facts.push({ type: 'take-intended', block: block.block, take: foreignTake(film, block, operation, now) });",
        replace: '',
      },
    ],
    run: fine({ scenario: 'old-monitor-replaced' }),
  },
  {
    name: 'two-owners',
    without: 'a host launches only what its functions own',
    edits: [
      {
        file: 'pipeline.ts',
        find: 'settings.owns[role] && means(options, role, film);',
        replace: '(settings.owns[role] || role === "monitor") && means(options, role, film);',
      },
    ],
    run: fine({ scenario: 'old-monitor' }),
  },
  {
    name: 'tick-limit',
    without: 'a tick takes no more films than it may',
    wrap: (ports) => ({
      ...ports,
      state: {
        ...ports.state,
        claimDue: async (request) => (await ports.state.claimDue({ ...request, limit: 1 })).slice(1),
      },
    }),
    run: fine({ scenario: { ...scenarioNamed('one-block'), films: 3, paid: 3 }, hosting: 'tick', maxCalls: 3000 }),
  },
];

/** Why a run is not as it must be, if it is not. */
export function caught(run: Simulation, scenario: Scenario, intents?: number): string | undefined {
  const broken = run.violations[0];
  if (broken) return `${broken.invariant}: ${broken.message}`;
  if (run.paid !== scenario.paid) return `${run.paid} launches were paid for instead of ${scenario.paid}`;
  if (intents !== undefined && run.intents !== intents) return `${run.intents} intents instead of ${intents}`;
  return undefined;
}
