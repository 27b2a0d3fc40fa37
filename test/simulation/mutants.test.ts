import { afterAll, describe, expect, test } from 'vitest';
import type { Scenario, SimulateOptions } from '../../src/adapters/testing/simulate/index.ts';
import { scenarios, simulate } from '../../src/adapters/testing/simulate/index.ts';
import { loadMutant, removeMutants } from './load-mutant.ts';
import { caught, mutants } from './mutants.ts';

afterAll(removeMutants);

const scenarioOf = ({ scenario }: SimulateOptions): Scenario => {
  const found = typeof scenario === 'object' ? scenario : scenarios.find(({ name }) => name === scenario);
  if (found === undefined) throw new Error(`no scenario ${String(scenario)}`);
  return found;
};

describe.each(mutants)('without this: $without', ({ name, edits, wrap, intents, run }) => {
  test(`${name}: the core as it is passes`, async () => {
    let scenario: Scenario | undefined;
    const result = await run((options) => {
      scenario = scenarioOf(options);
      return simulate(options);
    });
    expect(caught(result, scenario as Scenario, intents)).toBeUndefined();
  });

  test(`${name}: the planted bug is found`, async () => {
    const mutated = edits && (await loadMutant(name, edits));
    let scenario: Scenario | undefined;
    const result = await run((options) => {
      scenario = scenarioOf(options);
      return simulate({ ...options, ...mutated, ...(wrap ? { wrap } : {}) });
    });
    expect(caught(result, scenario as Scenario, intents)).toEqual(expect.any(String));
  });
});
