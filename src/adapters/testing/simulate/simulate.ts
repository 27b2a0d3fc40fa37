/** Runs films in a simulated world in which things go wrong, and says which promises were broken. */
import { rebuildFilm } from '../../../core/rebuild.ts';
import type { FilmState } from '../../../core/state.ts';
import type { FaultRates } from './faults.ts';
import { auditCounters } from './final-audit.ts';
import { announceObjects, moveClocks, startWorkers } from './hosting.ts';
import type { Journal } from './journal.ts';
import { judgeAll } from './judge.ts';
import { createRebuilder, createSwitchman } from './operator.ts';
import type { SimulateOptions, Simulation } from './options.ts';
import { createPerson, type Person } from './person.ts';
import { type Scenario, scenarioNamed } from './scenario.ts';
import { createStage, type Stage } from './stage.ts';
import type { Operation } from './vendor.ts';
import { EPOCH } from './world.ts';

const MAX_CALLS = 200_000;
const DEFAULT_MAX_MS = 345_600_000;
/** A launch window and the longest POST: what an operator waits out before a restore. */
const HOSTS_STOPPED_MS = 120_000;
/** What a process that wakes up may still do before everybody is stopped. */
const LAST_WORDS_MS = 120_000;
/** How long a world without its database is watched. */
const AFTERMATH_MS = 3_600_000;

/**
 * Runs the real core with faulty ports in virtual time, next to a vendor that keeps its own books, and audits what happened. A run
 * takes milliseconds; the same options give the same run, so a failing one is its own report.
 *
 * @example
 * ```ts
 * const { violations, calls } = await simulate({ scenario: 'two-blocks', seed: 7, workers: 3, faults: { rate: 0.05 } });
 * ```
 */
export async function simulate(options: SimulateOptions = {}): Promise<Simulation> {
  const { scenario: wanted = 'two-blocks', seed = 1, maxMs = DEFAULT_MAX_MS, maxCalls = MAX_CALLS } = options;
  const scenario = typeof wanted === 'object' ? wanted : scenarioNamed(wanted);
  const stage = createStage(scenario, options);
  const { world, auditor, recorder } = stage;
  const films = Array.from({ length: scenario.films ?? 1 }, (_, index) => `simulated-film-${index + 1}`);
  const persons = films.map((videoId) => createPerson(world, videoId, scenario, () => recorder));
  let endedMs = 0;
  stage.onSaved(({ film, before }) => {
    if (film.status !== before?.film.status) endedMs = world.elapsed;
    persons[films.indexOf(film.videoId)]?.notice(film);
  });
  const switchman = scenario.killSwitch && createSwitchman(world, scenario.killSwitch);
  if (switchman) {
    stage.onSaved(({ film }) => switchman.notice(film));
    stage.start('operator', (host) => switchman.live(host));
  }
  announceObjects(stage, options);
  moveClocks(stage, options, (options.faults as FaultRates | undefined)?.untilMs ?? 7_200_000);
  const begin = (): void => {
    for (const [index, person] of persons.entries()) {
      stage.start(`person-${index + 1}`, ({ process, pipeline }) => person.live(process, pipeline));
    }
    startWorkers(stage, films, options);
  };
  begin();
  const restart = (): void => {
    for (const person of persons) person.forget();
    begin();
  };
  const accident = planAccident(stage, options, films, restart);
  const handover = planHandover(stage, scenario, restart);

  const isAtRest = (): boolean => {
    if (accident.isUnderWay() || handover.isUnderWay() || switchman?.isDone() === false) return false;
    if (world.quietAt > 0 && world.elapsed < world.quietAt + LAST_WORDS_MS) return false;
    if (accident.lostAt() !== undefined && world.elapsed > (accident.lostAt() ?? 0) + AFTERMATH_MS) return true;
    return films.every((videoId, index) => rests(recorder.present(videoId)?.film, persons[index]));
  };
  if (!(await world.run(isAtRest, { maxMs, maxEvents: 3 * maxCalls }))) {
    const found = films.map((videoId) => recorder.present(videoId)?.film.status ?? 'no film').join(', ');
    auditor.report('I1', `the films never came to rest (${found})`);
  }
  if (options.accident?.rebuild) {
    for (const videoId of films.filter((id) => recorder.present(id) === undefined))
      auditor.report('I1', `${videoId} is lost`);
  }
  await judgeAll(stage, films, scenario, { maxMs: maxMs * 2, maxEvents: 3 * maxCalls });
  const states = films.flatMap((videoId) => recorder.present(videoId)?.film ?? []);
  await auditCounters(states, stage.state, auditor.report);
  return {
    scenario: scenario.name,
    seed,
    violations: auditor.violations,
    calls: stage.calls.made,
    ends: films.map((videoId) => endOf(recorder.present(videoId)?.film)),
    saves: recorder.saved.length,
    paid: recorder.posted.filter((post) => post.paidMicroUsd > 0).length,
    paidPerDayUsd: perDay(recorder),
    mostUnderWay: mostAtOnce([...stage.vendor.operations.values()], world.elapsed),
    intents: states.reduce((sum, film) => sum + film.blocks.reduce((takes, block) => takes + block.takes.length, 0), 0),
    endedMs,
    longestUnknownMs: Math.max(0, ...states.map(longestUnknown)),
  };
}

function perDay({ posted }: Journal): readonly number[] {
  const days = new Map<number, number>();
  for (const { at, paidMicroUsd } of posted) {
    const day = Math.floor((EPOCH + at) / 86_400_000);
    days.set(day, (days.get(day) ?? 0) + paidMicroUsd);
  }
  return [...days.values()].map((micro) => micro / 1e6);
}

function mostAtOnce(operations: readonly Operation[], now: number): number {
  const spans = operations.map(({ startedAt, readyAt = now }) => ({ startedAt, readyAt }));
  const at = (moment: number) => spans.filter((span) => span.startedAt <= moment && moment < span.readyAt).length;
  return Math.max(0, ...spans.map(({ startedAt }) => at(startedAt)));
}

const endOf = (film: FilmState | undefined): string => film?.needsInput?.code ?? film?.status ?? 'no-film';

const rests = (film: FilmState | undefined, person: Person | undefined): boolean =>
  film !== undefined &&
  film.status !== 'running' &&
  person?.isContent(film) === true &&
  film.blocks.every((block) => block.takes.every((take) => take.outcome !== undefined));

const longestUnknown = (film: FilmState): number =>
  Math.max(
    0,
    ...film.blocks
      .flatMap((block) => block.takes)
      .flatMap((take) => (take.unknownSince && take.outcome ? [take.outcome.at - take.at] : [])),
  );

/** Switches the other program's monitor off after its present run, and starts every host again as the owner of its work. */
function planHandover(stage: Stage, { oldMonitor }: Scenario, restart: () => void) {
  let isUnderWay = false;
  let isOver = false;
  stage.oldMonitor?.start();
  stage.onSaved(({ film }) => {
    if (isOver || oldMonitor?.until?.(film) !== true) return;
    [isUnderWay, isOver] = [true, true];
    void stage.oldMonitor?.retire().then(() => {
      stage.takeMonitorOver();
      stage.stop();
      restart();
      isUnderWay = false;
    });
  });
  return { isUnderWay: () => isUnderWay };
}

/** Stops every host, lets what is under way run out, puts the older database in place and starts them again. */
function planAccident(
  stage: Stage,
  { accident, rebuild = rebuildFilm }: SimulateOptions,
  films: readonly string[],
  restart: () => void,
) {
  const { world, recorder, auditor, database } = stage;
  let isUnderWay = false;
  let lostAt: number | undefined;
  const strike = async (backTo: number): Promise<void> => {
    const older = new Map(
      recorder.saved.slice(0, backTo).map(({ videoId, film, revision }) => [videoId, { film, revision }]),
    );
    await database.restore(backTo);
    recorder.restored(older);
    auditor.restored();
    if (accident?.rebuild) {
      const { hostsRun = false } = accident;
      const done = (): void => {
        isUnderWay = false;
        if (!hostsRun) restart();
      };
      const rebuilder = createRebuilder(films, rebuild, { hostsRun, done });
      stage.start('operator', (host) => rebuilder.live(host));
      if (hostsRun) restart();
      return;
    }
    if (older.size === 0) lostAt = world.elapsed;
    isUnderWay = false;
    restart();
  };
  stage.onSaved(() => {
    if (accident === undefined || recorder.saved.length !== accident.atSave) return;
    isUnderWay = true;
    stage.stop();
    world.after(HOSTS_STOPPED_MS, () => void strike(accident.backTo));
  });
  return { isUnderWay: () => isUnderWay, lostAt: () => lostAt };
}
