/** What an event may change. */
import { describe, expect, it, vi } from 'vitest';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import { foreignTake } from '../../src/core/foreign.ts';
import type { Task } from '../../src/core/machine.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import { blockOf } from '../../src/core/state.ts';
import { studio } from '../support/studio.ts';
import { doing, setting, task } from '../support/toy-film.ts';

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

  it.each<[string, (videoId: string) => string]>([
    ['another film', () => object('another-film')],
    ['a take that is not there', (videoId) => object(videoId, 1, 2)],
    ['a block that is not there', (videoId) => object(videoId, 2, 1)],
    ['no take', (videoId) => `${videoId}/final.mp4`],
    ['a mark of our own', (videoId) => `${videoId}/takes/1-1/operation.json`],
  ])('of %s changes nothing and is not looked for', async (_, nameOf) => {
    const { host, videoId, state, storage } = await launched();
    const before = await state.load(videoId);
    const list = vi.fn(storage.list);
    await host({ storage: { ...storage, list } }).advance(videoId, { hint: { object: nameOf(videoId) } });
    expect(await state.load(videoId)).toEqual(before);
    expect(list).not.toHaveBeenCalled();
  });

  it('of a take that is over changes nothing', async () => {
    const { films, run, videoId, state } = await launched();
    await run(videoId);
    const before = await state.load(videoId);
    await films.advance(videoId, { hint: { object: object(videoId) } });
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

describe('a hint among other tasks', () => {
  const hint = (videoId: string) => ({ object: `${videoId}/takes/1-1/1/sample_0.mp4` });
  const late = Date.UTC(2026, 0, 1) + 86_400_000;

  /** A film with a take, beside toy tasks of which one looks at it. */
  async function withTake(tasks: readonly Task[]) {
    const made = await setting(tasks);
    const { film } = await engineOf(made.films).films.load(made.videoId);
    await engineOf(made.films).films.update(made.videoId, () => [
      { type: 'take-intended', block: 1, take: { ...foreignTake(film, blockOf(film, 1), 'op', 0), token: 'i' } },
    ]);
    made.saves.length = 0;
    made.loads.length = 0;
    return made;
  }

  it('is for its own task alone, and used up by it', async () => {
    const hints: Record<string, unknown[]> = { other: [], 'look:1-1': [] };
    const noting = (id: string) => doing(id, ({ hint: given }) => hints[id]?.push(given));
    const look = vi.fn(noting('look:1-1')).mockImplementationOnce(async (film, context) => {
      await noting('look:1-1')(film, context);
      return [{ type: 'task-due', id: 'look:1-1', input: 'i', dueAt: late }];
    });
    const made = await withTake([
      task('other', noting('other'), { light: true }),
      task('look:1-1', look, { light: true, notBefore: late }),
    ]);
    const given = hint(made.videoId);
    await made.films.advance(made.videoId, { hint: given });
    expect(hints).toEqual({ other: [undefined], 'look:1-1': [given] });
  });

  it('that meets somebody at the take is kept in one save, whatever else is due', async () => {
    const lease = { token: 't', holder: 'other', until: late };
    const made = await withTake([
      task('other', async () => [], { light: true }),
      task('look:1-1', async () => [], { light: true, held: lease }),
    ]);
    await made.films.advance(made.videoId, { hint: hint(made.videoId) });
    expect(made.saves.map((film) => film.tasks['look:1-1'])).toEqual([
      { input: 'i', failures: 0, hintedAt: made.clock.now(), dueAt: made.clock.now() },
    ]);
    expect(made.loads).toHaveLength(1);
  });
});
