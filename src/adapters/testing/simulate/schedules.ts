/** Schedules by chance: how many work on a film, what goes wrong, which clocks are off, all from one number. */
import type { Command, FilmState } from '../../../core/state.ts';
import { seeded } from '../../memory/seeded.ts';
import type { SimulateOptions } from './options.ts';
import { type Scenario, scenarios } from './scenario.ts';

/** Which random runs are made. */
export interface ScheduleOptions {
  /** Share of runs in which processes stand still for up to twice the settling time. @default 0.5 */
  readonly freezes?: number;
  /** Only scenarios whose vendor writes into our place, or only others. @default all */
  readonly adopts?: boolean;
}

const pick = <T>(from: readonly T[], random: () => number): T => from[Math.floor(random() * from.length)] as T;

const resume = (): Command => ({ type: 'resume' });
const raise = (film: FilmState): Command => ({
  type: 'resume',
  maxUsd: Math.ceil((film.needsInput?.neededMicroUsd ?? 0) / 10_000) / 100,
});

/** A person who does not give up: resumes whatever stopped. */
const persistent = (scenario: Scenario): Scenario => ({
  ...scenario,
  // What comes late finds the film done.
  ends: [...(scenario.ends ?? []), 'completed'],
  answers: {
    // One that may end so is not to be resumed for ever.
    ...(scenario.ends?.some((end) => end.startsWith('failed')) ? {} : { failed: resume }),
    'gave-up': resume,
    'unknown-take': resume,
    budget: raise,
    ...scenario.answers,
  },
});

/** The run that belongs to a seed. */
export function randomSchedule(seed: number, { freezes = 0.5, adopts }: ScheduleOptions = {}): SimulateOptions {
  const random = seeded(seed * 2_654_435_761);
  const possible = scenarios.filter((scenario) => adopts === undefined || (scenario.adopts ?? true) === adopts);
  const scenario = persistent(pick(possible, random));
  const isFrozen = random() < freezes;
  return {
    scenario,
    seed,
    workers: pick([1, 2, 2, 4, 8], random),
    hosting: pick(['advance', 'tick', 'mixed'], random),
    events: pick(['none', 'once', 'chaotic'], random),
    skewMs: pick([0, 0, 600_000], random),
    restartMs: pick([100, 5_000, 120_000], random),
    faults: {
      rate: pick([0.01, 0.02, 0.05, 0.1, 0.2], random),
      freezeRate: isFrozen ? pick([0.002, 0.01], random) : 0,
      longestFreezeMs: pick([60_000, 1_140_000], random),
      outages: pick([0, 0, 1, 3], random),
      longestOutageMs: pick([600_000, 7_200_000], random),
      untilMs: pick([600_000, 7_200_000], random),
    },
  };
}
