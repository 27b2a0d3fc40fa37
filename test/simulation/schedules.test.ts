import { describe, expect, test } from 'vitest';
import {
  explain,
  type FaultRates,
  randomSchedule,
  type Scenario,
  simulate,
} from '../../src/adapters/testing/simulate/index.ts';

const SEEDS = 150;

describe('schedules by chance', () => {
  test(`${SEEDS} seeds break no promise`, { timeout: 300_000 }, async () => {
    const broken: string[] = [];
    let tooMany = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const schedule = randomSchedule(seed);
      const run = await simulate(schedule);
      if (run.violations.length > 0) broken.push(explain(run));
      const scenario = schedule.scenario as Scenario;
      const { freezeRate = 0, outages = 0, longestOutageMs = 0 } = schedule.faults as FaultRates;
      // Past its deadline a take counts as late and the next one may start; only then, or frozen, may one be bought too many.
      const isQuick = freezeRate === 0 && (outages === 0 || longestOutageMs < 900_000);
      if (scenario.adopts !== false && isQuick) tooMany += Math.max(0, run.paid - scenario.paid);
    }
    expect(broken.slice(0, 3).join('\n\n')).toBe('');
    expect(tooMany).toBe(0);
  });

  test('a seed replays exactly', async () => {
    const trace = async (seed: number) =>
      (await simulate(randomSchedule(seed))).calls.map(
        ({ at, process, method, fault }) => `${at} ${process} ${method} ${fault?.kind ?? ''}`,
      );
    expect(await trace(7)).toEqual(await trace(7));
    expect(await trace(7)).not.toEqual(await trace(8));
  });

  test('without any event the film is the same as with each, twice, late and out of order', async () => {
    const [none, once, chaotic] = await Promise.all(
      (['none', 'once', 'chaotic'] as const).map((events) => simulate({ scenario: 'five-blocks', events, workers: 3 })),
    );
    for (const run of [none, once, chaotic]) {
      expect(run).toMatchObject({ violations: [], ends: ['completed'], paid: 5 });
    }
  });
});
