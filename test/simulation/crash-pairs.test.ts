import { expect, test } from 'vitest';
import { scenarios } from '../../src/adapters/testing/simulate/index.ts';
import { crashPairs } from './enumerate.ts';

// All pairs are for `npm run simulate -- --pairs`; here a fixed part of them.
test.each([
  ['one-block', 11],
  ['two-blocks', 61],
] as const)('%s: a second crash on the way back changes nothing either', { timeout: 300_000 }, async (name, every) => {
  const scenario = scenarios.find((each) => each.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const tally = await crashPairs(scenario, { every });
  console.info(`${name}: ${tally.runs} pairs of crashes`);
  expect(tally.broken.slice(0, 3).join('\n\n')).toBe('');
  expect(tally.runs).toBeGreaterThan(100);
});
