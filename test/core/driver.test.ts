/** The loop that awaits, with toy tasks: leases, claims, conflicts, hints, deadlines. */
import { describe, expect, it, vi } from 'vitest';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import type { Context } from '../../src/core/context.ts';
import { advance } from '../../src/core/driver.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/evolve.ts';
import type { Step, Task } from '../../src/core/machine.ts';
import { engineOf, type Pipeline, type PipelineOptions } from '../../src/core/pipeline.ts';
import type { SaveState, StateStore } from '../../src/core/ports.ts';
import type { FilmState, TaskRecord } from '../../src/core/state.ts';
import { studio } from '../support/studio.ts';

const LEASE_MS = 60_000;
type Perform = (film: FilmState, context: Context) => Promise<readonly Fact[]>;

const doneFact = (id: string, at = 0): Fact => ({ type: 'task-done', id, input: 'i', at });
const doing =
  (id: string, run: (context: Context, film: FilmState) => unknown = () => undefined): Perform =>
  async (film, context) => {
    await run(context, film);
    return [doneFact(id, context.now())];
  };

const task = (id: string, perform: Perform = doing(id), changes: Partial<Task> = {}): Task => ({
  id,
  role: 'script',
  input: 'i',
  kind: 'work',
  light: false,
  perform,
  ...changes,
});

/** A film of one step with these tasks, and a record of what was saved. */
async function setting(
  given: readonly Task[] | ((film: FilmState) => readonly Task[]),
  options: Partial<PipelineOptions> = {},
) {
  const base = studio();
  const saves: FilmState[] = [];
  const requests: SaveState[] = [];
  let beforeSave: (request: SaveState) => Promise<void> = async () => {};
  const state: StateStore = {
    ...base.state,
    save: async (request) => {
      await beforeSave(request);
      const saved = await base.state.save(request);
      requests.push(request);
      saves.push(JSON.parse(JSON.stringify(request.state)) as FilmState);
      return saved;
    },
  };
  const tasksOf = typeof given === 'function' ? given : () => given;
  const steps: readonly Step[] = [
    {
      name: 'toy',
      after: [],
      tasks: tasksOf,
      isDone: (film) => tasksOf(film).every(({ id }) => film.tasks[id]?.done !== undefined),
    },
  ];
  const host = (changes: Partial<PipelineOptions> = {}): Pipeline =>
    base.host({ state, steps, ...options, ...changes });
  const films = host();
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  saves.length = 0;
  const records = (): readonly (TaskRecord | undefined)[] => saves.map((film) => film.tasks.a);
  const onSave = (listener: typeof beforeSave): void => {
    beforeSave = listener;
  };
  return { ...base, host, films, videoId, saves, requests, records, onSave };
}

describe('a task', () => {
  it('is performed under a lease that is saved before, and ends with its result', async () => {
    let held: FilmState | undefined;
    const { films, videoId, saves, clock } = await setting([
      task(
        'a',
        doing('a', (_, film) => {
          held = film;
        }),
      ),
    ]);
    const film = await films.advance(videoId);
    expect(film.steps).toEqual([{ name: 'toy', done: true }]);
    expect(saves).toHaveLength(2);
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

describe('tasks one after another', () => {
  it('the next one is claimed in the save that ends the one before', async () => {
    const { films, videoId, saves } = await setting([task('a'), task('b'), task('c')]);
    const order: string[] = [];
    await films.advance(videoId);
    for (const film of saves)
      order.push(
        Object.entries(film.tasks)
          .map(([id, { done }]) => `${id}${done ? '+' : ''}`)
          .join(' '),
      );
    expect(saves.at(-1)?.tasks).toMatchObject({ a: { done: {} }, b: { done: {} }, c: { done: {} } });
    expect(saves.length).toBeLessThanOrEqual(6);
  });

  it('are begun side by side where all are due', async () => {
    let [now, most] = [0, 0];
    const both = (id: string) =>
      task(
        id,
        doing(id, async ({ ports }) => {
          now += 1;
          most = Math.max(most, now);
          await ports.clock.sleep(100);
          now -= 1;
        }),
      );
    const { films, videoId, clock } = await setting([both('a'), both('b')]);
    const advanced = films.advance(videoId);
    for (let turn = 0; turn < 20; turn += 1) await clock.advance(50);
    await advanced;
    expect(most).toBe(2);
  });

  it('one that becomes due while another runs is begun then, not after it', async () => {
    const begun: Record<string, number> = {};
    const made = await setting([
      task(
        'a',
        doing('a', ({ ports }) => ports.clock.sleep(10_000)),
      ),
      task(
        'b',
        doing('b', ({ ports }) => {
          begun.b = ports.clock.now();
        }),
        { notBefore: Date.UTC(2026, 0, 1) + 4_000 },
      ),
    ]);
    const started = made.clock.now();
    const advanced = made.films.advance(made.videoId);
    for (let turn = 0; turn < 12; turn += 1) await made.clock.advance(1_000);
    await advanced;
    expect((begun.b ?? 0) - started).toBe(4_000);
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

describe('two calls', () => {
  const slow = () => {
    const run = vi.fn(doing('a', ({ ports }) => ports.clock.sleep(1_000)));
    return { run, slowTask: task('a', run) };
  };

  it('in one process do a task once', async () => {
    const { run, slowTask } = slow();
    const { films, videoId, clock } = await setting([slowTask]);
    const first = films.advance(videoId);
    await clock.advance(10);
    const second = await films.advance(videoId);
    expect(second).toMatchObject({ status: 'waiting' });
    await clock.advance(1_000);
    await first;
    expect(run).toHaveBeenCalledTimes(1);
    // The mark of being at it goes with the task.
    expect((await films.advance(videoId)).steps[0]?.done).toBe(true);
  });

  it('on two hosts do a task once, and the other waits for the lease', async () => {
    const { run, slowTask } = slow();
    const { films, host, videoId, clock } = await setting([slowTask]);
    const first = films.advance(videoId);
    await clock.advance(10);
    expect(await host().advance(videoId)).toMatchObject({ status: 'waiting', on: 'another-host' });
    await clock.advance(1_000);
    await first;
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('at the very same moment do a task once', async () => {
    const run = vi.fn(doing('a'));
    const { films, host, videoId } = await setting([task('a', run)]);
    await Promise.all([films, host(), host(), host()].map((by) => by.advance(videoId)));
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('of whom one died: the other has it when the lease is over, or at once where the store knows of the death', async () => {
    const run = vi.fn(doing('a'));
    const made = await setting([task('a', run)]);
    const lost = made.host({ state: { ...made.state, holder: 'dead', save: made.state.save } });
    const engine = engineOf(lost);
    await engine.films.update(made.videoId, (_, now) => [
      { type: 'task-leased', id: 'a', input: 'i', lease: { token: 't', holder: 'dead', until: now + LEASE_MS } },
    ]);
    await made.films.advance(made.videoId);
    expect(run).not.toHaveBeenCalled();
    const knowing = made.host({ state: { ...made.state, isDead: (holder: string) => holder === 'dead' } });
    await knowing.advance(made.videoId);
    expect(run).toHaveBeenCalledTimes(1);
  });
});

describe('a long task', () => {
  it('renews its lease, so that nobody else begins', async () => {
    const run = vi.fn(doing('a', ({ ports }) => ports.clock.sleep(5 * LEASE_MS)));
    const { films, host, videoId, clock } = await setting([task('a', run)]);
    const first = films.advance(videoId);
    await clock.advance(10);
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(LEASE_MS / 4);
      if (turn < 18) expect(await host().advance(videoId)).toMatchObject({ status: 'waiting' });
    }
    expect((await first).steps[0]?.done).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('stops renewing when it is over', async () => {
    const { films, videoId, clock, saves } = await setting([
      task('a'),
      task('b', doing('b'), { notBefore: Date.UTC(2026, 0, 1) + 90_000_000 }),
    ]);
    await films.advance(videoId);
    expect(clock.sleepers).toBe(0);
    const before = saves.length;
    await clock.advance(10 * LEASE_MS);
    expect(saves).toHaveLength(before);
    expect(clock.sleepers).toBe(0);
  });

  it('goes on where one renewal fails', async () => {
    const made = await setting([
      task(
        'a',
        doing('a', ({ ports }) => ports.clock.sleep(2 * LEASE_MS)),
      ),
    ]);
    const first = made.films.advance(made.videoId);
    await made.clock.advance(10);
    let failures = 1;
    made.onSave(async () => {
      failures -= 1;
      if (failures === 0) throw new ReelstateError('retryable', 'Down.', { code: 'state-unavailable' });
    });
    for (let turn = 0; turn < 10; turn += 1) await made.clock.advance(LEASE_MS / 3);
    expect((await first).steps[0]?.done).toBe(true);
  });

  it('that lost its lease is told to leave, and what it found is dropped', async () => {
    let aborted = false;
    const made = await setting([
      task('a', async (_, { ports, signal }) => {
        await ports.clock.sleep(10 * LEASE_MS, signal).catch(() => undefined);
        aborted = signal.aborted;
        return [doneFact('a', 1)];
      }),
    ]);
    const first = made.films.advance(made.videoId);
    await made.clock.advance(10);
    const thief = { token: 'stolen', holder: 'thief', until: made.clock.now() + 100 * LEASE_MS };
    await engineOf(made.host()).films.update(made.videoId, () => [
      { type: 'task-leased', id: 'a', input: 'i', lease: thief },
    ]);
    for (let turn = 0; turn < 4; turn += 1) await made.clock.advance(LEASE_MS / 3);
    const film = await first;
    expect(aborted).toBe(true);
    expect(film.steps[0]?.done).toBe(false);
    expect((await engineOf(made.films).films.load(made.videoId)).film.tasks.a?.lease).toEqual(thief);
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

describe('a call’s own bounds', () => {
  it('with an aborted signal begins nothing', async () => {
    const run = vi.fn(doing('a'));
    const { films, videoId, saves } = await setting([task('a', run)]);
    expect(await films.advance(videoId, { signal: AbortSignal.abort() })).toMatchObject({ status: 'waiting' });
    expect([run.mock.calls.length, saves.length]).toEqual([0, 0]);
  });

  it('aborted in the middle saves what was found and claims nothing more', async () => {
    const stop = new AbortController();
    const next = vi.fn(doing('b'));
    const { films, videoId, saves } = await setting([
      task(
        'a',
        doing('a', () => stop.abort()),
      ),
      task('b', next, { notBefore: Date.UTC(2026, 0, 1) + 1 }),
    ]);
    await films.advance(videoId, { signal: stop.signal });
    expect(saves.at(-1)?.tasks.a?.done).toBeDefined();
    expect(saves.at(-1)?.tasks.b).toBeUndefined();
    expect(next).not.toHaveBeenCalled();
  });

  it('with a budget begins nothing after it, and ends what it began', async () => {
    const later = vi.fn(doing('b'));
    const { films, videoId, clock } = await setting([
      task(
        'a',
        doing('a', ({ ports }) => ports.clock.sleep(2_000)),
      ),
      task('b', later, { notBefore: Date.UTC(2026, 0, 1) + 1_500, light: true }),
    ]);
    const advanced = films.advance(videoId, { budgetMs: 1_000 });
    for (let turn = 0; turn < 6; turn += 1) await clock.advance(500);
    const film = await advanced;
    expect(later).not.toHaveBeenCalled();
    expect(film).toMatchObject({ status: 'waiting', on: 'time' });
    expect(film.status === 'waiting' && film.wakeAt).toBeLessThanOrEqual(clock.now());
    expect(await films.advance(videoId, { budgetMs: 0 })).toMatchObject({ status: 'waiting' });
    expect(later).not.toHaveBeenCalled();
    await films.advance(videoId, { budgetMs: 1 });
    expect(later).toHaveBeenCalledTimes(1);
  });
});

describe('a state store that fails', () => {
  const down = () => new ReelstateError('retryable', 'The database is down.', { code: 'state-unavailable' });

  it('at a claim: advance rejects, and the task was not begun', async () => {
    const run = vi.fn(doing('a'));
    const made = await setting([task('a', run)]);
    made.onSave(() => Promise.reject(down()));
    await expect(made.films.advance(made.videoId)).rejects.toMatchObject({ code: 'state-unavailable' });
    expect(run).not.toHaveBeenCalled();
  });

  it('at a result: advance rejects when everything else that runs has ended', async () => {
    let ended = false;
    const made = await setting([
      task('a', doing('a'), { light: true }),
      task(
        'b',
        async (_, { ports }) => {
          await ports.clock.sleep(5_000);
          ended = true;
          return [];
        },
        { light: true },
      ),
    ]);
    made.onSave(() => Promise.reject(down()));
    const advanced = made.films.advance(made.videoId).catch((error: unknown) => error);
    for (let turn = 0; turn < 6; turn += 1) await made.clock.advance(1_000);
    expect(await advanced).toMatchObject({ code: 'state-unavailable' });
    expect(ended).toBe(true);
  });

  it('afterwards the same process can do the task', async () => {
    const run = vi.fn(doing('a'));
    const made = await setting([task('a', run)]);
    let failures = 1;
    made.onSave(async () => {
      failures -= 1;
      if (failures >= 0) throw down();
    });
    await expect(made.films.advance(made.videoId)).rejects.toMatchObject({ code: 'state-unavailable' });
    expect((await made.films.advance(made.videoId)).steps[0]?.done).toBe(true);
  });

  it('with a conflict: the claim is decided anew, and a task that somebody did meanwhile is not done', async () => {
    const run = vi.fn(doing('a'));
    const made = await setting([task('a', run)]);
    let isFirst = true;
    made.onSave(async () => {
      if (!isFirst) return;
      isFirst = false;
      await engineOf(made.host({ state: made.state })).films.update(made.videoId, () => [doneFact('a', 1)]);
    });
    const film = await made.films.advance(made.videoId);
    expect(film.steps[0]?.done).toBe(true);
    expect(run).not.toHaveBeenCalled();
  });
});

describe('a full counter', () => {
  const full = (key: string) => new ReelstateError('throttled', 'Full.', { code: 'counter-full', details: { key } });

  it('at a claim: the task waits, and the lease is not taken', async () => {
    const run = vi.fn(doing('a'));
    const made = await setting([task('a', run)]);
    let isFirst = true;
    made.onSave(async () => {
      if (isFirst) {
        isFirst = false;
        throw full('launches-under-way');
      }
    });
    const film = await made.films.advance(made.videoId);
    expect(film).toMatchObject({ status: 'waiting', on: 'time' });
    expect(run).not.toHaveBeenCalled();
    expect(made.saves).toHaveLength(1);
    expect(made.saves[0]?.tasks.a).toMatchObject({ waitingFor: 'launches-under-way', failures: 0 });
    expect(made.saves[0]?.tasks.a?.lease).toBeUndefined();
  });

  it('at a result that claims the next task: the result is saved without the claim', async () => {
    const made = await setting([task('a'), task('b', doing('b'), { notBefore: Date.UTC(2026, 0, 1) + 100 })]);
    made.onSave(async ({ state }) => {
      const film = state as unknown as FilmState;
      if (film.tasks.b?.lease !== undefined) throw full('spend/day/2026-01-01');
    });
    const slow = made.films.advance(made.videoId);
    await made.clock.advance(200);
    await slow;
    await made.films.advance(made.videoId);
    const { film } = await engineOf(made.films).films.load(made.videoId);
    expect(film.tasks.a?.done).toBeDefined();
    expect(film.tasks.b).toMatchObject({ waitingFor: 'spend/day/2026-01-01' });
  });
});

describe('advance', () => {
  it('says whether anything changed', async () => {
    const made = await setting([task('a')]);
    const engine = engineOf(made.films);
    expect(await advance(engine, made.videoId, {})).toMatchObject({ changed: true });
    expect(await advance(engine, made.videoId, {})).toMatchObject({ changed: false });
  });
});

describe('a hint', () => {
  const object = (videoId: string, block = 1, take = 1) => `${videoId}/takes/${block}-${take}/1/sample_0.mp4`;

  /** A film whose first take is under way. */
  async function launched() {
    const base = studio();
    const { videoId } = await base.films.create({ theme: 'Bees', durationSeconds: 8 });
    await base.run(videoId, () => base.video.posts.length === 1);
    return { ...base, videoId };
  }

  it('makes the look due at once, in storage and not at the vendor', async () => {
    const { films, host, videoId, clock, video, storage } = await launched();
    await storage.put(object(videoId), tinyMp4({ durationMs: 8000 }), { ifRevision: null });
    const look = vi.fn(video.look);
    await host({ video: { ...video, look } }).advance(videoId, { hint: { object: object(videoId) } });
    expect(look).not.toHaveBeenCalled();
    expect((await films.get(videoId)).blocks[0]?.takes[0]).toMatchObject({ status: 'finished' });
    expect(clock.now()).toBeGreaterThan(0);
  });

  it('does not take half a file for a bad one before the vendor says that it is done', async () => {
    const { films, host, videoId, storage, video } = await launched();
    const whole = tinyMp4({ durationMs: 8000 });
    const half = await storage.put(object(videoId), whole.slice(0, whole.length / 2), { ifRevision: null });
    const hint = { object: object(videoId) };
    await host().advance(videoId, { hint });
    expect((await films.get(videoId)).blocks[0]?.takes[0]?.status).toBe('launched');
    await storage.put(object(videoId), whole, { ifRevision: half.revision });
    await host().advance(videoId, { hint });
    expect((await films.get(videoId)).blocks[0]?.takes[0]?.status).toBe('finished');
    expect(video.posts).toHaveLength(1);
  });

  it('of another film, another take or no take changes nothing', async () => {
    const { films, videoId, state } = await launched();
    const before = await state.load(videoId);
    for (const name of [object('another-film'), object(videoId, 1, 2), object(videoId, 2, 1), `${videoId}/final.mp4`])
      await films.advance(videoId, { hint: { object: name } });
    expect(await state.load(videoId)).toEqual(before);
  });

  it('that meets a launch under way is kept and looked at as soon as that is written down', async () => {
    const base = studio();
    const looked: number[] = [];
    let hinted: Promise<unknown> | undefined;
    const films = base.host({
      video: {
        ...base.video,
        launch: async (request) => {
          const answer = await base.video.launch(request);
          const name = `${(request.labels?.film ?? '').toLowerCase()}/takes/1-1/1/sample_0.mp4`;
          hinted = base.host({ clock: base.clock.host() }).advance(videoId, { hint: { object: name } });
          await hinted;
          return answer;
        },
        look: (operation, options) => {
          looked.push(base.clock.now());
          return base.video.look(operation, options);
        },
      },
    });
    const { videoId } = await films.create({ videoId: 'hinted-film', theme: 'Bees', durationSeconds: 8 });
    const started = base.clock.now();
    await films.advance(videoId);
    expect(hinted).toBeDefined();
    const record = (await engineOf(films).films.load(videoId)).film.tasks['look:1-1'];
    expect(looked.some((at) => at === started) || (record?.dueAt ?? Number.POSITIVE_INFINITY) <= started).toBe(true);
  });
});
