import { describe, expect, test } from 'vitest';
import { scenarios, simulate } from '../../src/adapters/testing/simulate/index.ts';
import { allSingles, type Tally } from './enumerate.ts';

const print = (name: string, { runs, calls, longestRecoveryMs, extra }: Tally): void =>
  console.info(
    `${name}: ${runs} faults at ${calls} calls, ${extra} launches too many, at most ${(longestRecoveryMs / 60_000).toFixed(1)} min longer`,
  );

/** The crash points of each `of`th scenario: the test files share them, so that they run side by side. */
export function crashPointTests(part: number, of: number): void {
  describe.each(scenarios.filter((_, index) => index % of === part))('$name', (scenario) => {
    test('without faults it pays for exactly what it needs', async () => {
      const run = await simulate({ scenario });
      expect(run.violations).toEqual([]);
      expect(run.paid).toBe(scenario.paid);
    });

    test('any single fault at any call changes nothing but the time', { timeout: 300_000 }, async () => {
      const tally = await allSingles(scenario);
      print(scenario.name, tally);
      expect(tally.broken.slice(0, 3).join('\n\n')).toBe('');
      expect(tally.runs).toBeGreaterThan(100);
    });
  });
}
