/** Runs a film in a simulated world in which things go wrong, and says which promises were broken. */
import type { Step } from '../../../core/machine.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../../../core/pipeline.ts';
import type { Logger } from '../../../core/ports.ts';
import { fakeLlm } from '../../memory/fake-llm.ts';
import { fakeMedia } from '../../memory/fake-media.ts';
import { fakeTranscriber } from '../../memory/fake-transcriber.ts';
import { seeded } from '../../memory/seeded.ts';
import { memoryState } from '../../memory/state.ts';
import { memoryStorage } from '../../memory/storage.ts';
import { type Auditor, createAuditor, type Violation } from './auditor.ts';
import { CANARY, createCalls } from './calls.ts';
import { type Call, type Fault, type FaultRates, listedFaults, randomFaults } from './faults.ts';
import { auditAtRest } from './final-audit.ts';
import { createRecorder, type Recorder } from './journal.ts';
import { createPerson } from './person.ts';
import {
  callsOf,
  llmThrough,
  mediaThrough,
  stateThrough,
  storageThrough,
  transcriberThrough,
  videoThrough,
} from './process-ports.ts';
import { type Scenario, scenarioNamed, simulatedModel } from './scenario.ts';
import { createVendor } from './vendor.ts';
import { createWorld, type Process } from './world.ts';

export interface SimulateOptions {
  /** One of `scenarios` by its name, or one of your own. @default 'two-blocks' */
  readonly scenario?: string | Scenario;
  /** The same seed gives the same run. @default 1 */
  readonly seed?: number;
  /** Processes that advance the film at the same time. @default 1 */
  readonly workers?: number;
  /** What goes wrong: these faults, or faults by chance. @default nothing */
  readonly faults?: readonly Fault[] | FaultRates;
  /** How the workers go about it: `advance` until its wake time, `tick` once a minute, or some one way and some the other. @default 'advance' */
  readonly hosting?: 'advance' | 'tick' | 'mixed';
  /** Wall clocks are off by up to so much, either way. The database keeps its own. @default 0 */
  readonly skewMs?: number;
  /** What the workers hear of new objects: nothing, each once, or each twice, late and out of order. @default 'none' */
  readonly events?: 'none' | 'once' | 'chaotic';
  /** Steps of your own as well: what you would pass to `createPipeline`. */
  readonly steps?: readonly Step[];
  /** How long a worker that died stays away, ms. @default 1000 */
  readonly restartMs?: number;
  /** The pipeline under test. @default createPipeline */
  readonly createPipeline?: (options: PipelineOptions) => Pipeline;
  /** Puts something between the pipeline and its ports: faults of your own. */
  readonly wrap?: (ports: PipelineOptions, process: string) => PipelineOptions;
  /** No run lasts longer in virtual time. @default 4 days */
  readonly maxMs?: number;
}

export interface Simulation {
  readonly scenario: string;
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Every call on a port, in order, with the faults that met them. */
  readonly calls: readonly Call[];
  readonly status: string;
  /** Launches that the vendor was paid for. */
  readonly paid: number;
  /** Intents that the database saw. */
  readonly intents: number;
  /** Virtual ms until the film came to its end. */
  readonly endedMs: number;
  /** The longest that a take stayed of unknown fate, virtual ms. */
  readonly longestUnknownMs: number;
}

const VIDEO = 'simulated-film';
const MAX_EVENTS = 400_000;

/** Runs one film to its end and audits it. */
export async function simulate(options: SimulateOptions = {}): Promise<Simulation> {
  const { seed = 1, workers = 1, events = 'none', skewMs = 0, restartMs = 1000, maxMs = 345_600_000 } = options;
  const scenario =
    typeof options.scenario === 'object' ? options.scenario : scenarioNamed(options.scenario ?? 'two-blocks');
  const world = createWorld(seed);
  const chance = seeded(seed * 7919 + 17);
  const [storage, state] = [memoryStorage(), memoryState()];
  const lines: string[] = [];
  let recorder: Recorder;
  const auditor: Auditor = createAuditor(
    () => world.elapsed,
    () => recorder,
  );
  let endedMs = 0;
  let dirty = true;
  const live: { process: Process; pipeline: Pipeline }[] = [];
  recorder = createRecorder(() => world.elapsed, {
    ...auditor,
    saved: (entry) => {
      auditor.saved?.(entry);
      dirty = true;
      if (entry.film.status !== entry.before?.film.status) endedMs = world.elapsed;
      person.notice(entry.film);
    },
    written: (entry) => {
      auditor.written?.(entry);
      if (events !== 'none') announce(entry.object.name);
    },
  });
  const vendor = createVendor(
    world,
    {
      adopts: scenario.adopts ?? true,
      outcomes: scenario.outcomes ?? {},
      extensions: scenario.extensions ?? 'whole',
      latencyMs: scenario.latencyMs ?? [38_000, 42_000],
      model: simulatedModel(scenario.model),
    },
    storage,
    recorder,
  );
  const person = createPerson(world, VIDEO, scenario, () => recorder);

  const { faults = [] } = options;
  const faultOf = Array.isArray(faults)
    ? listedFaults(faults as readonly Fault[])
    : randomFaults(faults as FaultRates, seeded(seed * 31 + 5));
  let crashes = new Map<Process, () => void>();
  const calls = createCalls(
    world,
    (call) => (call.process === 'judge' ? undefined : faultOf(call)),
    (process) => {
      const again = crashes.get(process);
      if (again) world.after(restartMs, again);
    },
  );

  const logger = logInto(lines);
  function pipelineFor(process: Process): Pipeline {
    const call = callsOf(calls, process);
    const { name } = process;
    const ports: PipelineOptions = {
      storage: storageThrough(call, recorder.storage(storage, name)),
      state: stateThrough(call, recorder.state(state, name), () => world.now()),
      video: videoThrough(call, vendor.port(name)),
      llm: llmThrough(call, fakeLlm()),
      transcription: transcriberThrough(call, fakeTranscriber()),
      media: mediaThrough(call, fakeMedia()),
      clock: process.clock,
      logger,
      ...(scenario.limits === undefined ? {} : { limits: scenario.limits }),
      ...(scenario.onUnknownTake === undefined ? {} : { onUnknownTake: scenario.onUnknownTake }),
      ...(options.steps === undefined ? {} : { steps: options.steps }),
    };
    return (options.createPipeline ?? createPipeline)(options.wrap?.(ports, name) ?? ports);
  }

  /** A process that is started again, under another name, when it dies. */
  function start(name: string, live: (process: Process, pipeline: Pipeline) => Promise<void>): void {
    const begin = (life: number): void => {
      const skew = skewMs === 0 ? 0 : Math.round((2 * chance() - 1) * skewMs);
      const process = world.process(life === 1 ? name : `${name}.${life}`, { skewMs: skew });
      crashes.set(process, () => begin(life + 1));
      live(process, pipelineFor(process)).catch((error) => {
        if (process.alive) auditor.report('I1', `${process.name} ended with ${String(error)}`);
      });
    };
    begin(1);
  }

  function announce(name: string): void {
    const times = events === 'once' ? 1 : 1 + Math.floor(chance() * 2);
    for (let time = 0; time < times; time += 1) {
      world.after(events === 'once' ? 100 : chance() * 300_000, () => {
        const host = live[Math.floor(chance() * live.length)];
        if (host?.process.alive) host.pipeline.advance(VIDEO, { hint: { object: name } }).catch(() => undefined);
      });
    }
  }

  start('person', (process, pipeline) => person.live(process, pipeline));
  for (let index = 1; index <= workers; index += 1) {
    const ticks = options.hosting === 'tick' || (options.hosting === 'mixed' && index % 2 === 0);
    start(`worker-${index}`, async (process, pipeline) => {
      live.push({ process, pipeline });
      await (ticks ? tickLoop(process, pipeline) : advanceLoop(process, pipeline));
    });
  }

  const isAtRest = (): boolean => {
    if (!dirty) return false;
    dirty = false;
    const film = recorder.present(VIDEO)?.film;
    return (
      film !== undefined &&
      film.status !== 'running' &&
      person.isContent(film) &&
      film.blocks.every((block) => block.takes.every((take) => take.outcome !== undefined))
    );
  };
  const cameToRest = await world.run(isAtRest, { maxMs, maxEvents: MAX_EVENTS });
  if (!cameToRest)
    auditor.report('I1', `the film never came to rest (${recorder.present(VIDEO)?.film.status ?? 'no film'})`);

  // ── Everybody else is gone; one process looks at what is left, and nothing goes wrong any more. ──
  crashes = new Map();
  for (const { process } of live) process.die();
  const judge = world.process('judge');
  const pipeline = pipelineFor(judge);
  let isDone = false;
  const judged = judge_();
  judged
    .catch((error) => auditor.report('I1', `the last look failed: ${String(error)}`))
    .finally(() => {
      isDone = true;
    });
  await world.run(() => isDone, { maxMs: maxMs * 2, maxEvents: MAX_EVENTS });
  if (!isDone) auditor.report('I1', 'the last look never ended');

  async function judge_(): Promise<void> {
    if (recorder.present(VIDEO) === undefined) return;
    for (let round = 0; round < 50; round += 1) {
      const before = recorder.saved.length;
      const answer = await pipeline.advance(VIDEO);
      if (answer.status !== 'waiting' && recorder.saved.length === before) break;
      await judge.clock.sleep(60_000);
    }
    const [saves, writes, posts] = [recorder.saved.length, recorder.written.length, recorder.posted.length];
    const first = JSON.stringify(await pipeline.advance(VIDEO));
    const second = JSON.stringify(await pipeline.advance(VIDEO));
    if (first !== second) auditor.report('I10', 'two answers about a film at rest differ');
    const moved = recorder.saved.length - saves + recorder.written.length - writes + recorder.posted.length - posts;
    if (moved > 0) auditor.report('I10', `${moved} writes for a film at rest`);
    const film = recorder.present(VIDEO)?.film;
    if (film === undefined) return;
    const rest = {
      film,
      view: await pipeline.get(VIDEO),
      scenario,
      journal: recorder,
      operations: vendor.operations,
      storage,
      counters: (keys: readonly string[]) => state.counters.read(keys),
    };
    await auditAtRest(rest, auditor.report);
    if (JSON.stringify(rest.view).includes(CANARY)) auditor.report('I13', 'a secret is in the film’s view');
  }
  if (lines.some((line) => line.includes(CANARY))) auditor.report('I13', 'a secret was logged');

  const film = recorder.present(VIDEO)?.film;
  return {
    scenario: scenario.name,
    seed,
    violations: auditor.violations,
    calls: calls.made,
    status: film?.needsInput?.code ?? film?.status ?? 'no-film',
    paid: recorder.posted.filter((post) => post.paidMicroUsd > 0).length,
    intents: film?.blocks.reduce((sum, block) => sum + block.takes.length, 0) ?? 0,
    endedMs,
    longestUnknownMs: longestUnknown(recorder),
  };
}

function longestUnknown({ films }: Recorder): number {
  const takes = [...films.values()].flatMap(({ film }) => film.blocks.flatMap((block) => block.takes));
  return Math.max(
    0,
    ...takes.flatMap((take) => (take.unknownSince && take.outcome ? [take.outcome.at - take.at] : [])),
  );
}

async function advanceLoop({ clock }: Process, pipeline: Pipeline): Promise<void> {
  for (;;) {
    let wait = 5_000;
    try {
      const film = await pipeline.advance(VIDEO);
      wait = film.status === 'waiting' ? Math.min(60_000, Math.max(1000, film.wakeAt - clock.now())) : 30_000;
    } catch {
      // The database was away, or the film is not there yet: look again.
    }
    await clock.sleep(wait);
  }
}

async function tickLoop({ clock }: Process, pipeline: Pipeline): Promise<void> {
  for (;;) {
    await pipeline.tick().catch(() => undefined);
    await clock.sleep(60_000);
  }
}

function logInto(lines: string[]): Logger {
  const log = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { debug: log, info: log, warn: log, error: log };
}
