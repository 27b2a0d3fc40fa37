import { afterAll, describe, expect, test } from 'vitest';
import { killSwitch, rebuild, takeOver } from '../../src/admin/index.ts';
import type { Film } from '../../src/core/view.ts';
import { emulatorForTests } from '../support/firestore-emulator.ts';
import { startFirestoreFaultProxy } from '../support/firestore-fault-proxy.ts';
import { oldAssembler, oldMonitor, oldScript, oldVideo } from './old-functions.ts';
import { type Owners, town } from './town.ts';

const emulator = await emulatorForTests();
afterAll(async () => {
  await emulator?.stop();
});

const ALL: Owners = { script: true, video: true, monitor: true, assembler: true };
const ID = 'film_0001';
const BEES = { videoId: ID, theme: 'Les abeilles', language: 'fr', durationSeconds: 15 };
type Town = ReturnType<typeof town>;

const open = new Set<Town>();
function place(options: Partial<Parameters<typeof town>[1]> = {}): Town {
  const made = town(emulator?.host ?? '', { owns: ALL, ...options });
  open.add(made);
  return made;
}
afterAll(async () => {
  for (const made of open) await made.close();
});

const operations = (town: Town) => town.db.collection('v2_veo_operations').doc(ID);
const status = (town: Town) => town.db.collection('v2_video_status').doc(ID);

/** Advances to the next look, again and again. */
async function rest(town: Town, films = town.films): Promise<Awaited<ReturnType<typeof films.advance>>> {
  for (let turn = 0; turn < 200; turn += 1) {
    const film = await films.advance(ID);
    if (film.status !== 'waiting') return film;
    await town.clock.advance(Math.max(1, film.wakeAt - town.clock.now()));
  }
  throw new Error('the film does not come to rest');
}

describe.skipIf(emulator === undefined)('a write of another program', () => {
  test('between a load and a save is not destroyed: the save is refused and the next load tells of it', async () => {
    const here = place({ owns: { ...ALL, monitor: false } });
    await here.films.create(BEES);
    await here.films.advance(ID);
    const loaded = await here.store.load(ID);
    const foreign = { status: 'generating_block_2', operation_name: 'operations/theirs', current_block: 2 };
    await operations(here).update(foreign);
    const request = {
      videoId: ID,
      ifRevision: loaded?.revision ?? '',
      state: { ...loaded?.state, status: 'cancelled', cancelled: true },
      wakes: {},
      index: { status: 'running', metadata: {}, createdAt: 1 },
      beside: { owns: ALL, place: 'gs://artifacts/film_0001/' },
    };
    await expect(here.store.save(request)).rejects.toMatchObject({ code: 'state-conflict' });
    // Also where the save has to read first.
    const counters = [{ key: 'spend/day/2026-01-01', add: 1 }];
    await expect(here.store.save({ ...request, counters })).rejects.toMatchObject({ code: 'state-conflict' });
    expect((await operations(here).get()).data()).toMatchObject(foreign);
    const again = await here.store.load(ID);
    expect(again?.foreign?.blocks).toContainEqual({ block: 2, operation: 'operations/theirs' });
    expect(again?.revision).not.toBe(loaded?.revision);
  });

  test('that says nothing new disturbs no save', async () => {
    const here = place();
    await here.films.create(BEES);
    await here.films.advance(ID);
    const before = await here.store.load(ID);
    await operations(here).update({ updated_at: new Date(), retry_count: 2, note: 'theirs' });
    const loaded = await here.store.load(ID);
    expect([loaded?.foreign, loaded?.revision]).toEqual([undefined, before?.revision]);
    expect((await rest(here)).status).toBe('completed');
    expect((await operations(here).get()).data()).toMatchObject({ status: 'completed', note: 'theirs' });
  });

  test('is told once: what was taken in is remembered with the film', async () => {
    const here = place({ owns: { ...ALL, monitor: false, assembler: false } });
    await here.films.create(BEES);
    await here.films.advance(ID);
    await operations(here).update({ status: 'failed', error_message: 'quota' });
    expect(await here.films.advance(ID)).toMatchObject({ status: 'failed', error: { code: 'foreign-failure' } });
    await here.films.send(ID, { type: 'resume' });
    expect((await here.films.advance(ID)).status).toBe('waiting');
  });

  test('that removes our key and our film’s documents is no loss: they are written again', async () => {
    const here = place();
    await here.films.create(BEES);
    await here.films.advance(ID);
    await Promise.all([operations(here).delete(), status(here).delete()]);
    expect((await rest(here)).status).toBe('completed');
    expect((await operations(here).get()).data()).toMatchObject({ status: 'completed', video_id: ID });
    expect(here.video.books.length).toBe(2);
  });

  test.each(['status-14', 'drop'] as const)(
    'every third commit’s answer is lost (%s): film and documents stay one',
    async (fault) => {
      const proxy = await startFirestoreFaultProxy(emulator?.host ?? '');
      const here = place({ owns: { ...ALL, assembler: false }, storeHost: proxy.host });
      proxy.setFault((method, n) => (method === 'Commit' && n % 3 === 0 ? fault : undefined));
      await here.begin(ID);
      await here.run(ID);
      expect((await here.films.get(ID)).status).toBe('completed');
      expect(here.launches()).toEqual({ all: 2, old: 0 });
      expect((await here.documents(ID)).operations).toMatchObject({ status: 'completed', current_block: 2 });
      await here.store.close();
      await proxy.close();
    },
  );
});

describe.skipIf(emulator === undefined)('an old monitor beside ours', () => {
  test('is noticed by its first launch, which is kept; nothing more is bought until a person resumes', async () => {
    const here = place();
    await here.films.create(BEES);
    await here.films.advance(ID);
    // Block 1 is ready; the old monitor is quicker and launches block 2.
    await here.clock.advance(60_000);
    await oldMonitor(here.old);
    expect(here.launches()).toEqual({ all: 2, old: 1 });
    const film = await here.films.advance(ID);
    expect(film).toMatchObject({
      status: 'needs-input',
      reason: { code: 'two-owners' },
      commands: ['resume', 'cancel'],
    });
    for (let minute = 0; minute < 5; minute += 1) {
      await here.films.tick({ limit: 5 });
      await here.clock.advance(60_000);
    }
    expect(here.launches().all).toBe(2);
    // The old monitor is stopped, and its launch is block 2.
    await here.films.send(ID, { type: 'resume' });
    const done = await rest(here);
    expect(done.status).toBe('completed');
    expect(here.launches()).toEqual({ all: 2, old: 1 });
    expect(done.blocks[1]?.takes).toHaveLength(1);
    expect(done.cost.chargedUsd).toBeGreaterThanOrEqual(1.5);
  });

  test('that launched what we launched too leaves one result too many, which is named', async () => {
    const here = place();
    await here.films.create(BEES);
    await here.films.advance(ID);
    await here.clock.advance(60_000);
    // Ours launches block 2; the old one goes by what it read before.
    const stale = (await operations(here).get()).data();
    await here.films.advance(ID);
    expect(here.launches()).toEqual({ all: 2, old: 0 });
    await operations(here).set(stale ?? {});
    await oldMonitor(here.old);
    await here.films.advance(ID);
    expect((await here.films.get(ID)).status).toBe('needs-input');
    await here.films.send(ID, { type: 'resume' });
    expect((await rest(here)).status).toBe('completed');
  });
});

describe.skipIf(emulator === undefined)('taking over what the old functions began', () => {
  const OLD: Owners = { script: false, video: false, monitor: false, assembler: false };
  /** The old functions go so far, then they are stopped and everything is ours. */
  async function stopped(
    before: (town: Town) => Promise<void>,
    options: Partial<Parameters<typeof town>[1]> = {},
  ): Promise<Town> {
    const here = place(options);
    await before(here);
    here.events.length = 0;
    return here;
  }
  const minute = async (here: Town): Promise<void> => {
    await here.clock.advance(61_000);
    await oldMonitor(here.old);
  };
  const scripted = (here: Town): Promise<void> => oldScript(here.old, ID);
  const launched = async (here: Town): Promise<void> => {
    await scripted(here);
    await oldVideo(here.old, ID);
  };

  test.each([
    ['with its script alone', scripted, 2],
    ['while block 1 is made', launched, 2],
    [
      'while block 2 is made',
      async (here: Town) => {
        await launched(here);
        await minute(here);
      },
      2,
    ],
    [
      'ready for assembly',
      async (here: Town) => {
        await launched(here);
        await minute(here);
        await minute(here);
      },
      2,
    ],
  ] as const)('%s: the film is completed and nothing is bought twice', async (_when, before, launches) => {
    const here = await stopped(before);
    await here.run(ID);
    expect((await here.films.get(ID)).status).toBe('completed');
    expect(here.video.books.length).toBe(launches);
    expect((await here.documents(ID)).status).toMatchObject({ status: 'completed', blocks_count: 2 });
  });

  test('each of the four at another time, in the middle of a film', async () => {
    const here = await stopped(launched);
    const monitorOurs = here.host({ owns: { ...OLD, monitor: true } });
    await here.run(ID, async () => (await here.documents(ID)).operations?.status === 'generating_block_2');
    await rest(here, monitorOurs).catch(() => undefined);
    await oldAssembler(here.old, ID, 2);
    expect((await monitorOurs.advance(ID)).status).toBe('completed');
    expect(here.video.books.length).toBe(2);
  });

  test('a result outside the film’s folder is for a person, and never bought again silently', async () => {
    const here = await stopped(launched, { outputFolder: 'elsewhere/' });
    await here.run(ID);
    const film = await here.films.get(ID);
    expect(film).toMatchObject({ status: 'needs-input', reason: { code: 'unknown-take', block: 1 } });
    expect(here.video.books.length).toBe(1);
    await here.films.send(ID, { type: 'resume', maxUsd: 5 });
    expect((await rest(here)).status).toBe('completed');
    expect(here.video.books.length).toBe(3);
  });

  test('an operation that failed is bought again, once, and its prompt is softened where it was refused', async () => {
    const failing = await stopped(launched, { outcomes: ['failed'] });
    await failing.run(ID);
    expect((await failing.films.get(ID)).status).toBe('completed');
    expect(failing.video.books.length).toBe(3);
    const refused = await stopped(launched, { outcomes: ['refused'] });
    await refused.run(ID);
    expect(refused.video.posts[1]?.prompt.dialogue).not.toBe(refused.video.posts[0]?.prompt.dialogue);
  });

  test('an operation that the vendor has forgotten is for a person', async () => {
    const here = await stopped(launched, { outcomes: ['gone'] });
    await here.run(ID);
    expect(await here.films.get(ID)).toMatchObject({ status: 'needs-input', reason: { code: 'unknown-take' } });
    expect(here.video.books.length).toBe(1);
  });

  test('an old script of ten blocks goes on in as many chains as the model needs', async () => {
    const here = await stopped(async (town) => {
      await oldScript(town.old, ID, 71);
      await oldVideo(town.old, ID);
    });
    await here.run(ID);
    const film = await here.films.get(ID);
    expect(film.status).toBe('completed');
    expect(film.blocks.map(({ chain }) => chain)).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(here.video.books.length).toBe(10);
  });

  test('a full budget and the kill switch stop our launches, not the facts of theirs', async () => {
    const here = await stopped(launched, { pipeline: { limits: { perDayUsd: 0.01 } } });
    await here.turn(ID);
    const film = await here.films.get(ID);
    expect(film.blocks[0]?.takes).toMatchObject([{ status: 'launched' }]);
    expect(film.cost.reservedUsd).toBeCloseTo(0.8);
  });

  test('what cannot be read is refused, the others are taken over', async () => {
    const here = await stopped(async (town) => {
      await scripted(town);
      await town.db.collection('v2_video_status').doc('film_0002').set({ status: 'script_generated' });
      await oldScript(town.old, 'film_0003');
      const there = await town.storage.head('film_0003/script_v2.json');
      await town.storage.put('film_0003/script_v2.json', '{"blocks":[]}', { ifRevision: there?.revision ?? null });
    });
    expect(await takeOver(here.films)).toEqual({
      taken: [ID],
      refused: [
        expect.objectContaining({ videoId: 'film_0002', code: 'script-missing' }),
        expect.objectContaining({ videoId: 'film_0003', code: 'script-without-blocks' }),
      ],
    });
    expect((await takeOver(here.films)).taken).toEqual([]);
  });

  test('at most so many at once, and none that is finished', async () => {
    const here = await stopped(async (town) => {
      for (const number of [1, 2, 3]) await oldScript(town.old, `film_000${number}`);
      await status(town).update({ status: 'completed' });
    });
    expect((await takeOver(here.films, { limit: 1 })).taken).toEqual(['film_0002']);
    expect((await takeOver(here.films)).taken).toEqual(['film_0003']);
  });

  test('a database that is lost afterwards: the accepted blocks are found in the bucket', async () => {
    const here = await stopped(async (town) => {
      await launched(town);
      await minute(town);
    });
    await here.run(ID, async () =>
      (await here.films.list()).items.some((film) => film.blocks[0]?.status === 'accepted'),
    );
    await here.store.remove(ID);
    const film = await rebuild(here.films, ID);
    expect(film).toMatchObject({ status: 'needs-input', reason: { code: 'rebuild' } });
    expect(film.blocks[0]).toMatchObject({ status: 'accepted' });
  });
});

describe.skipIf(emulator === undefined)('what the old functions get wrong', () => {
  const OLD_MONITOR: Owners = { ...ALL, video: false, monitor: false };

  test('the old video function is told twice and launches twice: both are watched, the first result counts, the other is named', async () => {
    const here = place({ owns: { ...ALL, video: false }, pipeline: { limits: { maxUsd: 8 } } });
    await here.begin(ID);
    here.events.length = 0;
    await oldVideo(here.old, ID);
    await here.films.advance(ID);
    await oldVideo(here.old, ID);
    const film = await rest(here);
    expect(film.status).toBe('completed');
    expect(here.launches()).toEqual({ all: 3, old: 2 });
    expect(film.orphans).toMatchObject([{ block: 1, take: 2, charge: 'charged' }]);
  });

  test('two runs of the old monitor at once launch a block twice; ours launches nothing and the film is completed', async () => {
    const here = place({ owns: OLD_MONITOR });
    await here.begin(ID);
    here.events.length = 0;
    await oldVideo(here.old, ID);
    await here.clock.advance(61_000);
    // Both have read before one writes.
    let readers = 0;
    let goOn = (): void => undefined;
    const bothHaveRead = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const launch: typeof here.video.launch = async (request) => {
      readers += 1;
      if (readers === 2) goOn();
      await bothHaveRead;
      return here.video.launch(request);
    };
    const old = { ...here.old, video: { ...here.video, launch } };
    await Promise.all([oldMonitor(old), oldMonitor(old)]);
    await here.run(ID);
    expect((await here.films.get(ID)).status).toBe('completed');
    expect(here.launches()).toEqual({ all: 3, old: 3 });
  });

  test('a refusal is retried with the same prompt until it gives up; our monitor, put in charge, softens the prompt', async () => {
    const here = place({ owns: OLD_MONITOR, outcomes: ['refused', 'refused', 'refused', 'refused'] });
    await here.begin(ID);
    await here.run(ID);
    expect(await here.films.get(ID)).toMatchObject({ status: 'failed', error: { code: 'foreign-failure' } });
    expect(new Set(here.video.posts.map(({ prompt }) => prompt.dialogue)).size).toBe(1);
    const ours = here.host({ owns: ALL });
    await ours.send(ID, { type: 'resume', maxUsd: 10 });
    expect((await rest(here, ours)).status).toBe('completed');
    expect(here.launches()).toEqual({ all: 6, old: 4 });
  });

  test('an operation that never ends is looked at for ever; ours gives it up in time', async () => {
    const here = place({ outcomes: ['running'], pipeline: { limits: { maxUsd: 8 } } });
    await oldScript(here.old, ID);
    await oldVideo(here.old, ID);
    for (let minute = 0; minute < 30; minute += 1) await oldMonitor(here.old);
    here.events.length = 0;
    await here.turn(ID);
    expect((await rest(here)).status).toBe('completed');
    expect(here.launches()).toEqual({ all: 3, old: 1 });
  });
});

/** Several writers meet here: one that pauses after conflicts does so on the town's clock, which has to go on meanwhile. */
async function passing<T>(here: Town, running: Promise<T>): Promise<T> {
  let isOver = false;
  const done = running.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    if (here.clock.sleepers > 0) await here.clock.advance(1);
  }
  return done;
}

describe.skipIf(emulator === undefined)('back to the old functions', () => {
  const to = async (here: Town, isThere: (film: Film) => boolean): Promise<void> => {
    for (let turn = 0; turn < 50; turn += 1) {
      const film = await passing(here, here.films.advance(ID));
      if (isThere(film) || film.status !== 'waiting') return;
      await here.clock.advance(Math.max(1, film.wakeAt - here.clock.now()));
    }
  };

  test.each([
    ['while block 1 is made', async () => undefined, 'generating_block_1'],
    [
      'before block 2 is launched',
      async (here: Town) => {
        await killSwitch(here.films, true);
        await to(here, ({ blocks }) => blocks[0]?.status === 'accepted');
        await killSwitch(here.films, false);
      },
      'generating_block_1',
    ],
    [
      'while block 2 is made',
      (here: Town) => to(here, ({ blocks }) => blocks[1]?.status === 'under-way'),
      'generating_block_2',
    ],
  ] as const)('the old monitor goes on %s, and nothing is bought twice', async (_when, play, shown) => {
    const here = place();
    await here.films.create(BEES);
    await passing(here, here.films.advance(ID));
    await play(here);
    expect((await operations(here).get()).data()?.status).toBe(shown);
    here.events.length = 0;
    const left = here.host({ owns: { ...ALL, monitor: false } });
    for (let minute = 0; minute < 12; minute += 1) {
      await here.clock.advance(61_000);
      await passing(here, oldMonitor(here.old));
      await passing(here, left.tick({ limit: 5 }));
      await passing(here, left.advance(ID));
    }
    expect((await left.get(ID)).status).toBe('completed');
    expect(here.video.books.length).toBe(2);
  });
});

describe.skipIf(emulator === undefined)('what cannot be done beside functions of another owner', () => {
  test.each([
    ['approval, beside the old video function', { video: false }, { approval: true }],
    ['several chains, beside the old monitor', { monitor: false }, { durationSeconds: 50 }],
    ['several chains, beside the old assembler', { assembler: false }, { durationSeconds: 50 }],
  ] as const)('%s', async (_what, owns, input) => {
    const here = place({ owns: { ...ALL, ...owns } });
    await expect(here.films.create({ ...BEES, ...input })).rejects.toMatchObject({ code: 'function-not-owned' });
  });

  test('a lost launch of block 1, found later, is not the old monitor’s: the film says so, and goes on when ours is in charge', async () => {
    const here = place({ owns: { ...ALL, monitor: false }, outcomes: ['lost-answer'] });
    await here.films.create(BEES);
    for (let minute = 0; minute < 40; minute += 1) {
      await here.films.advance(ID);
      await oldMonitor(here.old);
      await here.clock.advance(60_000);
    }
    const error = { code: 'monitor-not-owned' };
    expect(await here.films.advance(ID)).toMatchObject({ status: 'failed', error });
    expect(here.launches()).toEqual({ all: 1, old: 0 });
    const ours = here.host({ owns: ALL });
    await ours.send(ID, { type: 'resume' });
    expect((await rest(here, ours)).status).toBe('completed');
    expect(here.launches()).toEqual({ all: 2, old: 0 });
  });

  test('reroll and revise of blocks that the old monitor makes', async () => {
    const here = place({ owns: { ...ALL, monitor: false } });
    await here.films.create(BEES);
    await here.films.advance(ID);
    const owned = { code: 'function-not-owned' };
    await expect(here.films.send(ID, { type: 'reroll', block: 1, maxUsd: 5 })).rejects.toMatchObject(owned);
    const blocks = [{ block: 1, dialogue: 'Autre chose.' }];
    await expect(here.films.send(ID, { type: 'revise', blocks, maxUsd: 5 })).rejects.toMatchObject(owned);
  });

  test('an id that the old functions have', async () => {
    const here = place();
    await oldScript(here.old, ID);
    await expect(here.films.create(BEES)).rejects.toMatchObject({ code: 'film-exists' });
  });

  test('cancel stops the old monitor as well', async () => {
    const here = place({ owns: { ...ALL, monitor: false } });
    await here.films.create(BEES);
    await here.films.advance(ID);
    await here.films.send(ID, { type: 'cancel' });
    await here.films.advance(ID);
    await here.clock.advance(120_000);
    expect(await oldMonitor(here.old)).toEqual({ checked: 0, processed: 0 });
  });
});
