import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import { outcomes, studio } from '../support/studio.ts';

const code = (wanted: string) => (error: { code?: string; cure?: string }) => {
  assert.equal(error.code, wanted);
  assert.ok(error.cure);
  return true;
};
const words = (line: string) => ({ dialogue: line, visual: `${line} seen` });

describe('approve', () => {
  it('is waited for before anything is filmed, and takes the hash that was shown', async () => {
    const { films, make, run, video } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 8, approval: true });
    assert.equal(film.status === 'needs-input' && film.reason.code, 'approval');
    assert.equal(video.posts.length, 0);
    const { videoId } = film;
    await assert.rejects(
      films.send(videoId, { type: 'approve', scriptHash: 'another' }),
      code('command-not-applicable'),
    );
    await films.send(videoId, { type: 'approve', scriptHash: film.script?.hash ?? '' });
    assert.equal((await run(videoId)).status, 'completed');
  });

  it('is asked for again after a revision', async () => {
    const { films, make, run } = studio();
    const { videoId, script } = await make({ theme: 'Bees', durationSeconds: 8, approval: true });
    await films.send(videoId, { type: 'revise', notes: 'shorter' });
    const film = await run(videoId);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'approval');
    await films.send(videoId, { type: 'revise', blocks: [{ block: 1, dialogue: 'Mine.' }] });
    assert.notEqual((await films.get(videoId)).script?.hash, script?.hash);
  });
});

describe('revise', () => {
  it('keeps every block whose text and predecessors are unchanged', async () => {
    const { films, make, run, video, storage } = studio();
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 22 });
    await films.send(videoId, { type: 'revise', blocks: [{ block: 2, dialogue: 'Something else.' }], maxUsd: 1.4 });
    const film = await run(videoId);
    assert.equal(film.status, 'completed');
    assert.deepEqual(
      film.blocks.map((block) => block.takes.length),
      [1, 2, 2],
    );
    assert.equal(video.posts[3]?.prompt.dialogue, 'Something else.');
    const document = JSON.parse((await storage.text(`${videoId}/script_v2.json`))?.text ?? '');
    assert.equal(document.blocks[1].dialogue, 'Something else.');
  });

  it('with notes has the language model write again, and films what changed', async () => {
    const first = { blocks: [words('One.'), words('Two.')] };
    const second = { blocks: [words('One.'), words('Other.')] };
    const { films, make, run, llm } = studio({ answers: [first, second] });
    const { videoId } = await make();
    await films.send(videoId, { type: 'revise', notes: 'another end', maxUsd: 5 });
    const film = await run(videoId);
    assert.equal(JSON.parse(llm.requests[1]?.input ?? '').notes, 'another end');
    assert.deepEqual(
      film.blocks.map((block) => block.round),
      [1, 2],
    );
  });
});

describe('reroll', () => {
  it('says its price first, and then makes the block and what follows from it again', async () => {
    const { films, make, run, video } = studio();
    const { videoId } = await make({ theme: 'Bees', durationSeconds: 22 });
    await assert.rejects(
      films.send(videoId, { type: 'reroll', block: 2 }),
      (error: { code?: string; details?: { usd?: number } }) => {
        assert.equal(error.code, 'price-not-confirmed');
        assert.equal(error.details?.usd, 1.4);
        return true;
      },
    );
    await assert.rejects(films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1.3 }), code('price-not-confirmed'));
    await films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1.4 });
    const film = await run(videoId);
    assert.equal(film.status, 'completed');
    assert.equal(video.posts.length, 5);
    assert.equal(film.orphans.length, 2);
  });

  it('sent twice with one id is one reroll', async () => {
    const { films, make, run, video } = studio();
    const { videoId } = await make();
    const command = { type: 'reroll', block: 2, maxUsd: 1 } as const;
    await films.send(videoId, command, { id: 'click-1' });
    await films.send(videoId, command, { id: 'click-1' });
    await run(videoId);
    assert.equal(video.posts.length, 3);
  });

  it('while a take is under way leaves that take an orphan, which pick brings back', async () => {
    const { films, run, clock, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 1 });
    await run(videoId);
    await clock.advance(60_000);
    const film = await films.advance(videoId);
    assert.equal(film.blocks[0]?.acceptedTake, 2);
    assert.deepEqual(
      film.orphans.map((orphan) => orphan.take),
      [1],
    );
    await films.send(videoId, { type: 'pick', block: 1, take: 1 });
    const picked = await run(videoId);
    assert.equal(picked.status, 'completed');
    assert.equal(picked.blocks[0]?.acceptedTake, 1);
    assert.equal(video.posts.length, 2);
  });
});

describe('pick', () => {
  it('refuses a take that continues another take of the block before', async () => {
    const { films, make, run } = studio();
    const { videoId } = await make();
    await films.send(videoId, { type: 'reroll', block: 1, maxUsd: 2 });
    await run(videoId);
    await assert.rejects(films.send(videoId, { type: 'pick', block: 2, take: 1 }), code('command-not-applicable'));
  });
});

describe('pause, finish and cancel', () => {
  it('pause launches nothing more but still collects what was bought', async () => {
    const { films, run, clock, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15 });
    await run(videoId, () => video.posts.length === 1);
    await films.send(videoId, { type: 'pause' });
    await clock.advance(120_000);
    const film = await films.advance(videoId);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'paused');
    assert.equal(film.blocks[0]?.takes[0]?.status, 'finished');
    assert.equal(video.posts.length, 1);
    await films.send(videoId, { type: 'resume' });
    assert.equal((await run(videoId)).status, 'completed');
    assert.equal(video.posts.length, 2);
  });

  it('finish cuts from what is accepted, and resume makes the rest after all', async () => {
    const { films, run, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 22 });
    await assert.rejects(films.send(videoId, { type: 'finish' }), code('command-not-applicable'));
    await run(videoId, () => video.posts.length === 2);
    await films.send(videoId, { type: 'finish' });
    const film = await run(videoId);
    assert.equal(film.status === 'completed' && film.partial, true);
    assert.equal(film.status === 'completed' && film.output.durationMs, 8_000);
    await films.send(videoId, { type: 'resume' });
    const whole = await run(videoId);
    assert.equal(whole.status === 'completed' && whole.output.durationMs, 22_000);
    assert.equal(video.posts.length, 3);
  });

  it('cancel ends the film for good; its take is watched until its cost is known', async () => {
    const { films, run, state, clock, video } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    const film = await films.send(videoId, { type: 'cancel' });
    assert.equal(film.status, 'cancelled');
    await assert.rejects(films.send(videoId, { type: 'resume' }), code('command-not-applicable'));
    await clock.advance(600_000);
    assert.deepEqual(await state.claimDue({ now: clock.now(), limit: 5, roles: ['monitor'], leaseMs: 1000 }), [
      videoId,
    ]);
    const later = await films.advance(videoId);
    assert.equal(later.cost.chargedUsd > 0.8, true);
    assert.deepEqual(
      later.orphans.map((orphan) => orphan.charge),
      ['charged'],
    );
  });
});

describe('money', () => {
  it('below the estimate stops the film before anything is filmed, and resume with more goes on', async () => {
    const { films, make, run, video } = studio();
    const film = await make({ theme: 'Bees', durationSeconds: 15, maxUsd: 1 });
    assert.equal(film.status === 'needs-input' && film.reason.code, 'budget');
    assert.equal(video.posts.length, 0);
    await assert.rejects(films.send(film.videoId, { type: 'resume' }), code('price-not-confirmed'));
    await films.send(film.videoId, { type: 'resume', maxUsd: 1.6 });
    assert.equal((await run(film.videoId)).status, 'completed');
  });

  it('of an owner’s day waits for the next day, and only proof of no launch gives it back', async () => {
    const { films, run, clock, video } = studio({ pipeline: { limits: { ownerPerDayUsd: 1 } } });
    const ids = [];
    for (let i = 0; i < 2; i += 1)
      ids.push((await films.create({ theme: 'Bees', durationSeconds: 8, owner: 'ann' })).videoId);
    await run(ids[0] ?? '');
    const waits = await run(ids[1] ?? '', (film) => film.status === 'waiting' && film.wakeAt - clock.now() > 3_600_000);
    assert.equal(waits.status, 'waiting');
    assert.equal(video.posts.length, 1);
    assert.equal((await run(ids[1] ?? '')).status, 'completed');
  });

  it('counts launches under way over all films', async () => {
    const { films, run, video } = studio({ pipeline: { limits: { launchesUnderWay: 1 } } });
    const ids = [];
    for (let i = 0; i < 2; i += 1) ids.push((await films.create({ theme: 'Bees', durationSeconds: 8 })).videoId);
    await run(ids[0] ?? '', () => video.posts.length === 1);
    for (let i = 0; i < 3; i += 1) await films.advance(ids[1] ?? '');
    assert.equal(video.posts.length, 1);
    assert.equal((await run(ids[0] ?? '')).status, 'completed');
    assert.equal((await run(ids[1] ?? '')).status, 'completed');
  });

  it('is not spent while the vendor keeps failing: the breaker opens for all films and closes by itself', async () => {
    const { films, run, clock, video } = studio({
      outcomes: (_, number) => (number <= 3 ? 'failed' : 'done'),
      pipeline: { limits: { failuresPerTenMinutes: 3 } },
    });
    const first = (await films.create({ theme: 'Bees', durationSeconds: 8 })).videoId;
    const second = (await films.create({ theme: 'Wasps', durationSeconds: 8 })).videoId;
    await run(first, () => video.posts.length === 3);
    const opened = await run(
      first,
      (film) =>
        film.events.some((event) => event.detail?.includes('failures/') === true) ||
        film.blocks[0]?.takes[2]?.status === 'failed',
    );
    assert.equal(opened.status, 'waiting');
    for (let i = 0; i < 5; i += 1) await films.advance(second);
    assert.equal(video.posts.length, 3);
    await clock.advance(700_000);
    assert.equal((await run(second)).status, 'completed');
    assert.equal((await run(first)).status, 'completed');
  });

  it('is reserved before each launch and never above the cap', async () => {
    const seen: number[] = [];
    const { films, run } = studio({
      outcomes: (_, number) => {
        seen.push(number);
        return number % 2 === 1 ? 'failed' : 'done';
      },
      model: { failedTakeCharge: 'charged' },
    });
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15, maxUsd: 2.35 });
    const film = await run(videoId);
    assert.equal(film.status === 'needs-input' && film.reason.code, 'budget');
    assert.ok(film.cost.chargedUsd <= film.cost.capUsd);
    assert.equal(seen.length, 3);
  });
});

describe('a command', () => {
  it('that does not exist is refused by name', async () => {
    const { films, make } = studio();
    const { videoId } = await make();
    await assert.rejects(films.send(videoId, { type: 'explode' } as never), code('command-unknown'));
    await assert.rejects(films.send(videoId, { type: 'reroll', block: 9, maxUsd: 1 }), code('command-not-applicable'));
    await assert.rejects(films.send(videoId, { type: 'reroll', block: 1, maxUsd: Number.NaN }), code('invalid-price'));
  });

  it('is written into film.json before it is answered', async () => {
    const { films, make, storage } = studio();
    const { videoId } = await make();
    await films.send(videoId, { type: 'reroll', block: 2, maxUsd: 1 }, { id: 'again' });
    const mark = JSON.parse((await storage.text(`${videoId}/film.json`))?.text ?? '');
    assert.deepEqual(
      mark.commands.map((record: { id: string }) => record.id),
      ['again'],
    );
  });
});

describe('a lost answer', () => {
  it('under relaunch is final as unknown after its time, and its price stays committed', async () => {
    const { make } = studio({
      outcomes: outcomes('lost-answer'),
      adopting: false,
      pipeline: { onUnknownTake: 'relaunch' },
    });
    const film = await make({ theme: 'Bees', durationSeconds: 8, maxUsd: 2 });
    assert.equal(film.status, 'completed');
    assert.equal(film.cost.unknownUsd, 0.8);
    assert.deepEqual(
      film.blocks[0]?.takes.map((take) => take.status),
      ['lost', 'finished'],
    );
  });
});
