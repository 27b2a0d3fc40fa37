import { strict as assert } from 'node:assert';
import { describe, it } from 'vitest';
import type { FakeOutcome } from '../../src/adapters/memory/index.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import { studio } from '../support/studio.ts';

const DAY = 86_400_000;

it('the wait for a take of unknown fate does not count as time without quota', async () => {
  const outcomes: readonly FakeOutcome[] = ['not-connected', 'lost-answer', 'throttled'];
  const { films, clock, run } = studio({ outcomes, adopting: false, pipeline: { onUnknownTake: 'relaunch' } });
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 8 });
  await run(videoId, (film) => film.blocks[0]?.takes[1]?.status === 'lost');
  const lostAt = clock.now();
  await run(videoId, (film) => film.blocks[0]?.takes.at(-1)?.status === 'launched');
  assert.ok(clock.now() - lostAt < 60_000);
});

describe('a vendor that takes no launch for a day', () => {
  it.each<[string, FakeOutcome]>([
    ['cannot be reached', 'not-connected'],
    ['has no quota', 'throttled'],
  ])('because it %s leaves the film a small document, and is asked again in time', async (_, outcome) => {
    let isAway = true;
    const { films, clock, run } = studio({ outcomes: () => (isAway ? outcome : 'done') });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const begunAt = clock.now();
    await run(videoId, () => clock.now() - begunAt > DAY - 3_600_000);
    const { film } = await engineOf(films).films.load(videoId);
    const takes = film.blocks[0]?.takes ?? [];
    assert.ok(takes.length > 20 && takes.length < 120, `${takes.length} takes`);
    assert.ok(JSON.stringify(film).length < 50_000);
    isAway = false;
    const backAt = clock.now();
    assert.equal((await run(videoId)).status, 'completed');
    assert.ok(clock.now() - backAt < 3_700_000);
  });
});
