import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { outcomes, studio } from '../support/studio.ts';

const hasCode = (code: string) => (error: { code?: string; cure?: string }) => {
  assert.equal(error.code, code);
  assert.ok(error.cure, 'an error says what to do');
  return true;
};

describe('a film', () => {
  it('goes from theme to final cut and pays each block once', async () => {
    const { make, video, storage } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 36 });
    assert.equal(film.status, 'completed');
    assert.equal(video.posts.length, 5);
    assert.equal(film.output.durationMs, 36_000);
    assert.ok(await storage.head(film.output.name));
    assert.equal(film.cost.reservedUsd, 0);
  });

  it('of two chains begins the second one with the last frame of the first', async () => {
    const { make, video } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 37 });
    assert.equal(film.status, 'completed');
    const kinds = video.posts.map((post) => (post.firstFrame ? 'frame' : post.extends ? 'extend' : 'start'));
    assert.deepEqual(kinds, ['start', 'extend', 'extend', 'frame', 'extend']);
    assert.equal(film.output.durationMs, Math.round(37_000 - 1000 / 24));
  });

  it('is made whole from extensions that come as their new seconds alone', async () => {
    const { make } = studio({ extensions: 'new' });
    const film = await make({ theme: 'Bees', durationSeconds: 22 });
    assert.equal(film.status === 'completed' && film.output.durationMs, 22_000);
  });

  it('of independent blocks has them all under way at once', async () => {
    const { films, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 24, chaining: 'independent' });
    await run(videoId, () => video.posts.length > 0);
    assert.equal(video.posts.length, 3);
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 3);
  });

  it('costs one read and nothing else when nothing is due', async () => {
    const log = faults();
    const { films, run, state, video, host } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    const quiet = host({ state: withFaults(state, log) });
    const posts = video.posts.length;
    await quiet.advance(videoId);
    await quiet.advance(videoId);
    assert.deepEqual(log.calls, ['load', 'load']);
    assert.equal(video.posts.length, posts);
  });

  it('of a script of one’s own asks no language model', async () => {
    const { make, llm } = studio();
    const blocks = [{ dialogue: 'One line.', visual: 'A bee.' }];
    const film = await make({ script: { blocks }, durationSeconds: 8 });
    assert.equal(film.status, 'completed');
    assert.equal(llm.requests.length, 0);
  });

  it('in which nobody speaks gets no captions and still completes', async () => {
    const silent = { transcribe: async () => ({ words: [], segments: [] }), id: 'silent', pricePerMinute: 0 };
    const { make, storage } = studio({ pipeline: { transcription: silent } });
    const film = await make();
    assert.equal(film.status, 'completed');
    const provenance = await storage.text(`${film.videoId}/provenance.json`);
    assert.equal(JSON.parse(provenance?.text ?? '').captions.burn, false);
  });
});

describe('two workers', () => {
  it('at the same film buy every block once', async () => {
    const { films, host, run, clock, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 22 });
    const others = [host({ clock: clock.host() }), host({ clock: clock.host() })];
    for (let turn = 0; turn < 60; turn += 1) {
      await Promise.all([films, ...others].map((by) => by.advance(videoId)));
      await clock.advance(5_000);
    }
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 3);
  });
});

describe('a launch', () => {
  it('whose answer is lost is found in its place and not bought again', async () => {
    const { make, video } = studio({ outcomes: outcomes('lost-answer') });
    const film = await make();
    assert.equal(film.status, 'completed');
    assert.equal(video.books.length, 2);
    assert.deepEqual(
      film.blocks[0]?.takes.map((take) => take.status),
      ['finished'],
    );
  });

  it('whose answer is lost at a vendor that cannot be asked waits for a person', async () => {
    const { films, make, run, video } = studio({ outcomes: outcomes('lost-answer'), adopting: false });
    const film = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 3 });
    assert.equal(film.status === 'needs-input' && film.reason.code, 'unknown-take');
    assert.equal(video.books.length, 1);
    await films.send(film.videoId, { type: 'resume' });
    const done = await run(film.videoId);
    assert.equal(done.status, 'completed');
    assert.equal(video.books.length, 3);
    assert.equal(done.cost.unknownUsd, 0.8);
  });

  it('that cannot connect is released and tried later without using up an attempt', async () => {
    const { make } = studio({
      outcomes: outcomes('not-connected', 'not-connected', 'not-connected', 'not-connected', 'not-connected'),
    });
    const film = await make();
    assert.equal(film.status, 'completed');
    assert.equal(film.cost.chargedUsd > 1.5 && film.cost.chargedUsd < 1.52, true);
  });

  it('that is throttled waits and uses up no attempt', async () => {
    const { make } = studio({ outcomes: outcomes('throttled', 'throttled', 'throttled', 'throttled', 'throttled') });
    assert.equal((await make()).status, 'completed');
  });

  it('that is rejected fails the film with a cure, and resume goes on', async () => {
    const { films, make, run } = studio({ outcomes: outcomes('done', 'rejected') });
    const film = await make();
    assert.equal(film.status, 'failed');
    assert.ok(film.error.cure);
    await films.send(film.videoId, { type: 'resume' });
    assert.equal((await run(film.videoId)).status, 'completed');
  });

  it('does not happen while the kill switch is on, and happens after', async () => {
    const { films, state, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await state.counters.change([{ key: 'kill-switch', add: 1 }]);
    const film = await run(videoId, (now) => now.status === 'waiting' && now.script !== undefined);
    assert.equal(film.status, 'waiting');
    assert.equal(video.posts.length, 0);
    await state.counters.change([{ key: 'kill-switch', add: -1 }]);
    assert.equal((await run(videoId)).status, 'completed');
  });

  it('is not posted by a process that slept between intent and POST', async () => {
    const log = faults();
    const { films, clock, storage, host, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const sleepy = clock.host();
    const slow = withFaults(
      storage,
      log.on('list', { delayMs: 45_000, clock, times: 1, when: (name: string) => name.includes('/takes/') } as never),
    );
    let left = false;
    const late = host({ storage: slow, clock: sleepy })
      .advance(videoId)
      .finally(() => {
        left = true;
      });
    while (!left) await clock.advance(1_000);
    await late;
    assert.equal(log.happened, 1);
    assert.equal(video.posts.length, 0);
    const film = await run(videoId);
    assert.equal(film.status, 'completed');
    assert.equal(film.blocks[0]?.takes[0]?.status, 'released');
    assert.equal(video.posts.length, 1);
  });
});

describe('a take', () => {
  it('that is refused is softened, and the captions follow what is said then', async () => {
    const softer = { dialogue: 'Softer words.', visual: 'A flower.' };
    const { make, video, llm } = studio({
      outcomes: outcomes('refused'),
      answers: [{ blocks: [{ dialogue: 'First words.', visual: 'A fight.' }] }, softer],
    });
    const film = await make({ theme: 'Bees', durationSeconds: 8 });
    assert.equal(film.status, 'completed');
    assert.equal(llm.requests.length, 2);
    assert.equal(video.posts[1]?.prompt.dialogue, 'Softer words.');
    assert.equal(film.script?.blocks[0]?.dialogue, 'First words.');
    assert.equal(film.cost.chargedUsd < 0.82, true, 'a refusal is free');
  });

  it('that is refused three times waits for a person’s words', async () => {
    const words = (line: string) => ({ dialogue: line, visual: line });
    const answers = [{ blocks: [words('One.')] }, words('Two.'), words('Three.')];
    const { films, make, run, video } = studio({ outcomes: outcomes('refused', 'refused', 'refused'), answers });
    const film = await make({ theme: 'Bees', durationSeconds: 8 });
    assert.equal(film.status === 'needs-input' && film.reason.code, 'refused');
    assert.equal(video.posts.length, 3);
    await assert.rejects(films.send(film.videoId, { type: 'resume' }), hasCode('command-not-applicable'));
    await films.send(film.videoId, { type: 'revise', blocks: [{ block: 1, visual: 'Only flowers.' }] });
    assert.equal((await run(film.videoId)).status, 'completed');
  });

  it('whose sound is refused is asked for once more as it is', async () => {
    const { make, video, llm } = studio({ outcomes: outcomes('refused-audio') });
    assert.equal((await make({ theme: 'Bees', durationSeconds: 8 })).status, 'completed');
    assert.deepEqual(video.posts[0]?.prompt, video.posts[1]?.prompt);
    assert.equal(llm.requests.length, 1);
  });

  it('that fails is made again, at most four times, and resume grants as many again', async () => {
    const { films, make, run, video } = studio({ outcomes: (_, number) => (number <= 4 ? 'failed' : 'done') });
    const film = await make({ theme: 'Bees', durationSeconds: 8 });
    assert.equal(film.status === 'failed' && film.error.code, 'attempts-exhausted');
    assert.equal(video.posts.length, 4);
    await films.send(film.videoId, { type: 'resume' });
    assert.equal((await run(film.videoId)).status, 'completed');
    assert.equal(video.posts.length, 5);
  });

  it('that never comes is late, the next one is used, and the film waits for nobody', async () => {
    const { make, video } = studio({ outcomes: outcomes('running') });
    const film = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 2 });
    assert.equal(film.status, 'completed');
    assert.deepEqual(
      film.blocks[0]?.takes.map((take) => take.status),
      ['late', 'finished'],
    );
    assert.equal(video.posts.length, 2);
  });

  it('that the vendor forgot is found in its place', async () => {
    const { make, video } = studio({ outcomes: outcomes('gone-done') });
    assert.equal((await make({ theme: 'Bees', durationSeconds: 8 })).status, 'completed');
    assert.equal(video.posts.length, 1);
  });

  for (const [what, bytes] of [
    ['is empty', new Uint8Array()],
    ['is a web page', new TextEncoder().encode('<html>busy</html>')],
    ['is cut off', new Uint8Array([0, 0, 0, 24, 0x66, 0x74, 0x79, 0x70, 0x69])],
  ] as const) {
    it(`that ${what} counts as paid and is made again`, async () => {
      const { make } = studio({ outcomes: outcomes({ bytes }) });
      const film = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 2 });
      assert.equal(film.status, 'completed');
      assert.deepEqual(
        film.blocks[0]?.takes.map((take) => take.status),
        ['failed', 'finished'],
      );
      assert.equal(film.blocks[0]?.takes[0]?.charge, 'charged');
    });
  }
});

describe('a hint', () => {
  it('collects a finished take at once, in storage and not at the vendor', async () => {
    const { films, run, clock, video, storage } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(60_000);
    const object = (await storage.list(`${videoId}/takes/`)).find(({ name }) => name.endsWith('.mp4'))?.name;
    await films.advance(videoId, { hint: { object: object ?? '' } });
    assert.equal(video.posts.length, 2, 'the next block is launched by the same call');
  });

  it('about somebody else’s object changes nothing', async () => {
    const { films, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    const before = await films.get(videoId);
    for (const object of [
      'x',
      `${videoId}/final.mp4`,
      `${videoId}/takes/9-9/1/sample_0.mp4`,
      `other-film-1/takes/1-1/sample_0.mp4`,
    ]) {
      await films.advance(videoId, { hint: { object } });
    }
    assert.deepEqual(await films.get(videoId), before);
  });
});

describe('an old database', () => {
  it('launches nothing once the bucket knows more, and the film is rebuilt', async () => {
    const { films, run, state, video, host } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 22 });
    await run(videoId, () => video.posts.length === 1);
    const old = await state.load(videoId);
    await run(videoId, () => video.posts.length === 2);
    const now = await state.load(videoId);
    await state.save({
      videoId,
      ifRevision: now?.revision ?? null,
      state: old?.state ?? {},
      wakes: {},
      index: { status: 'running', metadata: {}, createdAt: 0 },
    });
    const film = await run(videoId, () => false, host());
    assert.equal(film.status === 'needs-input' && film.reason.code, 'rebuild');
    assert.equal(video.posts.length, 2);
  });
});
