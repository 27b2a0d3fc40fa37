import { strict as assert } from 'node:assert';
import { it } from 'vitest';
import { studio } from '../support/studio.ts';

it('nothing new is begun once an advance has used up its time', async () => {
  const { films, host, run, clock, llm, video } = studio();
  const generate: typeof llm.generate = async (request) => {
    await clock.advance(10_000);
    return llm.generate(request);
  };
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  const film = await host({ llm: { ...llm, generate } }).advance(videoId, { budgetMs: 5_000 });
  assert.equal(film.status, 'waiting');
  assert.equal(video.posts.length, 0);
  assert.equal((await run(videoId)).status, 'completed');
});
