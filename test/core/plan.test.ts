import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { durationChoices, planBlocks, plannedDurationMs } from '../../src/core/plan.ts';

const { model } = fakeVideo();
const chains = (seconds: number): number[] => {
  const sums: number[] = [];
  for (const { chain, seconds: length } of planBlocks(seconds, model.limits)) {
    sums[chain - 1] = (sums[chain - 1] ?? 0) + length;
  }
  return sums;
};

describe('the plan', () => {
  // design.md 4 and wire-compat.md: 8 s, 7 s more each, 37 s per chain.
  for (const [target, expected] of [
    [1, [8]],
    [7, [8]],
    [8, [8]],
    [9, [15]],
    [15, [15]],
    [16, [22]],
    [30, [36]],
    [36, [36]],
    [37, [22, 15]],
    [50, [36, 15]],
    [78, [36, 29, 15]],
    [180, [36, 36, 36, 36, 36]],
  ] as const) {
    it(`for ${target} s has chains of ${expected.join(' and ')} s`, () => assert.deepEqual(chains(target), expected));
  }

  for (const target of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 181, 1000]) {
    it(`refuses ${target} s and says what is possible`, () => {
      assert.throws(
        () => planBlocks(target, model.limits),
        (error: { code?: string; cure?: string }) => error.code === 'invalid-duration' && Boolean(error.cure),
      );
    });
  }

  it('begins each later chain with a last frame, which shows once', () => {
    const plan = planBlocks(37, model.limits);
    assert.deepEqual(
      plan.map((block) => block.kind),
      ['start', 'extend', 'extend', 'last-frame', 'extend'],
    );
    assert.equal(plannedDurationMs(plan), 36_958);
  });

  it('of a model that cannot extend joins blocks by their last frames', () => {
    const { extendSeconds: _, ...limits } = model.limits;
    assert.deepEqual(
      planBlocks(24, limits).map((block) => block.kind),
      ['start', 'last-frame', 'last-frame'],
    );
  });

  it('refuses a chaining that the model has not', () => {
    const { extendSeconds: _, ...limits } = model.limits;
    assert.throws(() => planBlocks(24, limits, { chaining: 'extend' }), { code: 'unsupported-chaining' });
  });

  it('offers lengths that can be made, each with its price', () => {
    const choices = durationChoices(model, { maxSeconds: 60 });
    assert.deepEqual(
      choices.map((choice) => choice.seconds),
      [8, 15, 22, 29, 36, 37, 44, 51, 58],
    );
    assert.equal(choices[1]?.microUsd, 1_500_000);
  });
});
