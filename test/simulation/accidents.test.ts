import { describe, expect, test } from 'vitest';
import { explain, type Scenario, scenarios, simulate } from '../../src/adapters/testing/simulate/index.ts';

/** An older database may know too little to go on; then it says so and buys nothing. */
const afterwards = (name: string): Scenario => {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return { ...scenario, ends: [...(scenario.ends ?? ['completed']), 'rebuild', 'refused'] };
};

describe('a database that is older than the bucket, or empty', () => {
  test.each([
    ['one-block', 1],
    ['two-blocks', 2],
    ['failed-take', 4],
    ['no-adoption', 3],
  ] as const)(
    '%s: after each save, back to each earlier one: nothing is bought again',
    { timeout: 120_000 },
    async (name, step) => {
      const scenario = afterwards(name);
      const base = await simulate({ scenario });
      const broken: string[] = [];
      const ends = new Set<string>();
      for (let atSave = 1; atSave <= base.saves; atSave += 1) {
        for (let backTo = (atSave + 1) % step; backTo < atSave; backTo += step) {
          const run = await simulate({ scenario, accident: { atSave, backTo } });
          for (const end of run.ends) ends.add(end);
          if (run.violations.length > 0 || run.paid > base.paid)
            broken.push(`save ${atSave} → ${backTo}: ${explain(run)}`);
        }
      }
      expect(broken.slice(0, 3).join('\n\n')).toBe('');
      expect([...ends]).toEqual(expect.arrayContaining(['completed', 'rebuild', 'no-film']));
    },
  );
});
