/** One call of advance: what it begins, waits for and answers. */
import { describe, expect, it, vi } from 'vitest';
import { advance } from '../../src/core/driver.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import { doing, doneFact, inTime, setting, task } from '../support/toy-film.ts';

const LATER = Date.UTC(2027, 0, 1);

describe('tasks one after another', () => {
  it('the next one is claimed in the save that ends the one before', async () => {
    const { films, videoId, saves, clock } = await setting([task('a'), task('b'), task('c')]);
    // Who meets a conflict for the third time sleeps a little.
    await inTime(clock, films.advance(videoId));
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
    const advanced = made.films.advance(made.videoId).catch((error: unknown) => ({ error, ended }));
    expect(await inTime(made.clock, advanced)).toMatchObject({ error: { code: 'state-unavailable' }, ended: true });
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

describe('advance', () => {
  it('says whether anything changed', async () => {
    const made = await setting([task('a')]);
    const engine = engineOf(made.films);
    expect(await advance(engine, made.videoId, {})).toMatchObject({ changed: true });
    expect(await advance(engine, made.videoId, {})).toMatchObject({ changed: false });
  });

  it('of a film that rests costs one read', async () => {
    const made = await setting([task('a', doing('a'), { notBefore: LATER })]);
    await made.films.advance(made.videoId);
    expect([made.loads.length, made.saves.length]).toEqual([1, 0]);
  });

  it('saves what other programs wrote before it begins anything', async () => {
    const uri = 'memory://theirs/final.mp4';
    const seen: unknown[] = [];
    const look = task(
      'a',
      doing('a', (_, film) => seen.push(film.foreignFinal)),
      { kind: 'watch' },
    );
    const made = await setting([look], { owns: { assembler: false } });
    made.othersWrite({ blocks: [], finalUri: uri });
    const { changed } = await advance(engineOf(made.films), made.videoId, { budgetMs: 0 });
    expect([changed, made.saves.map((film) => [film.foreignFinal, film.tasks.a])]).toEqual([true, [[uri, undefined]]]);
    await made.films.advance(made.videoId);
    expect(seen).toEqual([uri]);
  });

  it('does a task as often as it says that it is due', async () => {
    const again: Fact = { type: 'task-due', id: 'a', input: 'i', dueAt: 0 };
    const run = vi.fn(doing('a')).mockResolvedValueOnce([again]).mockResolvedValueOnce([again]);
    const made = await setting([task('a', run, { light: true })]);
    expect((await made.films.advance(made.videoId)).steps[0]?.done).toBe(true);
    expect(run).toHaveBeenCalledTimes(3);
  });

  it('begins what is due beside what came to nothing', async () => {
    const idle = vi.fn(async () => []);
    const made = await setting([
      task('idle', idle, { light: true }),
      task(
        'slow',
        doing('slow', ({ ports }) => ports.clock.sleep(10_000)),
        { light: true },
      ),
      task('late', doing('late'), { light: true, notBefore: Date.UTC(2026, 0, 1) + 4_000 }),
    ]);
    const advanced = made.films.advance(made.videoId);
    for (let turn = 0; turn < 5; turn += 1) await made.clock.advance(1_000);
    expect(made.saves.at(-1)?.tasks.late?.done).toBeDefined();
    await inTime(made.clock, advanced);
    expect(idle).toHaveBeenCalledTimes(1);
  });

  it('sleeps for nothing but what is to come', async () => {
    const made = await setting([
      task(
        'slow',
        doing('slow', ({ ports }) => ports.clock.sleep(10_000)),
        { light: true },
      ),
    ]);
    const advanced = made.films.advance(made.videoId);
    await made.clock.advance(1);
    expect(made.clock.sleepers).toBe(1);
    await inTime(made.clock, advanced);
  });
});
