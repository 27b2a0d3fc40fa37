import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { memoryState, tinyMp4 } from '../../src/adapters/memory/index.ts';
import { faults, withFaults } from '../../src/adapters/testing/index.ts';
import { killSwitch, rebuild, remove, spend } from '../../src/admin/index.ts';
import { defineStep } from '../../src/core/define-step.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import { createPipeline } from '../../src/core/pipeline.ts';
import type { Media, VideoVendor } from '../../src/core/ports.ts';
import { defaultSteps } from '../../src/core/steps/index.ts';
import type { Film } from '../../src/core/view.ts';
import { outcomes, studio } from '../support/studio.ts';

const words = (line: string) => ({ dialogue: line, visual: `${line} seen` });
const retryable = () => new ReelstateError('retryable', 'Down.', { code: 'vendor-unavailable', effect: 'unknown' });
const denied = () => new ReelstateError('permanent', 'Denied.', { code: 'storage-denied' });
const isWaiting = (film: Film): boolean => film.status === 'waiting';

/** Runs a film whose time may pass without an end for so many turns. */
async function turns(made: ReturnType<typeof studio>, videoId: string, count: number, by = made.films): Promise<Film> {
  let film = await by.advance(videoId);
  for (let turn = 0; turn < count && film.status === 'waiting'; turn += 1) {
    await made.clock.advance(Math.max(1, film.wakeAt - made.clock.now()));
    film = await by.advance(videoId);
  }
  return film;
}

describe('finish', () => {
  it('is heard by a launch between its intent and its POST', async () => {
    const made = studio();
    const { films, host, clock, storage, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    const log = faults().on('list', {
      delayMs: 5_000,
      clock,
      when: (name: string) => name.endsWith('/takes/'),
    } as never);
    const slow = host({ storage: withFaults(storage, log) });
    await clock.advance(60_000);
    let left = false;
    const late = slow.advance(videoId).finally(() => {
      left = true;
    });
    for (let i = 0; log.happened === 0 && i < 50; i += 1) await clock.advance(10);
    assert.equal((await films.get(videoId)).blocks[1]?.takes[0]?.status, 'intended');
    await films.send(videoId, { type: 'finish' });
    while (!left) await clock.advance(1_000);
    await late;
    await run(videoId);
    assert.equal(video.posts.length, 1);
  });

  it('buys nothing, also where notes for the writer are still open', async () => {
    const answers = [{ blocks: [words('One.'), words('Two.')] }, { blocks: [words('Three.'), words('Four.')] }];
    const { films, make, run, video } = studio({ answers });
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 8 });
    await films.send(videoId, { type: 'revise', notes: 'all new' });
    await films.send(videoId, { type: 'finish' });
    await run(videoId);
    assert.equal(video.posts.length, 2);
  });

  it('buys nothing, also where the writer is at work on notes just now', async () => {
    const answers = [{ blocks: [words('One.'), words('Two.')] }, { blocks: [words('Three.'), words('Four.')] }];
    const made = studio({ answers });
    const { films, host, make, run, clock, llm, video } = made;
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 8 });
    await films.send(videoId, { type: 'revise', notes: 'all new' });
    const log = faults().on('generate', { delayMs: 5_000, clock });
    let left = false;
    const writing = host({ llm: withFaults(llm, log) })
      .advance(videoId, { budgetMs: 6_000 })
      .finally(() => {
        left = true;
      });
    for (let i = 0; log.happened === 0 && i < 50; i += 1) await clock.advance(10);
    await films.send(videoId, { type: 'finish' });
    while (!left) await clock.advance(1_000);
    await writing;
    await run(videoId);
    assert.equal(video.posts.length, 2);
  });

  it('is not undone by the resume that a failed cut asks for', async () => {
    const made = studio();
    const { films, host, run, video, media } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 22 });
    await run(videoId, () => video.posts.length === 2);
    await films.send(videoId, { type: 'finish' });
    const log = faults().on('cut', { error: denied, times: 1 });
    const poor = host({ media: withFaults(media, log) as Media });
    const failed = await run(videoId, () => false, poor);
    assert.equal(failed.status, 'failed');
    await films.send(videoId, { type: 'resume' });
    await run(videoId);
    assert.equal(video.posts.length, 2);
  });

  it('does not stop at an approval that nobody needs any more', async () => {
    const { films, make, run } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 15, approval: true });
    const { videoId } = film;
    await films.send(videoId, { type: 'approve', scriptHash: film.script?.hash ?? '' });
    await run(videoId);
    await films.send(videoId, { type: 'revise', blocks: [{ block: 2, dialogue: 'Else.' }] });
    assert.equal((await run(videoId)).status, 'needs-input');
    await films.send(videoId, { type: 'finish' });
    const finished = await run(videoId);
    assert.equal(finished.status === 'completed' && finished.partial, true);
  });
});

describe('reroll', () => {
  it('of a block that finish had left out makes it after all', async () => {
    const { films, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 2);
    await films.send(videoId, { type: 'finish' });
    await run(videoId);
    await films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1 });
    const film = await run(videoId);
    assert.equal(film.blocks[1]?.acceptedTake !== undefined, true, 'the block that was asked and paid for is shown');
  });
  it('says a price that can be sent back', async () => {
    const { films, make } = studio({ model: { pricePerSecond: { '720p': 100_600 } } });
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 8 });
    const cure = await films.send(videoId, { type: 'reroll', block: 2 }).catch((error) => error.cure as string);
    const maxUsd = Number(/maxUsd: ([\d.]+)\./.exec(String(cure))?.[1]);
    await films.send(videoId, { type: 'reroll', block: 2, maxUsd });
  });
});

describe('revise', () => {
  it('holds new words to the rules of every script', async () => {
    const { films, make } = studio();
    const { videoId } = await make();
    const dialogue = 'far too many words to say '.repeat(400);
    await assert.rejects(films.send(videoId, { type: 'revise', blocks: [{ block: 1, dialogue }] }), {
      code: 'script-invalid',
    });
  });
});

describe('a completed film', () => {
  it('stays completed when a late take can no longer be looked at', async () => {
    const made = studio({ outcomes: outcomes('running') });
    const { films, host, run, clock, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 2 });
    assert.equal((await run(videoId)).status, 'completed');
    const log = faults().on('look', { error: denied });
    const poor = host({ video: withFaults(video, log) as VideoVendor });
    await clock.advance(60_000);
    const film = await poor.advance(videoId);
    assert.ok(log.happened > 0);
    assert.equal(film.status, 'completed');
  });
});

describe('a take', () => {
  it('is not bought again because the bucket could not be read', async () => {
    const made = studio();
    const { films, host, storage, run, clock, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(60_000);
    const log = faults().on('source.open', {
      error: denied,
      times: 1,
    });
    await host({ storage: withFaults(storage, log) }).advance(videoId);
    assert.equal(log.happened, 1);
    assert.notEqual((await films.get(videoId)).blocks[0]?.takes[0]?.status, 'failed');
    await films.send(videoId, { type: 'resume' }).catch(() => undefined);
    await run(videoId);
    assert.equal(video.posts.length, 1);
  });

  it('that cannot be looked at is late at its deadline like any other', async () => {
    const made = studio();
    const { films, host, clock, video } = made;
    const first = { name: '' };
    const log = faults().on('look', {
      error: retryable,
      when: (operation: string) => {
        first.name ||= operation;
        return operation === first.name;
      },
    } as never);
    const poor = host({ video: withFaults({ ...video, outputs: /never-there/ } as VideoVendor, log) });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await turns(made, videoId, 6, poor);
    await clock.advance(1_000_000);
    const film = await turns(made, videoId, 100, poor);
    assert.notEqual(film.blocks[0]?.takes[0]?.status, 'launched');
    assert.ok(video.posts.length >= 2);
  });

  it('that cannot be looked at is given up after giveUpMs', async () => {
    const made = studio();
    const { films, host, clock, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 1);
    await films.send(videoId, { type: 'cancel' });
    const log = faults().on('look', { error: retryable });
    const poor = host({ video: withFaults(video, log) as VideoVendor });
    await clock.advance(200_000_000);
    for (let i = 0; i < 5; i += 1) {
      await poor.advance(videoId);
      await clock.advance(120_000);
    }
    assert.notEqual((await films.get(videoId)).blocks[0]?.takes[0]?.status, 'launched');
  });

  it('that may not be looked at is given up after giveUpMs', async () => {
    const made = studio();
    const { films, host, clock, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 1);
    await films.send(videoId, { type: 'cancel' });
    const poor = host({ video: withFaults(video, faults().on('look', { error: denied })) as VideoVendor });
    await clock.advance(200_000_000);
    for (let i = 0; i < 5; i += 1) {
      await poor.advance(videoId);
      await clock.advance(120_000);
    }
    assert.notEqual((await films.get(videoId)).blocks[0]?.takes[0]?.status, 'launched');
  });

  it('of an earlier round that may not be looked at does not fail the film', async () => {
    const made = studio({ outcomes: outcomes('running') });
    const { films, host, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 1);
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 1 });
    const first = (await films.get(videoId)).blocks[0]?.takes[0];
    assert.equal(first?.status, 'launched');
    const log = faults().on('look', {
      error: denied,
      when: (operation: string) => operation === 'operations/fake-000000000001',
    } as never);
    const film = await run(videoId, () => false, host({ video: withFaults(video, log) as VideoVendor }));
    assert.ok(log.happened > 0);
    assert.equal(film.status, 'completed');
  });

  it('of another program whose result lies elsewhere is bought again by resume', async () => {
    const made = studio({ outcomes: outcomes('failed') });
    const { films, run, state, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, (film) => film.blocks[0]?.takes[0]?.status === 'failed' || video.posts.length > 0);
    const before = await films.get(videoId);
    assert.equal(before.blocks[0]?.takes.length, 1);
    const stored = await state.load(videoId);
    const text = JSON.stringify(stored?.state);
    const patched = JSON.parse(text);
    Object.assign(patched.blocks[0].takes[0], {
      holder: 'foreign',
      outcome: { kind: 'failed', at: patched.updatedAt, code: 'result-elsewhere' },
      charge: 'unknown',
    });
    const index = { status: 'running', metadata: {}, createdAt: 0 };
    await state.save({
      videoId,
      ifRevision: stored?.revision ?? null,
      state: patched,
      wakes: {},
      index,
    });
    await films.send(videoId, { type: 'pause' });
    await films.send(videoId, { type: 'resume' });
    const asked = await run(videoId);
    if (asked.status === 'needs-input') await films.send(videoId, { type: 'resume' });
    assert.equal((await run(videoId)).status, 'completed');
  });

  it('that the vendor forgot is not bought again before a person was asked', async () => {
    const made = studio({ adopting: false, outcomes: outcomes('running') });
    const { films, host, clock, video } = made;
    const startedAt = clock.now();
    const forgetful: VideoVendor = {
      ...video,
      look: async (operation, options) =>
        clock.now() - startedAt > 500_000 ? { status: 'gone' } : video.look(operation, options),
    };
    const by = host({ video: forgetful });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    const film = await made.run(videoId, () => video.posts.length > 1, by);
    assert.equal(video.posts.length, 1);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'unknown-take');
  });

  it('of unknown fate is asked about, also after a pause', async () => {
    const { films, run, video } = studio({ outcomes: outcomes('lost-answer'), adopting: false });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, (film) => film.blocks[0]?.takes[0]?.status === 'unknown');
    await films.send(videoId, { type: 'pause' });
    await films.send(videoId, { type: 'resume' });
    const film = await run(videoId);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'unknown-take');
    assert.equal(video.posts.length, 1);
  });

  it('picked after a revision keeps its own words', async () => {
    const { films, make, run, video, storage } = studio();
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 8 });
    const said = video.posts[0]?.prompt.dialogue;
    await films.send(videoId, { type: 'revise', blocks: [{ block: 1, dialogue: 'New words.' }], maxUsd: 1 });
    await run(videoId);
    await films.send(videoId, { type: 'pick', block: 1, take: 1 });
    await run(videoId);
    const provenance = JSON.parse((await storage.text(`${videoId}/provenance.json`))?.text ?? '');
    assert.equal(provenance.blocks[0].take, 1);
    assert.equal(provenance.blocks[0].dialogue, said);
  });
});

describe('a hint', () => {
  it('about a mark of ours touches no vendor before its time', async () => {
    const made = studio();
    const { films, host, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    const log = faults();
    const counted = host({ video: withFaults(video, log) as VideoVendor });
    await counted.advance(videoId, { hint: { object: `${videoId}/takes/1-1/operation.json` } });
    assert.deepEqual(log.calls, []);
  });
});

describe('money', () => {
  it('of two scripts that did not fit is charged', async () => {
    const bad = { blocks: [] };
    const { make, llm } = studio({ answers: [bad, bad] });
    const film = await make({ theme: 'Bees', durationSeconds: 8 });
    assert.equal(film.status, 'failed');
    assert.equal(llm.requests.length, 2);
    assert.ok(film.cost.chargedUsd + film.cost.unknownUsd > 0);
  });

  it('of a call that turned out dearer than reserved does not throw its result away', async () => {
    const base = studio();
    const dear = {
      ...base.llm,
      generate: async (request: Parameters<typeof base.llm.generate>[0]) => ({
        ...(await base.llm.generate(request)),
        usage: { input: 1000, output: 200_000 },
      }),
    };
    const by = base.host({ llm: dear, limits: { perDayUsd: 0.1 } });
    const { videoId } = await by.create({ theme: 'Bees', durationSeconds: 8 });
    const film = await by.advance(videoId);
    assert.ok(film.script, 'the script that was paid for is kept');
  });

  it('for words is not charged where there was nothing to hear', async () => {
    const transcription = { ...studio().transcription, pricePerMinute: 6_000_000 };
    const silent = { bytes: tinyMp4({ durationMs: 8000, width: 720, height: 1280, audio: false, said: [] }) };
    const made = studio({ outcomes: outcomes(silent), pipeline: { transcription } });
    const film = await made.make({ theme: 'Bees', durationSeconds: 8, maxUsd: 4 });
    assert.ok(film.cost.chargedUsd < 0.85, `$${film.cost.chargedUsd}`);
  });

  it('for words is paid once, also where the worker dies after writing them down', async () => {
    const made = studio();
    let heard = 0;
    const transcription = {
      ...made.transcription,
      transcribe: async (...args: Parameters<typeof made.transcription.transcribe>) => {
        heard += 1;
        return made.transcription.transcribe(...args);
      },
    };
    const log = faults().on('put', {
      crash: true,
      moment: 'after',
      when: (name: string) => name.includes('/words/'),
    } as never);
    const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8 });
    const dying = made.host({
      transcription,
      storage: withFaults(made.storage, log),
      state: withFaults(made.state, log),
    });
    await made.run(videoId, () => false, dying).catch(() => undefined);
    assert.equal(log.crashed, true);
    await made.clock.advance(120_000);
    await made.run(videoId, () => false, made.host({ transcription }));
    assert.equal(heard, 1);
  });

  it('is limited by limits that make sense only', async () => {
    const { host } = studio();
    assert.throws(() => host({ limits: { perDayUsd: Number.NaN } }));
    assert.throws(() => host({ limits: { maxAttempts: 0 } }));
  });

  it('is limited by the default where an option is undefined', async () => {
    const made = studio({ outcomes: () => 'failed', pipeline: { limits: { maxAttempts: undefined as never } } });
    const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8 });
    await turns(made, videoId, 60);
    assert.ok(made.video.posts.length <= 4, `${made.video.posts.length} takes`);
  });
});

describe('a launch', () => {
  it('that was proved not to have happened is released, also where its mark cannot be written at once', async () => {
    const made = studio({ adopting: false, outcomes: outcomes('not-connected') });
    const log = faults().on('put', {
      error: retryable,
      times: 1,
      when: (name: string) => name.endsWith('outcome.json'),
    } as never);
    const poor = made.host({ storage: withFaults(made.storage, log) });
    const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    const film = await made.run(videoId, () => false, poor);
    assert.equal(log.happened, 1);
    assert.equal(film.status, 'completed');
  });
});

describe('a dead worker’s call', () => {
  it('is not taken for free because a later one was', async () => {
    const made = studio();
    const { host, films, clock, llm, state } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const log = faults().on('generate', { crash: true, moment: 'after' });
    await host({ llm: withFaults(llm, log), state: withFaults(state, log) })
      .advance(videoId)
      .catch(() => undefined);
    assert.equal(log.crashed, true);
    await clock.advance(120_000);
    const film = await host({ llm: withFaults(llm, faults().on('generate', { error: denied })) }).advance(videoId);
    assert.equal(film.status, 'failed');
    assert.ok(film.cost.unknownUsd > 0);
  });
});

describe('commands', () => {
  it('that a film offers can be sent', async () => {
    const { films, make } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 1 });
    assert.equal(film.status, 'needs-input');
    if (film.status === 'needs-input' && film.commands.includes('finish'))
      await films.send(film.videoId, { type: 'finish' });
  });
});

describe('create', () => {
  it('of one film by two processes at once is the same film for both', async () => {
    const made = studio();
    const input = { theme: 'Bees', durationSeconds: 8, videoId: 'bees-2026' };
    const log = faults().on('text', { delayMs: 100, clock: made.clock, times: 1 });
    const slow = made.host({ storage: withFaults(made.storage, log) });
    const second = slow.create(input).then(
      (film) => film.videoId,
      (error: { code?: string }) => error.code,
    );
    await new Promise((resolve) => setImmediate(resolve));
    await made.films.create(input);
    await made.clock.advance(1000);
    assert.equal(await second, 'bees-2026');
  });
});

describe('a list', () => {
  it('shows the other films where one cannot be read', async () => {
    const { films, state } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const index = { status: 'running', metadata: {}, createdAt: 0 };
    await state.save({ videoId: 'of-a-newer-version', ifRevision: null, state: { schema: 99 }, wakes: {}, index });
    const page = await films.list();
    assert.ok(page.items.some((film) => film.videoId === videoId));
  });
});

describe('a tick', () => {
  it('of a host that cannot do a film’s work does not hide that film from those who can', async () => {
    const made = studio();
    const { films, run, clock, host, state, storage, video, llm, media } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    const deaf = createPipeline({ state, storage, clock, llm, media });
    const silent = host({ media: undefined as never });
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(60_000);
    await silent.advance(videoId);
    await silent.advance(videoId);
    await deaf.tick();
    assert.equal((await films.tick()).checked, 1);
  });
});

describe('a host without a language model', () => {
  const script = { blocks: [words('One line.')] };
  it('says so where a refused block needs one', async () => {
    const made = studio({ outcomes: outcomes('refused') });
    const { state, storage, video, transcription, media, clock } = made;
    const films = createPipeline({ state, storage, video, transcription, media, clock });
    const { videoId } = await films.create({ script, durationSeconds: 8 });
    await made.run(videoId, () => video.posts.length === 1, films);
    await clock.advance(60_000);
    const film = await turns(made, videoId, 50, films);
    assert.equal(film.status, 'needs-input');
  });

  it('makes a film of a script of one’s own', async () => {
    const made = studio();
    const { state, storage, video, transcription, media, clock } = made;
    const films = createPipeline({ state, storage, video, transcription, media, clock });
    const { videoId } = await films.create({ script, durationSeconds: 8 });
    const film = await turns(made, videoId, 50, films);
    assert.equal(film.status, 'completed');
  });
});

describe('rebuild', () => {
  it('keeps a script of one’s own that was not published yet', async () => {
    const { films, host, run, llm } = studio();
    const { videoId } = await films.create({ script: { blocks: [words('My own line.')] }, durationSeconds: 8 });
    const after = host({ state: memoryState() });
    await rebuild(after, videoId);
    await after.send(videoId, { type: 'resume' });
    const film = await run(videoId, () => false, after);
    assert.equal(llm.requests.length, 0);
    assert.equal(film.script?.blocks[0]?.dialogue, 'My own line.');
  });

  it('keeps what a revise that was answered said', async () => {
    const { films, make, host, run, video } = studio();
    const { videoId } = await make();
    await films.send(videoId, { type: 'revise', blocks: [{ block: 2, dialogue: 'The new end.' }], maxUsd: 1 });
    const after = host({ state: memoryState() });
    await rebuild(after, videoId);
    await after.send(videoId, { type: 'resume' });
    await run(videoId, () => false, after);
    assert.equal(video.posts.at(-1)?.prompt.dialogue, 'The new end.');
  });

  it('does not buy a softened take again', async () => {
    const softer = words('Softer.');
    const made = studio({ outcomes: outcomes('refused'), answers: [{ blocks: [words('Hard.')] }, softer] });
    const { films, host, run, video, clock } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 2);
    await clock.advance(60_000);
    const after = host({ state: memoryState() });
    await rebuild(after, videoId);
    await after.send(videoId, { type: 'resume' });
    const film = await run(videoId, () => false, after);
    assert.equal(video.posts.length, 2);
    assert.equal(film.status, 'completed');
  });

  it('works while the kill switch is on', async () => {
    const { films, host, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    const after = host({ state: memoryState() });
    await killSwitch(after, true);
    assert.equal((await rebuild(after, videoId)).status, 'needs-input');
  });

  it('gives no spent money back', async () => {
    const { films, make } = studio();
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 8 });
    const before = await spend(films);
    await rebuild(films, videoId);
    assert.equal((await spend(films)).usd >= before.usd, true);
  });

  it('stands until resume, whatever else is sent', async () => {
    const { films, host, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    const after = host({ state: memoryState() });
    await rebuild(after, videoId);
    const sent = await after
      .send(videoId, { type: 'revise', blocks: [{ block: 2, dialogue: 'Else.' }] })
      .catch(() => after.get(videoId));
    assert.equal(sent.status, 'needs-input');
  });
});

describe('a step of one’s own', () => {
  it('that this host lacks is left to another host, without haste', async () => {
    const made = studio();
    const steps = [...defaultSteps(), defineStep({ name: 'music', perform: async () => 'la' })];
    const { videoId } = await made.host({ steps }).create({ theme: 'Bees', durationSeconds: 8 });
    const film = await turns(made, videoId, 30);
    assert.equal(isWaiting(film) && film.status === 'waiting' && film.on, 'another-host');
    assert.ok(film.status === 'waiting' && film.wakeAt > made.clock.now());
  });

  it('that names a step nobody has is a mistake of the host', () => {
    const { host } = studio();
    const music = defineStep({ name: 'music', after: ['cuts'], perform: async () => 'la' });
    assert.throws(() => host({ steps: [...defaultSteps(), music] }));
  });
});

describe('a state', () => {
  it('stays below 90 KiB, whatever a person revises', async () => {
    const { films, state, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 180, maxUsd: 50 });
    await run(videoId, () => video.posts.length === 1);
    const plan = (await films.get(videoId)).blocks;
    for (let turn = 0; turn < 5; turn += 1) {
      const visual = `${turn} ${'A bee flies over the yellow field. '.repeat(19)}`;
      const blocks = plan.map(({ block }) => ({ block, visual }));
      await films.send(videoId, { type: 'revise', blocks });
    }
    const kept = JSON.stringify((await state.load(videoId))?.state).length;
    assert.ok(kept < 90 * 1024, `${kept} bytes`);
  });
});

describe('a script of one’s own', () => {
  it('that no state could hold is refused before anything is made', async () => {
    const { films, state } = studio();
    const block = { dialogue: 'We go.', visual: 'bee '.repeat(990), continuity: 'same '.repeat(390) };
    const script = { blocks: Array.from({ length: 25 }, () => block) };
    const made = await films.create({ script, durationSeconds: 180, maxUsd: 50 }).catch(() => undefined);
    if (made === undefined) return;
    const kept = JSON.stringify((await state.load(made.videoId))?.state).length;
    assert.ok(kept < 90 * 1024, `${kept} bytes`);
  });
});

describe('launches under way', () => {
  it('that are late do not keep every other launch waiting for two days', async () => {
    const made = studio({ outcomes: outcomes('running'), pipeline: { limits: { launchesUnderWay: 1 } } });
    const { videoId } = await made.films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    const film = await turns(made, videoId, 450);
    assert.equal(film.status, 'completed');
  });
});

describe('remove by force', () => {
  it('of a film with a late take leaves the count of launches under way right', async () => {
    const { films, make } = studio({ outcomes: outcomes('running') });
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await remove(films, videoId, { force: true });
    assert.equal((await spend(films)).launchesUnderWay, 0);
  });
});

describe('pick of the take that is shown already', () => {
  it('asks for no money and makes nothing again', async () => {
    const { films, make, run, video } = studio();
    const { videoId } = await make();
    await films.send(videoId, { type: 'pick', block: 1, take: 1 });
    await run(videoId);
    assert.equal(video.posts.length, 2);
  });
});

describe('a published name', () => {
  it('that holds what this film never wrote is not replaced', async () => {
    const { films, run, storage } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await storage.put(`${videoId}/final.mp4`, 'somebody else’s', { ifRevision: null });
    const film = await run(videoId);
    assert.equal((await storage.text(`${videoId}/final.mp4`))?.text, 'somebody else’s');
    assert.equal(film.status, 'needs-input');
  });
});

describe('a final cut of another program', () => {
  it('is replaced by ours when the film is rerolled', async () => {
    const { films, make, run, state, storage } = studio();
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 8 });
    const name = `${videoId}/final.mp4`;
    await storage.remove(name);
    await storage.put(name, 'cut by the old assembler', { ifRevision: null });
    const stored = await state.load(videoId);
    const patched = JSON.parse(JSON.stringify(stored?.state));
    delete patched.published[name];
    delete patched.tasks.cut;
    patched.foreignFinal = storage.uri(name);
    const index = { status: 'completed', metadata: {}, createdAt: 0 };
    await state.save({ videoId, ifRevision: stored?.revision ?? null, state: patched, wakes: {}, index });
    assert.equal((await films.get(videoId)).status, 'completed');
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 1 });
    assert.equal((await run(videoId)).status, 'completed');
  });
});

describe('a worker that lost its lease', () => {
  it('and writes a first frame all the same does not fail the film', async () => {
    const made = studio();
    const { films, host, media, storage, run } = made;
    const zombie: Media = {
      ...media,
      frame: async (source, options) => {
        if (options.atMs === 'last') {
          const body = new Uint8Array([1, 2, 3]);
          const name = `${videoId}/frames/3-1.png`;
          await storage.put(name, body, { ifRevision: null }).catch(() => undefined);
        }
        return media.frame(source, options);
      },
    };
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 37 });
    const film = await run(videoId, () => false, host({ media: zombie }));
    assert.equal(film.status, 'completed');
  });
});

describe('a lease', () => {
  it('is still renewed after one renewal failed', async () => {
    const made = studio();
    const { films, host, media, clock, state, run, video } = made;
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    await clock.advance(60_000);
    let isCutting = false;
    const log = faults().on('save', { error: retryable, times: 1, when: () => isCutting } as never);
    const slow: Media = {
      ...media,
      cut: async (request) => {
        isCutting = true;
        await clock.sleep(300_000);
        return media.cut(request);
      },
    };
    let left = false;
    const cutting = host({ media: slow, state: withFaults(state, log) })
      .advance(videoId)
      .finally(() => {
        left = true;
      });
    for (let i = 0; i < 200 && !isCutting; i += 1) await clock.advance(10);
    assert.equal(isCutting, true);
    for (let i = 0; i < 15; i += 1) await clock.advance(10_000);
    assert.equal(log.happened, 1);
    const kept = (await state.load(videoId))?.state as unknown as { tasks: { cut?: { lease?: { until: number } } } };
    const until = kept.tasks.cut?.lease?.until ?? 0;
    while (!left) await clock.advance(10_000);
    await cutting;
    assert.ok(until > clock.now() - 300_000 + 150_000, `${until}`);
  });
});

describe('a take that is made', () => {
  it('is not late, and not bought again, while the bucket is away for hours', async () => {
    const { films, host, storage, run, clock, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8, maxUsd: 3 });
    await run(videoId, () => video.posts.length === 1);
    const away = faults().on('head', { error: retryable }).on('source.open', { error: retryable });
    const poor = host({ storage: withFaults(storage, away) });
    for (let i = 0; i < 60; i += 1) {
      await poor.advance(videoId).catch(() => undefined);
      await clock.advance(60_000);
    }
    assert.ok(away.happened > 0);
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 1);
  });
});
