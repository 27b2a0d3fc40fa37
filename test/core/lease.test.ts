/** A lease while its task runs. */
import { describe, expect, it, vi } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { TaskRecord } from '../../src/core/state.ts';
import { doing, doneFact, LEASE_MS, setting, task } from '../support/toy-film.ts';

const NEW = { input: 'i', failures: 0 };

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

  const thief = { token: 'stolen', holder: 'thief', until: Date.UTC(2027, 0, 1) };
  const elsewhere: readonly [string, Fact, TaskRecord | undefined][] = [
    ['took its lease', { type: 'task-leased', id: 'a', input: 'i', lease: thief }, { ...NEW, lease: thief }],
    ['did it', doneFact('a', 1), { ...NEW, done: { at: 1 } }],
    ['gave it back', { type: 'task-released', id: 'a', input: 'i' }, undefined],
  ];
  it.each(elsewhere)('is told to leave where somebody else %s, and what it found is dropped', async (_, fact, left) => {
    let leftAt = 0;
    const made = await setting([
      task('a', async (__, { ports, signal }) => {
        await ports.clock.sleep(10 * LEASE_MS, signal).catch(() => undefined);
        leftAt = ports.clock.now();
        return [doneFact('a', 2)];
      }),
    ]);
    const began = made.clock.now();
    const first = made.films.advance(made.videoId, { budgetMs: 1 });
    await made.clock.advance(10);
    await engineOf(made.host()).films.update(made.videoId, () => [fact]);
    for (let turn = 0; turn < 4; turn += 1) await made.clock.advance(LEASE_MS / 3);
    await first;
    expect(leftAt - began).toBeLessThan(LEASE_MS / 2);
    expect((await engineOf(made.films).films.load(made.videoId)).film.tasks.a).toEqual(left);
    expect(made.clock.sleepers).toBe(0);
  });

  it('ends its lease also where it tells of other things alone', async () => {
    const settled: Fact = { type: 'call-settled', id: 'call', charge: 'charged', microUsd: 1 };
    const perform = vi.fn(doing('a')).mockResolvedValueOnce([settled]);
    const { films, videoId, saves } = await setting([task('a', perform)]);
    await films.advance(videoId);
    expect(saves[0]?.tasks.a?.lease).toBeDefined();
    expect(saves[1]?.tasks.a).toBeUndefined();
  });
});
