/** What an event may change. */
import { describe, expect, it, vi } from 'vitest';
import { tinyMp4 } from '../../src/adapters/memory/index.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import { studio } from '../support/studio.ts';

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
