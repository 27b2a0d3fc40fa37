/** Who gets a task, and when nobody does. */
import { describe, expect, it, vi } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { StateStore } from '../../src/core/ports.ts';
import type { FilmState } from '../../src/core/state.ts';
import { studio } from '../support/studio.ts';
import { doing, doneFact, LEASE_MS, setting, task } from '../support/toy-film.ts';

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

  it('in one process at the very same moment claim it once', async () => {
    const made = await setting([task('a')]);
    const saving = vi.fn(async () => {});
    made.onSave(saving);
    await Promise.all([made.films.advance(made.videoId), made.films.advance(made.videoId)]);
    expect(saving).toHaveBeenCalledTimes(2);
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

describe('a claim that another host was quicker than', () => {
  /** The first save meets one of another host, by which `a` is done. */
  const beaten = (made: Awaited<ReturnType<typeof setting>>, then: () => void = () => undefined) => {
    let isFirst = true;
    made.onSave(async () => {
      if (!isFirst) return;
      isFirst = false;
      await engineOf(made.host()).films.update(made.videoId, () => [doneFact('a', 1)]);
      then();
    });
    return made;
  };

  it('takes no other task in its place', async () => {
    const light = task('b', doing('b'), { light: true });
    const made = beaten(await setting((film) => (film.tasks.a?.done ? [task('a'), light] : [task('a')])));
    await made.films.advance(made.videoId);
    expect(made.saves.map((film) => film.tasks.b?.lease)).toEqual(made.saves.map(() => undefined));
    expect(made.saves.at(-1)?.tasks.b?.done).toBeDefined();
  });

  it('saves what other programs wrote and begins nothing', async () => {
    const run = vi.fn(doing('a'));
    const owns = { assembler: false } as const;
    const made = await setting([task('a', run)], { owns });
    const uri = 'memory://theirs/final.mp4';
    beaten(made, () => made.othersWrite({ blocks: [], finalUri: uri }));
    await made.films.advance(made.videoId);
    expect(run).not.toHaveBeenCalled();
    expect(made.saves.at(-1)).toMatchObject({ foreignFinal: uri });
    expect(made.saves.at(-1)?.tasks.a?.lease).toBeUndefined();
  });

  it('launches nothing a second time, whatever other programs write then', async () => {
    const base = studio();
    const owns = { monitor: false, assembler: false } as const;
    const { videoId } = await base.host({ owns }).create({ theme: 'Bees', durationSeconds: 15, approval: true });
    const asked = await base.run(videoId, undefined, base.host({ owns }));
    await base.films.send(videoId, {
      type: 'approve',
      scriptHash: (asked.status === 'needs-input' && asked.reason.scriptHash) || '',
    });
    const other = base.host({ owns, clock: base.clock.host() });
    let isFirst = true;
    const written = { blocks: [{ block: 2, object: `${videoId}/block_2.mp4` }] };
    const state: StateStore = {
      ...base.state,
      load: async (id) => {
        const stored = await base.state.load(id);
        return stored && (isFirst ? stored : { ...stored, foreign: written });
      },
      save: async (request) => {
        if (isFirst) {
          isFirst = false;
          await other.advance(videoId);
        }
        return base.state.save(request);
      },
    };
    await base.host({ owns, state }).advance(videoId);
    expect(base.video.posts).toHaveLength(1);
  });
});
