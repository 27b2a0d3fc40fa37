/** A lease while its task runs. */
import { describe, expect, it, vi } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import { doing, doneFact, LEASE_MS, setting, task } from '../support/toy-film.ts';

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
