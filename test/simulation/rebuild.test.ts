import { describe, expect, test } from 'vitest';
import {
  explain,
  kindsFor,
  type Scenario,
  type SimulateOptions,
  scenarios,
  simulate,
} from '../../src/adapters/testing/simulate/index.ts';
import { rebuild } from '../../src/admin/index.ts';

/** Takes are longer under way than hosts are stopped before a restore. */
function slow(name: string): Scenario {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return { ...scenario, latencyMs: [200_000, 205_000] };
}

/** A run that is to end as it would have without the accident. */
async function run(options: SimulateOptions, paid: number, broken: string[]) {
  const found = await simulate({ ...options, rebuild });
  const { atSave = 0, backTo = 0 } = options.accident ?? {};
  if (found.violations.length > 0 || found.paid > paid || !found.ends.every((end) => end === 'completed'))
    broken.push(`save ${atSave} → ${backTo}, ${JSON.stringify(options.faults ?? [])}: ${explain(found)}`);
  return found;
}

describe('a film that is rebuilt from its bucket after the database was lost or an old copy came back', () => {
  test.each([
    ['one-block', 1, false],
    ['two-blocks', 5, false],
    ['failed-take', 11, false],
    ['refusal-with-rewrite', 9, false],
    ['reroll-and-pick', 11, false],
    ['one-block', 3, true],
    ['two-blocks', 9, true],
  ] as const)('%s, one in %s copies, hosts running: %s', { timeout: 120_000 }, async (name, step, hostsRun) => {
    const scenario = slow(name);
    const workers = hostsRun ? 2 : 1;
    const base = await simulate({ scenario, workers });
    const broken: string[] = [];
    let runs = 0;
    for (let atSave = 1; atSave <= base.saves; atSave += 1) {
      for (let backTo = (atSave + 1) % step; backTo < atSave; backTo += step) {
        const accident = { atSave, backTo, rebuild: true, hostsRun };
        await run({ scenario, workers, accident }, base.paid, broken);
        runs += 1;
      }
    }
    console.info(`${name}: ${runs} films rebuilt${hostsRun ? ' while hosts ran' : ''}`);
    expect(broken.slice(0, 3).join('\n\n')).toBe('');
    expect(runs).toBeGreaterThan(20);
  });

  test('whatever goes wrong with the rebuild itself', { timeout: 120_000 }, async () => {
    const scenario = slow('one-block');
    const base = await simulate({ scenario });
    const broken: string[] = [];
    let runs = 0;
    for (let atSave = 2; atSave <= base.saves; atSave += 7) {
      for (const backTo of [0, atSave >> 1]) {
        const accident = { atSave, backTo, rebuild: true };
        const { calls } = await run({ scenario, accident }, base.paid, broken);
        for (const call of calls.filter(({ process }) => process.startsWith('operator'))) {
          for (const kind of kindsFor(call)) {
            await run({ scenario, accident, faults: [{ call: call.number, kind }] }, base.paid, broken);
            runs += 1;
          }
        }
      }
    }
    console.info(`${runs} faults at calls of the rebuild`);
    expect(broken.slice(0, 3).join('\n\n')).toBe('');
    expect(runs).toBeGreaterThan(100);
  });
});
