/** One task from its claim to its result, and what it hands over to. */
import { describe, expect, it, vi } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import type { Task } from '../../src/core/machine.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { FilmState } from '../../src/core/state.ts';
import { doing, doneFact, LEASE_MS, setting, task } from '../support/toy-film.ts';

describe('a task', () => {
  it('is performed under a lease that is saved before, and ends with its result', async () => {
    let held: FilmState | undefined;
    const { films, videoId, loads, saves, clock } = await setting([
      task(
        'a',
        doing('a', (_, film) => {
          held = film;
        }),
      ),
    ]);
    const film = await films.advance(videoId);
    expect(film.steps).toEqual([{ name: 'toy', done: true }]);
    // The second read is that of the marks before a film is final.
    expect([loads.length, saves.length]).toEqual([2, 2]);
    expect(saves[0]?.tasks.a?.lease).toMatchObject({ until: clock.now() + LEASE_MS });
    expect(held?.tasks.a?.lease).toEqual(saves[0]?.tasks.a?.lease);
    expect(saves[1]?.tasks.a).toMatchObject({ done: { at: clock.now() } });
    expect(saves[1]?.tasks.a?.lease).toBeUndefined();
  });

  it('that says nothing about itself gives its lease back', async () => {
    const { films, videoId, saves } = await setting([task('a', async () => [{ type: 'disagreed', reason: 'x' }])]);
    await films.advance(videoId);
    expect(saves.map((film) => film.tasks.a?.lease !== undefined)).toEqual([true, false]);
    expect(saves[1]?.tasks.a).toBeUndefined();
  });

  it('that says nothing at all is not begun again in the same call', async () => {
    const run = vi.fn(async () => []);
    const { films, videoId, saves } = await setting([task('a', run, { light: true })]);
    expect(await films.advance(videoId)).toMatchObject({ status: 'waiting', on: 'time' });
    expect(run).toHaveBeenCalledTimes(1);
    expect(saves).toEqual([]);
  });

  it('that is light takes no lease: one save', async () => {
    const { films, videoId, saves } = await setting([task('a', doing('a'), { light: true })]);
    await films.advance(videoId);
    expect(saves).toHaveLength(1);
  });

  it('saves what its claim says with its lease', async () => {
    const claim = (): readonly Fact[] => [{ type: 'foreign-final', uri: 'claimed' }];
    const { films, videoId, saves } = await setting([task('a', doing('a'), { claim })]);
    await films.advance(videoId);
    expect(saves[0]).toMatchObject({ foreignFinal: 'claimed' });
    expect(saves[0]?.tasks.a?.lease).toBeDefined();
  });

  it('that is exclusive has its claim and no lease; without a claim there is nothing to do', async () => {
    const run = vi.fn(doing('a'));
    const claim = vi.fn((): readonly Fact[] => [doneFact('other')]);
    const { films, videoId, saves } = await setting([task('a', run, { exclusive: true, claim })]);
    await films.advance(videoId);
    expect(saves.every((film) => film.tasks.a?.lease === undefined)).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
    const idle = vi.fn(doing('a'));
    const nothing = await setting([task('a', idle, { exclusive: true, claim: () => [] })]);
    await nothing.films.advance(nothing.videoId);
    expect(idle).not.toHaveBeenCalled();
  });

  it('knows the moment just before its claim was sent', async () => {
    let claimedAt: Context['claimedAt'] | undefined;
    const made = await setting([
      task(
        'a',
        doing('a', (context) => {
          claimedAt = context.claimedAt;
        }),
      ),
    ]);
    const before = { wall: made.clock.now(), monotonic: made.clock.monotonic() };
    made.onSave(async () => made.clock.advance(1_000));
    await made.films.advance(made.videoId);
    expect(claimedAt).toEqual(before);
  });
});

describe('a task that another one waits for', () => {
  /** b is there once a is done. */
  const chained = (a: Task, b: Task) => (film: FilmState) => [a, b].slice(0, film.tasks.a?.done === undefined ? 1 : 2);

  it('hands over in one save: the result and the next lease', async () => {
    const { films, videoId, saves } = await setting(chained(task('a'), task('b')));
    await films.advance(videoId);
    expect(saves).toHaveLength(3);
    expect(saves[1]?.tasks.a?.done).toBeDefined();
    expect(saves[1]?.tasks.b?.lease).toBeDefined();
    expect(saves[2]?.tasks.b?.done).toBeDefined();
  });

  it('hands an exclusive one over by its claim alone', async () => {
    const claim = (): readonly Fact[] => [doneFact('claimed')];
    const { films, videoId, saves } = await setting(
      chained(task('a'), task('b', doing('b'), { exclusive: true, claim })),
    );
    await films.advance(videoId);
    expect(saves).toHaveLength(3);
    expect(saves[1]?.tasks).toMatchObject({ a: { done: {} }, claimed: { done: {} } });
    expect(saves[1]?.tasks.b).toBeUndefined();
    expect(saves[2]?.tasks.b?.done).toBeDefined();
  });

  it('leaves a light one without a lease', async () => {
    const { films, videoId, saves } = await setting(chained(task('a'), task('b', doing('b'), { light: true })));
    await films.advance(videoId);
    expect(saves).toHaveLength(3);
    expect(saves[1]?.tasks.b).toBeUndefined();
  });

  it('claims nothing more for a worker that leaves', async () => {
    const stop = new AbortController();
    const next = vi.fn(doing('b'));
    const { films, videoId, saves } = await setting(
      chained(
        task(
          'a',
          doing('a', () => stop.abort()),
        ),
        task('b', next),
      ),
    );
    await films.advance(videoId, { signal: stop.signal });
    expect(saves).toHaveLength(2);
    expect(saves[1]?.tasks.a?.done).toBeDefined();
    expect(saves[1]?.tasks.b).toBeUndefined();
    expect(next).not.toHaveBeenCalled();
  });

  it('is saved without the next claim where a budget is full', async () => {
    const next = vi.fn(doing('b'));
    const made = await setting(chained(task('a'), task('b', next)));
    made.onSave(async ({ state }) => {
      const film = state as unknown as FilmState;
      if (film.tasks.b?.lease === undefined) return;
      throw new ReelstateError('throttled', 'Full.', { code: 'counter-full', details: { key: 'launches-under-way' } });
    });
    const film = await made.films.advance(made.videoId);
    expect(film).toMatchObject({ status: 'waiting', on: 'time' });
    expect(made.saves[1]?.tasks.a?.done).toBeDefined();
    expect(made.saves.at(-1)?.tasks.b).toMatchObject({ waitingFor: 'launches-under-way' });
    expect(next).not.toHaveBeenCalled();
  });

  it('is not saved twice where the store fails otherwise', async () => {
    const made = await setting(chained(task('a'), task('b')));
    let attempts = 0;
    made.onSave(async ({ state }) => {
      if ((state as unknown as FilmState).tasks.a?.done === undefined) return;
      attempts += 1;
      throw new ReelstateError('permanent', 'Denied.', { code: 'state-denied' });
    });
    await expect(made.films.advance(made.videoId)).rejects.toMatchObject({ code: 'state-denied' });
    expect(attempts).toBe(1);
  });

  it('hands over nothing of which the claim finds nothing to do', async () => {
    const next = vi.fn(doing('b'));
    const { films, videoId, saves } = await setting(
      chained(task('a'), task('b', next, { exclusive: true, claim: () => [] })),
    );
    await films.advance(videoId);
    expect(saves.at(-1)?.tasks.a?.done).toBeDefined();
    expect(next).not.toHaveBeenCalled();
  });

  it('hands over nothing once its lease is lost', async () => {
    const tasks: Task[] = [];
    const leases: unknown[] = [];
    const next = task(
      'b',
      doing('b', (_, film) => leases.push(film.tasks.b?.lease)),
    );
    const made = await setting(() => tasks);
    const thief = { token: 'stolen', holder: 'thief', until: Date.UTC(2027, 0, 1) };
    const losing = task(
      'a',
      doing('a', async () => {
        const stolen: Fact = { type: 'task-leased', id: 'a', input: 'i', lease: thief };
        await engineOf(made.films).films.update(made.videoId, () => [stolen]);
        tasks.push(next);
      }),
    );
    tasks.push(losing);
    await made.films.advance(made.videoId);
    expect(leases).toEqual([expect.objectContaining({ token: expect.any(String) })]);
  });

  it('is free again for this process while what it handed over to goes on', async () => {
    let input = 'i';
    const sleeping = doing('b', ({ ports }) => ports.clock.sleep(10_000));
    const again = vi.fn(async (): Promise<Fact[]> => [{ type: 'task-done', id: 'a', input, at: 0 }]);
    const made = await setting((film) => [
      task('a', again, { input }),
      ...(film.tasks.a?.done === undefined ? [] : [task('b', sleeping)]),
      task('tick', doing('tick'), { light: true, notBefore: Date.UTC(2026, 0, 1) + 1_000 }),
    ]);
    const advanced = made.films.advance(made.videoId, { budgetMs: 5_000 });
    await made.clock.advance(500);
    input = 'j';
    await made.clock.advance(1_000);
    expect(again).toHaveBeenCalledTimes(2);
    await made.clock.advance(10_000);
    await advanced;
  });

  it('keeps other calls of this process from what it handed over to', async () => {
    const run = vi.fn(doing('b', ({ ports }) => ports.clock.sleep(1_000)));
    const exclusive = task('b', run, { exclusive: true, claim: () => [doneFact('claimed')] });
    const made = await setting(chained(task('a'), exclusive));
    const first = made.films.advance(made.videoId);
    await made.clock.advance(500);
    await made.films.advance(made.videoId);
    await made.clock.advance(1_000);
    await first;
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('does not hand over what this process is at already', async () => {
    const run = vi.fn(doing('b', ({ ports }) => ports.clock.sleep(1_000)));
    const second = task('b', run, { exclusive: true, claim: () => [doneFact('claimed')] });
    const made = await setting((film) =>
      [
        task(
          'a',
          doing('a', ({ ports }) => ports.clock.sleep(500)),
        ),
        second,
      ].slice(0, film.tasks.b?.done ? 1 : 2),
    );
    const first = made.films.advance(made.videoId);
    for (let turn = 0; turn < 8; turn += 1) await made.clock.advance(250);
    await first;
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe('a task that fails', () => {
  const failing = (error: unknown) => task('a', () => Promise.reject(error));

  it('is tried again later, and the log says why', async () => {
    const lines: unknown[] = [];
    const logger = {
      debug: () => {},
      info: () => {},
      error: () => {},
      warn: (message: string, fields: unknown) => lines.push([message, fields]),
    };
    const error = new ReelstateError('retryable', 'Not now.', {
      code: 'busy',
      retryAfterMs: 5_000,
      cause: new Error('Deep.'),
    });
    const { films, videoId, clock, saves } = await setting([failing(error)], { logger: logger as never });
    const film = await films.advance(videoId);
    expect(film).toMatchObject({ status: 'waiting', on: 'time', wakeAt: clock.now() + 5_000 });
    expect(saves.at(-1)?.tasks.a).toMatchObject({ failures: 1, waitingFor: 'busy' });
    expect(saves.at(-1)?.tasks.a?.lease).toBeUndefined();
    expect(lines).toEqual([['task failed', { videoId, task: 'a', code: 'busy', message: 'Not now.', cause: 'Deep.' }]]);
  });

  it('is no failure where the worker was told to leave', async () => {
    const stop = new AbortController();
    const made = await setting([
      task('a', async () => {
        stop.abort();
        throw new Error('I leave.');
      }),
    ]);
    await made.films.advance(made.videoId, { signal: stop.signal });
    expect(made.saves.at(-1)?.tasks.a).toBeUndefined();
  });

  it('permanently fails the film', async () => {
    const { films, videoId } = await setting([failing(new ReelstateError('permanent', 'Never.', { code: 'never' }))]);
    expect(await films.advance(videoId)).toMatchObject({
      status: 'failed',
      error: { code: 'never', message: 'Never.' },
    });
  });
});
