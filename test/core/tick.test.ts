import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { ManualClock } from '../../src/adapters/memory/index.ts';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { studio } from '../support/studio.ts';

const bees = { theme: 'Bees', durationSeconds: 15 };

/** Lets time pass until the promise settles. */
async function passing<T>(clock: ManualClock, running: Promise<T>): Promise<T> {
  let settled = false;
  const done = running.finally(() => {
    settled = true;
  });
  while (!settled) await clock.advance(500);
  return done;
}

describe('tick', () => {
  it('alone finishes every film, with a minute cron and 50 s of budget', async () => {
    const { films, clock, video } = studio();
    const ids = await Promise.all(Array.from({ length: 3 }, () => films.create(bees).then((film) => film.videoId)));
    for (let minute = 0; minute < 15; minute += 1) {
      await passing(clock, films.tick({ budgetMs: 50_000 }));
      await clock.advance(10_000);
    }
    for (const id of ids) assert.equal((await films.get(id)).status, 'completed');
    assert.equal(video.posts.length, 6);
  });

  it('without a budget is one round, oldest first, of at most so many films', async () => {
    const { films, clock } = studio();
    for (let i = 0; i < 5; i += 1) await films.create(bees);
    const tick = await passing(clock, films.tick({ limit: 2 }));
    assert.deepEqual([tick.checked, tick.processed], [2, 2]);
  });

  it('goes on with the others when one film cannot be read', async () => {
    const log = faults();
    const { films, host, state, clock } = studio();
    const [bad, good] = [await films.create(bees), await films.create(bees)];
    const broken = withFaults(
      state,
      log.on('load', { error: new Error('no'), when: ((id: string) => id === bad.videoId) as never }),
    );
    const tick = await passing(clock, host({ state: broken }).tick());
    assert.deepEqual(tick.failed, [bad.videoId]);
    assert.notEqual((await films.get(good.videoId)).script, undefined);
  });

  it('asks a store in which nothing is due only now and then', async () => {
    const log = faults();
    const { host, state, clock } = studio();
    await passing(clock, host({ state: withFaults(state, log) }).tick({ budgetMs: 50_000 }));
    assert.ok(log.calls.filter((call) => call === 'claimDue').length <= 7, `${log.calls.length} calls`);
  });

  it('ends at once when its host is told to stop', async () => {
    const { films, clock } = studio();
    await films.create(bees);
    const stop = new AbortController();
    const running = films.tick({ budgetMs: 50_000, signal: stop.signal });
    stop.abort();
    await passing(clock, running);
    assert.ok(clock.now() < Date.UTC(2026, 0, 1, 0, 1));
  });

  it('of a host that lacks a port leaves those films to others', async () => {
    const { host, films, state, clock } = studio();
    const { videoId } = await films.create(bees);
    const assembler = host({ owns: { script: false, video: false, monitor: false } });
    assert.equal((await passing(clock, assembler.tick())).checked, 0);
    assert.notEqual(await state.load(videoId), undefined);
  });
});
