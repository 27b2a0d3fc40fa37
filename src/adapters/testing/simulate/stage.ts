/** The world with its bucket, database, vendor and auditor, and the processes that live in it. */
import type { Json } from '../../../core/json.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../../../core/pipeline.ts';
import type { LanguageModel, Logger, StateStore, Storage } from '../../../core/ports.ts';
import { fakeLlm } from '../../memory/fake-llm.ts';
import { fakeMedia } from '../../memory/fake-media.ts';
import { fakeTranscriber } from '../../memory/fake-transcriber.ts';
import { seeded } from '../../memory/seeded.ts';
import { memoryState } from '../../memory/state.ts';
import { memoryStorage } from '../../memory/storage.ts';
import { type Auditor, createAuditor } from './auditor.ts';
import { type Calls, createCalls } from './calls.ts';
import { createDatabase, type Database } from './database.ts';
import {
  DEFAULT_FAULT_MS,
  type Fault,
  type FaultRates,
  LONGEST_FREEZE_MS,
  listedFaults,
  randomFaults,
} from './faults.ts';
import { createRecorder, type FilmSaved, type ObjectWritten, type Recorder } from './journal.ts';
import { createDocuments, createOldMonitor, OLD_MONITOR, type OldMonitor } from './old-monitor.ts';
import type { SimulateOptions } from './options.ts';
import {
  callsOf,
  llmThrough,
  mediaThrough,
  stateThrough,
  storageThrough,
  transcriberThrough,
  videoThrough,
} from './process-ports.ts';
import { type Scenario, simulatedModel } from './scenario.ts';
import { createVendor, type SimulatedVendor } from './vendor.ts';
import { createWorld, type Process, type World } from './world.ts';

/** Nothing goes wrong for the one who looks at what is left. */
export const JUDGE = 'judge';

export interface Host {
  readonly process: Process;
  readonly ports: PipelineOptions;
  readonly pipeline: Pipeline;
}

export interface Stage {
  readonly world: World;
  readonly auditor: Auditor;
  readonly recorder: Recorder;
  readonly vendor: SimulatedVendor;
  readonly calls: Calls;
  readonly storage: Storage;
  readonly state: StateStore;
  readonly database: Database;
  /** The monitor of another program, where the scenario has one. */
  readonly oldMonitor: OldMonitor | undefined;
  /** From now on the monitor is ours: for hosts that are started later. */
  takeMonitorOver(): void;
  /** Every line that was logged. */
  readonly lines: readonly string[];
  /** Accidents of the world that are not faults of calls: the same for the same seed. */
  readonly chance: () => number;
  /** The processes that live now. */
  hosts(): readonly Host[];
  host(name: string): Host;
  /** A process that is started again, under another name, whenever it dies. */
  start(name: string, live: (host: Host) => Promise<void>): void;
  /** Nobody lives any more, and nobody is started again. */
  stop(): void;
  onSaved(listen: (entry: FilmSaved) => void): void;
  onWritten(listen: (entry: ObjectWritten) => void): void;
}

export function createStage(scenario: Scenario, options: SimulateOptions): Stage {
  const { seed = 1, skewMs = 0, restartMs = 1000, faults = [] } = options;
  const model = simulatedModel(scenario.model);
  const documents = createDocuments();
  let isMonitorOurs = scenario.oldMonitor === undefined;
  const world = createWorld(seed);
  const chance = seeded(seed * 7919 + 17);
  const storage = memoryStorage();
  const database = createDatabase(memoryState(), options.accident !== undefined);
  const lines: string[] = [];
  const savedListeners: ((entry: FilmSaved) => void)[] = [];
  const writtenListeners: ((entry: ObjectWritten) => void)[] = [];
  const auditor = createAuditor({
    now: () => world.elapsed,
    journal: () => recorder,
    isMonitorOurs: () => isMonitorOurs,
    killGraceMs: model.timing.launchWithinMs + model.timing.launchTimeoutMs + longestFreeze(faults),
    bytesAt: (place) => [...vendor.operations.values()].find((operation) => operation.place === place)?.bytes.length,
    failuresAllowed: scenario.limits?.failuresPerTenMinutes,
  });
  const recorder: Recorder = createRecorder(() => world.elapsed, {
    ...auditor,
    saved: (entry) => {
      auditor.saved?.(entry);
      for (const listen of savedListeners) listen(entry);
    },
    written: (entry) => {
      auditor.written?.(entry);
      for (const listen of writtenListeners) listen(entry);
    },
  });
  const vendor: SimulatedVendor = createVendor(
    world,
    {
      adopts: scenario.adopts ?? true,
      outcomes: scenario.outcomes ?? {},
      extensions: scenario.extensions ?? 'whole',
      latencyMs: scenario.latencyMs ?? [38_000, 42_000],
      model,
    },
    storage,
    recorder,
  );
  const faultOf = isList(faults) ? listedFaults(faults) : randomFaults(faults, seeded(seed * 31 + 5));
  const living = new Map<Process, { readonly host: Host; readonly again: () => void }>();
  const crashed = (process: Process): void => {
    const entry = living.get(process);
    living.delete(process);
    if (entry) world.after(restartMs, entry.again);
  };
  const calls = createCalls(world, (call) => (call.process === JUDGE ? undefined : faultOf(call)), crashed);
  const oldMonitor =
    scenario.oldMonitor &&
    createOldMonitor({
      world,
      documents,
      storage: recorder.storage(storage, OLD_MONITOR),
      vendor: vendor.port(OLD_MONITOR),
      journal: () => recorder,
    });
  const logger = logInto(lines);
  const inspired = neverTheSame(fakeLlm());

  function host(name: string): Host {
    const skew = skewMs === 0 || name === JUDGE ? 0 : Math.round((2 * chance() - 1) * skewMs);
    const process = world.process(name, { skewMs: skew });
    const call = callsOf(calls, process);
    const recorded = recorder.state(database.store, name);
    const store = scenario.oldMonitor === undefined ? recorded : documents.beside(recorded);
    const ports: PipelineOptions = {
      storage: storageThrough(call, recorder.storage(storage, name)),
      state: stateThrough(call, store, world.now),
      video: videoThrough(call, vendor.port(name)),
      llm: llmThrough(call, inspired),
      transcription: transcriberThrough(call, fakeTranscriber()),
      media: mediaThrough(call, fakeMedia()),
      clock: process.clock,
      logger,
      ...(scenario.limits === undefined ? {} : { limits: scenario.limits }),
      ...(isMonitorOurs ? {} : { owns: { monitor: false } }),
      ...(scenario.onUnknownTake === undefined ? {} : { onUnknownTake: scenario.onUnknownTake }),
      ...(options.steps === undefined ? {} : { steps: options.steps }),
    };
    const wrapped = options.wrap?.(ports, name) ?? ports;
    return { process, ports: wrapped, pipeline: (options.createPipeline ?? createPipeline)(wrapped) };
  }

  function start(name: string, live: (host: Host) => Promise<void>): void {
    const begin = (life: number): void => {
      const born = host(life === 1 ? name : `${name}.${life}`);
      living.set(born.process, { host: born, again: () => begin(life + 1) });
      live(born).catch((error) => {
        if (born.process.alive) auditor.report('I1', `${born.process.name} ended with ${String(error)}`);
      });
    };
    begin(1);
  }

  return {
    world,
    auditor,
    recorder,
    vendor,
    calls,
    storage,
    state: database.store,
    database,
    oldMonitor,
    takeMonitorOver: () => {
      isMonitorOurs = true;
    },
    lines,
    chance,
    hosts: () => [...living.values()].map((entry) => entry.host),
    host,
    start,
    stop: () => {
      for (const process of living.keys()) process.die();
      living.clear();
    },
    onSaved: (listen) => void savedListeners.push(listen),
    onWritten: (listen) => void writtenListeners.push(listen),
  };
}

/** How long a process may stand still. */
function longestFreeze(faults: readonly Fault[] | FaultRates): number {
  if (!isList(faults)) return faults.freezeRate ? (faults.longestFreezeMs ?? LONGEST_FREEZE_MS) : 0;
  return Math.max(0, ...faults.flatMap(({ kind, ms = DEFAULT_FAULT_MS }) => (/freeze|suspend/.test(kind) ? [ms] : [])));
}

const isList = (faults: readonly Fault[] | FaultRates): faults is readonly Fault[] => Array.isArray(faults);

/** Asked twice, a language model answers twice; nobody may mix the two. */
function neverTheSame(llm: LanguageModel): LanguageModel {
  let answers = 0;
  const vary = (value: Json, name: string): Json => {
    if (typeof value === 'string') return name === 'dialogue' ? `${value} Version ${answers}.` : value;
    if (Array.isArray(value)) return value.map((inner) => vary(inner, name));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, vary(inner, key)]));
  };
  return {
    ...llm,
    generate: async (request) => {
      const answer = await llm.generate(request);
      answers += 1;
      return { ...answer, value: vary(answer.value, '') };
    },
  };
}

function logInto(lines: string[]): Logger {
  const log = (message: string, fields?: object): void => void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  return { debug: log, info: log, warn: log, error: log };
}
