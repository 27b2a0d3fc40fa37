import { expect, test } from 'vitest';
import { crashPoints, explain, simulate } from '../../src/adapters/testing/index.ts';
import { defineStep } from '../../src/core/define-step.ts';
import { defaultSteps } from '../../src/core/steps/index.ts';

test('a step of one’s own is done for each film, whatever goes wrong on the way', { timeout: 60_000 }, async () => {
  const performed = new Map<string, number>();
  const publish = defineStep({
    name: 'publish',
    perform: async ({ film, cut }) => {
      performed.set(film.videoId, (performed.get(film.videoId) ?? 0) + 1);
      return { revision: cut?.revision ?? '' };
    },
  });
  const options = { scenario: 'one-block', steps: [...defaultSteps(), publish] };
  const { singles } = await crashPoints(options);
  for (const faults of singles.slice(-60)) {
    performed.clear();
    const run = await simulate({ ...options, faults });
    expect(run.violations, explain(run)).toEqual([]);
    expect(run.ends).toEqual(['completed']);
    expect([...performed.values()].every((times) => times <= 2)).toBe(true);
    expect(performed.size).toBe(1);
  }
});
