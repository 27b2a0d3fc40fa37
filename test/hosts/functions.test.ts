/** Each function by its paths, bodies and answers, and the bad input that a bucket, a scheduler and strangers send. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUCKET, post, sendBinary, sendStructured, startHost } from './support.ts';

type Host = Awaited<ReturnType<typeof startHost>>;
let host: Host;
beforeEach(async () => {
  host = await startHost();
});
afterEach(() => host.close());

const ID = 'test_20260131_123456';
const answer = async (response: Response | Promise<Response>) => {
  const { status } = await response;
  return { status, body: (await (await response).json()) as Record<string, unknown> };
};
const create = (fields: Readonly<Record<string, unknown>> = {}) =>
  answer(post(host.functions.script, { theme: 'Bees', video_id: ID, target_duration: 15, ...fields }));
const launches = () => host.video.posts.length;

/** Lets the vendor deliver, and each function know by its events, until nothing new happens. */
async function run(): Promise<void> {
  for (let seen = 0, quiet = 0; quiet < 3; ) {
    const fresh = host.events.slice(seen);
    seen = host.events.length;
    for (const event of fresh) {
      await sendBinary(host.functions.video, event);
      await sendStructured(host.functions.assembler, event);
    }
    quiet = fresh.length === 0 ? quiet + 1 : 0;
    await host.hand.advance(70_000);
    // A delivery is a look that nobody asked for: the vendor writes by itself.
    for (const { operation } of host.video.books) await host.video.look(operation).catch(() => undefined);
  }
}

describe('agent-script-v2', () => {
  test('answers with the blocks of a written script', async () => {
    expect(await create()).toEqual({
      status: 200,
      body: {
        status: 'success',
        video_id: ID,
        blocks_generated: 2,
        duration: 15,
        message: 'The script is written.',
      },
    });
    const document = JSON.parse(String(host.server.read(BUCKET, `${ID}/script_v2.json`)));
    expect(document).toMatchObject({ video_id: ID, theme: 'Bees', target_duration: 15, total_blocks: 2 });
  });

  test('makes an id where none is given, another one each time', async () => {
    const ids = [await create({ video_id: undefined }), await create({ video_id: undefined })].map(
      ({ body }) => body.video_id,
    );
    expect(ids[0]).toMatch(/^video_\d{8}_\d{6}_/);
    expect(new Set(ids).size).toBe(2);
  });

  test('the same request again is the same film, another one under its id is refused', async () => {
    await create();
    expect((await create()).status).toBe(200);
    expect(await create({ theme: 'Wasps' })).toMatchObject({ status: 409, body: { code: 'film-exists' } });
  });

  test.each([
    ['no theme', { theme: undefined }, 'theme-missing'],
    ['an empty theme', { theme: '' }, 'theme-missing'],
    ['a theme that is a number', { theme: 5 }, 'invalid-theme'],
    ['a theme with control characters', { theme: 'a\u0000b' }, 'invalid-theme'],
    ['a length that no plan reaches', { target_duration: 4000 }, 'invalid-duration'],
    ['a length that is a word', { target_duration: 'long' }, 'invalid-duration'],
    ['a length that is a list', { target_duration: [15] }, 'invalid-duration'],
    ['an id that leaves its folder', { video_id: '../../etc/passwd' }, 'invalid-video-id'],
    ['an unknown language', { language: 'xx-nope-nope' }, 'unknown-language'],
  ])('%s: 400', async (_what, fields, code) => {
    expect(await create(fields)).toMatchObject({ status: 400, body: { status: 'error', code } });
    expect(launches()).toBe(0);
  });

  test('the caller sets neither cap nor owner', async () => {
    await create({ max_usd: 1000, maxUsd: 1000, owner: 'somebody-else' });
    const film = await host.films.get(ID);
    expect(film.owner).toBeUndefined();
    expect(film.cost.capUsd).toBeLessThan(5);
  });
});

describe('agent-video-v2', () => {
  test('the event of a script launches block 1, once, however often and in whatever mode it comes', async () => {
    await host.close();
    host = await startHost({ ports: { owns: { monitor: false } } });
    const events = host.events;
    const { films, functions } = await onlyScript();
    await post(functions.script, { theme: 'Bees', video_id: ID, target_duration: 15 });
    expect(launches()).toBe(0);
    const event = events.findLast(({ data }) => data.name === `${ID}/script_v2.json`) ?? {};
    expect((await sendBinary(host.functions.video, event)).status).toBe(204);
    expect((await sendStructured(host.functions.video, event)).status).toBe(204);
    await Promise.all([sendBinary(host.functions.video, event), sendStructured(host.functions.video, event)]);
    expect(launches()).toBe(1);
    expect((await films.get(ID)).blocks[0]?.status).toBe('under-way');
  });

  /** A script function of its own, beside the host's. */
  async function onlyScript() {
    const { createFunctions } = await import('../../src/hosts/index.ts');
    const { createPipeline } = await import('../../src/index.ts');
    const { storage, state, clock, llm, video, logger } = host;
    const films = createPipeline({ storage, state, clock, llm, model: video.model, logger });
    return { films, functions: createFunctions({ films, bucket: BUCKET, auth: 'anyone-may-call', logger }) };
  }

  test('the event of a take collects it and launches the next block at once', async () => {
    await create();
    expect(launches()).toBe(1);
    await host.hand.advance(70_000);
    await host.video.look(host.video.books[0]?.operation ?? '');
    const event = host.events.findLast(({ data }) => /takes\/1-1\/.*sample_0\.mp4$/.test(String(data.name)));
    expect((await sendBinary(host.functions.video, event ?? {})).status).toBe(204);
    expect(launches()).toBe(2);
    expect(host.server.names(BUCKET)).toContain(`${ID}/block_1.mp4`);
  });

  test('a request is answered with operation and block', async () => {
    await create();
    const { status, body } = await answer(post(host.functions.video, { video_id: ID }));
    expect([status, body]).toEqual([
      200,
      {
        status: 'processing',
        video_id: ID,
        operation_name: host.video.books[0]?.operation,
        current_block: 1,
        total_blocks: 2,
        message: 'The block is being made.',
      },
    ]);
  });

  test.each([
    ['no id', {}, 400, 'video-id-missing'],
    ['an id that is no text', { video_id: 7 }, 400, 'video-id-missing'],
    ['an id that is a path', { video_id: 'a/../../b' }, 400, 'invalid-video-id'],
    ['an unknown film without a script', { video_id: 'unknown_film' }, 404, 'script-missing'],
  ])('%s', async (_what, body, status, code) => {
    expect(await answer(post(host.functions.video, body))).toMatchObject({ status, body: { status: 'error', code } });
  });

  test('a script without blocks: 400 by request, ignored as an event', async () => {
    host.server.seed(
      BUCKET,
      'empty_film_1/script_v2.json',
      JSON.stringify({ video_id: 'empty_film_1', theme: 'x', blocks: [] }),
    );
    expect(await answer(post(host.functions.video, { video_id: 'empty_film_1' }))).toMatchObject({
      status: 400,
      body: { code: 'script-without-blocks' },
    });
    expect((await sendBinary(host.functions.video, host.eventOf('empty_film_1/script_v2.json'))).status).toBe(204);
    expect(host.logger.lines).toContainEqual(
      expect.objectContaining({ fields: { videoId: 'empty_film_1', reason: 'no-blocks' } }),
    );
    expect(launches()).toBe(0);
  });
});

describe('an uploaded script', () => {
  const document = {
    video_id: ID,
    theme: 'Les abeilles',
    target_duration: 15,
    actual_duration: 15,
    blocks: [
      { bloc: 1, dialogue: 'Une abeille danse pour montrer la route.', visuel: 'A bee dances on a comb', duration: 8 },
      { bloc: 2, dialogue: 'Les autres la suivent.', visuel: 'Bees fly over a meadow', duration: 7 },
    ],
    total_blocks: 2,
  };
  const upload = (content: unknown) => {
    host.server.seed(BUCKET, `${ID}/script_v2.json`, typeof content === 'string' ? content : JSON.stringify(content));
    return sendBinary(host.functions.video, host.eventOf(`${ID}/script_v2.json`));
  };

  test('begins its film under the default cap, with its own words', async () => {
    expect((await upload(document)).status).toBe(204);
    const film = await host.films.get(ID);
    expect(film.script?.blocks.map(({ dialogue }) => dialogue)).toEqual(
      document.blocks.map(({ dialogue }) => dialogue),
    );
    expect(film).toMatchObject({ status: 'running', theme: 'Les abeilles', durationMs: 15_000 });
    expect(host.video.posts[0]?.prompt.visual).toBe('A bee dances on a comb');
  });

  test('of a film that was planned otherwise is as long as its blocks', async () => {
    await upload({ ...document, target_duration: 78, actual_duration: undefined });
    expect((await host.films.get(ID)).durationMs).toBe(15_000);
  });

  test.each([
    ['no JSON', '{"blocks": ['],
    ['a list', []],
    ['a block without words', { ...document, blocks: [{ visuel: 'x' }, document.blocks[1]] }],
    [
      'words that nobody can say in that time',
      { ...document, blocks: [{ ...document.blocks[0], dialogue: 'word '.repeat(200) }, document.blocks[1]] },
    ],
    ['an endless list of blocks', { ...document, blocks: Array.from({ length: 400 }, () => document.blocks[0]) }],
    ['half a megabyte', { ...document, raw_script: 'x'.repeat(500_000) }],
  ])('%s: acknowledged, logged, not begun', async (_what, content) => {
    expect((await upload(content)).status).toBe(204);
    await expect(host.films.get(ID)).rejects.toMatchObject({ code: 'film-not-found' });
    expect(host.logger.lines.some(({ level }) => level === 'warn')).toBe(true);
  });

  test('where the bucket knows the film and the database does not, the film waits for a person', async () => {
    await create();
    await host.state.remove(ID);
    expect((await sendBinary(host.functions.video, host.eventOf(`${ID}/script_v2.json`))).status).toBe(204);
    expect(await host.films.get(ID)).toMatchObject({ status: 'needs-input' });
    expect(launches()).toBe(1);
  });
});

describe('events that are nobody’s business', () => {
  const both = () => [host.functions.video, host.functions.assembler];

  test('another bucket, an overwritten generation, a deleted object, final.mp4, foreign names: acknowledged, nothing done', async () => {
    await create();
    const before = await host.films.get(ID);
    const script = host.eventOf(`${ID}/script_v2.json`);
    const named = (name: string, generation = '1766000000000001') => ({
      ...script,
      data: { ...script.data, name, generation },
    });
    host.server.seed('other', `${ID}/script_v2.json`, '{}');
    const foreign = host.events.findLast(({ bucket }) => bucket === 'other');
    const all = [
      foreign ?? {},
      named(`${ID}/script_v2.json`),
      named(`${ID}/block_1.mp4`),
      named(`${ID}/block_0.mp4`),
      named(`${ID}/final.mp4`),
      named(`${ID}/takes/1-1/7/sample_0.mp4`),
      named('script_v2.json'),
      named('../../etc/passwd/script_v2.json'),
      named(`${ID}/nested/script_v2.json`),
      named('tiny/script_v2.json'),
      named(''),
    ];
    const posts = launches();
    for (const handler of both()) for (const event of all) expect((await sendBinary(handler, event)).status).toBe(204);
    expect(launches()).toBe(posts);
    expect((await host.films.get(ID)).events.length).toBe(before.events.length);
  });

  test('a body without headers is a request that lacks its id', async () => {
    for (const handler of both()) {
      const response = post(handler, { bucket: BUCKET, name: `${ID}/script_v2.json`, generation: '1' });
      expect(await answer(response)).toMatchObject({ status: 400, body: { code: 'video-id-missing' } });
    }
  });

  test('1 MB is refused, by its length and without one', async () => {
    const large = JSON.stringify({ theme: 'x', padding: 'y'.repeat(1_000_000) });
    for (const handler of [
      host.functions.script,
      host.functions.video,
      host.functions.monitor,
      host.functions.assembler,
    ]) {
      expect((await post(handler, large)).status).toBe(413);
      expect((await post(handler, large, { 'content-length': '10' })).status).toBe(413);
    }
    for (const handler of both())
      expect((await sendStructured(handler, { data: { padding: 'y'.repeat(1_000_000) } })).status).toBe(413);
  });

  test('other methods and bodies that are no JSON', async () => {
    expect((await host.functions.video(new Request('http://x/'))).status).toBe(405);
    for (const body of ['', '{', '[]', '"x"', 'null'])
      expect((await post(host.functions.video, body)).status).toBe(400);
  });
});

describe('the whole way', () => {
  test('by events alone, each film launched once per block; a block that is not the last never starts the cut', async () => {
    await create();
    let cuts = 0;
    const { cut } = host.media;
    host.media.cut = (request) => {
      cuts += 1;
      return cut(request);
    };
    await run();
    expect(await host.films.get(ID)).toMatchObject({ status: 'completed' });
    expect([launches(), cuts]).toEqual([2, 1]);
    expect(await answer(post(host.functions.assembler, { video_id: ID }))).toEqual({
      status: 200,
      body: { status: 'success', video_id: ID, final_url: `gs://${BUCKET}/${ID}/final.mp4`, total_blocks: 2 },
    });
  });

  test('by the monitor alone', async () => {
    await host.close();
    host = await startHost({ realTime: true, functions: { tickMs: 1000 } });
    await create();
    for (let minute = 0; minute < 20 && (await host.films.get(ID)).status === 'running'; minute += 1)
      expect(await answer(post(host.functions.monitor, {}))).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await host.films.get(ID)).toMatchObject({ status: 'completed' });
    expect(launches()).toBe(2);
  });

  test('an idle monitor answers at once', async () => {
    expect(await answer(post(host.functions.monitor, {}))).toEqual({
      status: 200,
      body: { status: 'ok', checked: 0, processed: 0 },
    });
  });
});

test('an event that is faster than the save of who published its object is not lost', async () => {
  await host.close();
  host = await startHost({ realTime: true });
  // The state of a moment ago, for a while: what a function sees whose event was faster.
  await create();
  const event = host.eventOf(`${ID}/script_v2.json`);
  const { load } = host.state;
  let old = 2;
  host.state.load = async (videoId) => {
    const stored = await load(videoId);
    if (stored === undefined || old === 0) return stored;
    old -= 1;
    return { ...stored, state: { ...stored.state, published: {} } };
  };
  expect((await sendBinary(host.functions.video, event)).status).toBe(204);
  expect(old).toBe(0);
});

describe('agent-assembler-v2', () => {
  test.each([
    ['no id', {}, 400, 'video-id-missing'],
    ['an unknown film', { video_id: 'unknown_film' }, 404, 'film-not-found'],
  ])('%s', async (_what, body, status, code) => {
    expect(await answer(post(host.functions.assembler, body))).toMatchObject({ status, body: { code } });
  });

  test('before the last block: 404', async () => {
    await create();
    expect(await answer(post(host.functions.assembler, { video_id: ID }))).toMatchObject({
      status: 404,
      body: { code: 'last-block-missing' },
    });
  });

  test('its own scheduler job ticks', async () => {
    expect(await answer(post(host.functions.assembler, { tick: true }))).toMatchObject({ body: { status: 'ok' } });
  });
});

test('an error of the storage is answered without its text', async () => {
  await create();
  host.server.setFault(() => ({ status: 403, message: 'secret-bucket-name /home/someone ya29.canary' }));
  const response = await post(host.functions.assembler, { video_id: ID });
  const text = await response.text();
  expect(text).not.toMatch(/secret|someone|canary|films/);
  expect(response.status).toBeGreaterThanOrEqual(400);
});

test('all four behind one address', async () => {
  const ask = (path: string, body: object) =>
    host.functions.all(new Request(`http://x${path}`, { method: 'POST', body: JSON.stringify(body) }));
  expect((await ask('/monitor-veo31', {})).status).toBe(200);
  expect((await ask('/agent-script-v2', { theme: 'Bees' })).status).toBe(200);
  expect((await ask('/agent-video-v2', { video_id: 'unknown_film' })).status).toBe(404);
  expect((await ask('/else', {})).status).toBe(404);
});
