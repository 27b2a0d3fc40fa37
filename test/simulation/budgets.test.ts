import { describe, expect, test } from 'vitest';
import { explain, type Scenario, scenarios, simulate } from '../../src/adapters/testing/simulate/index.ts';

const several = (films: number, more: Partial<Scenario>): Scenario => {
  const scenario = scenarios.find(({ name }) => name === 'one-block');
  if (scenario === undefined) throw new Error('no scenario one-block');
  return { ...scenario, name: `${films} films`, films, paid: films, ...more };
};

describe('budgets that films share', () => {
  test('a day’s budget is never passed by films that race for it, and the rest waits for the next day', {
    timeout: 120_000,
  }, async () => {
    // Each film costs 0.80 and what its transcription is reserved at; the day has room for two.
    const scenario = several(5, { limits: { perDayUsd: 1.7 } });
    for (const seed of [1, 2]) {
      const run = await simulate({ scenario, seed, workers: 3, hosting: 'tick', maxMs: 10 * 86_400_000 });
      expect(run.violations, explain(run)).toEqual([]);
      expect(run.paid).toBe(5);
      expect(run.endedMs).toBeGreaterThan(2 * 86_400_000);
      expect(Math.max(...run.paidPerDayUsd)).toBeLessThanOrEqual(1.7);
    }
  });

  test('launches under way stay below their limit, also while things go wrong', { timeout: 120_000 }, async () => {
    const scenario = several(6, { limits: { launchesUnderWay: 2 } });
    for (let seed = 1; seed <= 6; seed += 1) {
      const run = await simulate({ scenario, seed, workers: 4, faults: { rate: 0.03, untilMs: 600_000 } });
      expect(run.violations, explain(run)).toEqual([]);
      expect(run.mostUnderWay).toBeLessThanOrEqual(2);
      expect(run.paid).toBe(6);
    }
  });

  test('after so many failures nobody launches before ten minutes are over', { timeout: 120_000 }, async () => {
    // Every film's first two takes fail inside the vendor.
    const scenario = several(6, {
      outcomes: { 1: Array.from({ length: 12 }, () => 'failed' as const) },
      limits: { failuresPerTenMinutes: 3 },
      answers: { failed: () => ({ type: 'resume' }) },
    });
    for (const seed of [1, 2, 3]) {
      const run = await simulate({ scenario, seed, workers: 3, faults: { rate: 0.02, untilMs: 600_000 } });
      expect(run.violations, explain(run)).toEqual([]);
      expect(run.paid).toBe(6);
      expect(run.endedMs).toBeGreaterThan(600_000);
    }
  });
});
