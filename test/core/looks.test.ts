import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { backOffMs, firstLookAt, learn, nextLookAt, settleMs } from '../../src/core/looks.ts';
import { studio } from '../support/studio.ts';

const { timing } = fakeVideo().model;
const hundred = Array.from({ length: 100 }, (_, index) => 20_000 + index * 1000);

describe('the first look', () => {
  it('is at the model’s floor until enough is learnt, then at the 5 % quantile', () => {
    assert.equal(firstLookAt(0, learn([60_000], timing)), 11_000);
    assert.equal(firstLookAt(0, learn(hundred, timing)), 25_000);
    assert.equal(
      firstLookAt(
        0,
        learn(
          hundred.map(() => 1000),
          timing,
        ),
      ),
      11_000,
    );
  });
});

describe('the next look', () => {
  const learnt = learn(hundred, timing);
  const gap = (age: number, random = 0.5) => nextLookAt(0, age, learnt, timing, random) - age;
  it('comes every 4 s, ten per cent more or less', () => {
    assert.equal(gap(30_000), 4000);
    assert.equal(gap(30_000, 0), 3600);
    assert.equal(gap(30_000, 1), 4400);
  });
  it('comes later and later past the 99 % quantile, at most every 30 s', () => {
    assert.equal(gap(119_000), 4000);
    assert.ok(gap(130_000) > 6000);
    assert.equal(gap(400_000), 30_000);
  });
});

describe('an unknown take', () => {
  it('is looked for twice the 99 % quantile, at least the model’s worst', () => {
    assert.equal(settleMs(learn([], timing), timing), timing.worstMs);
    assert.equal(
      settleMs(
        learn(
          hundred.map((ms) => ms * 10),
          timing,
        ),
        timing,
      ),
      2 * 1_190_000,
    );
  });
});

describe('back-off', () => {
  it('doubles, is jittered between half and whole, and has a ceiling', () => {
    const bounds = { baseMs: 1000, capMs: 60_000 };
    assert.equal(backOffMs(0, 0, bounds), 500);
    assert.equal(backOffMs(3, 1, bounds), 8000);
    assert.equal(backOffMs(50, 1, bounds), 60_000);
  });
});

describe('latencies', () => {
  it('of a finished film are remembered in one write and used by the next one', async () => {
    const log = faults();
    const { state, run, host } = studio();
    const films = host({ state: withFaults(state, log) });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => false, films);
    assert.equal(log.calls.filter((call) => call === 'kv.set').length, 1);
    const known = await state.kv.get('latencies/fake-video');
    assert.deepEqual(Object.keys(known as object), ['7', '8']);
  });
});
