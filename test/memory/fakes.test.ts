import { describe, expect, it } from 'vitest';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
  saidIn,
} from '../../src/adapters/memory/index.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { LaunchRequest } from '../../src/core/ports.ts';

const request = (more: Partial<LaunchRequest> = {}): LaunchRequest => ({
  prompt: { dialogue: 'The sky is blue.', language: 'en', visual: 'Sky.' },
  seconds: 8,
  aspectRatio: '9:16',
  resolution: '720p',
  outputPlace: 'memory://storage/film-1/takes/1-1/',
  labels: {},
  ...more,
});

describe('fakeVideo', () => {
  it('writes its result below the place by itself, without being looked at', async () => {
    const storage = memoryStorage();
    const clock = manualClock();
    const video = fakeVideo({ storage, clock, readyAfterMs: 50_000 });
    await video.launch(request());
    await clock.advance(49_999);
    expect(await storage.list('film-1/takes/1-1/')).toEqual([]);
    await clock.advance(1);
    const [object] = await storage.list('film-1/takes/1-1/');
    expect(object?.name).toMatch(/^film-1\/takes\/1-1\/\d+\/sample_0\.mp4$/);
    expect(video.outputs?.test(object?.name ?? '')).toBe(true);
    expect(video.books).toMatchObject([
      { outcome: 'done', paidMicroUsd: 800_000, delivered: `memory://storage/${object?.name}` },
    ]);
  });

  it('books and delivers a launch whose answer it lost', async () => {
    const storage = memoryStorage();
    const video = fakeVideo({ storage, outcomes: ['lost-answer'] });
    await expect(video.launch(request())).rejects.toMatchObject({ effect: 'unknown' });
    expect(video.books).toHaveLength(1);
    expect(video.books[0]?.paidMicroUsd).toBe(800_000);
    expect(await storage.list('film-1/takes/1-1/')).toHaveLength(1);
  });

  it('books nothing for launches that it turned away', async () => {
    const video = fakeVideo({ outcomes: ['refused-at-launch', 'throttled', 'not-connected', 'rejected'] });
    for (let launch = 0; launch < 4; launch++) {
      await expect(video.launch(request())).rejects.toMatchObject({ effect: 'none' });
    }
    expect([video.posts.length, video.books.length]).toEqual([4, 0]);
  });

  it.each([
    ['whole', 15_000, ['The sky is blue.', 'And the sea?']],
    ['new', 7_000, ['And the sea?']],
  ] as const)('extends a video as the %s one', async (extensions, durationMs, texts) => {
    const storage = memoryStorage();
    const video = fakeVideo({ storage, extensions });
    const { operation } = await video.launch(request());
    const first = { uri: video.books[0]?.delivered ?? '', revision: 'r', durationMs: 8000, operation };
    const prompt = { dialogue: 'And the sea?', language: 'en', visual: 'Sea.' };
    const outputPlace = 'memory://storage/film-1/takes/2-1/';
    await video.launch(request({ prompt, seconds: 7, extends: first, outputPlace }));
    const [object] = await storage.list('film-1/takes/2-1/');
    const source = storage.source(object?.name ?? '');
    expect((await measureMp4(source)).durationMs).toBe(durationMs);
    expect((await saidIn(source)).map(({ text }) => text)).toEqual(texts);
  });

  it('forgets an operation whose video it has written', async () => {
    const storage = memoryStorage();
    const video = fakeVideo({ storage, outcomes: ['gone-done', 'gone'] });
    const { operation } = await video.launch(request());
    expect(await video.look(operation)).toEqual({ status: 'gone' });
    expect(await storage.list('film-1/takes/1-1/')).toHaveLength(1);
  });

  it('delivers what it is told to, be it no film', async () => {
    const video = fakeVideo({ outcomes: [{ bytes: new Uint8Array(0) }] });
    const { operation } = await video.launch(request());
    const look = await video.look(operation);
    const source = look.status === 'done' ? await video.open?.(look.output) : undefined;
    await expect(measureMp4(source ?? { open: () => new ReadableStream() })).rejects.toMatchObject({
      code: 'unusable-media',
    });
  });
});

describe('fakeLlm', () => {
  it('gives scripted answers in order, throws scripted errors, then fits the schema', async () => {
    const llm = fakeLlm({ answers: [{ title: 'One' }, new Error('down'), ({ input }) => ({ title: input })] });
    const block = { type: 'object', properties: { dialogue: { type: 'string' }, visual: { type: 'string' } } };
    const schema = {
      type: 'object',
      properties: { blocks: { type: 'array', items: block, minItems: 2, maxItems: 2 } },
    };
    const ask = () => llm.generate({ instructions: '', input: 'theme', schema });
    expect((await ask()).value).toEqual({ title: 'One' });
    await expect(ask()).rejects.toThrow('down');
    expect((await ask()).value).toEqual({ title: 'theme' });
    const { blocks } = (await ask()).value as { blocks: { dialogue: string }[] };
    expect(blocks).toHaveLength(2);
    expect(blocks[0]?.dialogue).not.toBe(blocks[1]?.dialogue);
    expect(llm.requests).toHaveLength(4);
  });
});

describe('fakeMedia and fakeTranscriber', () => {
  it('hear what the film says in a stretch, not what they are told to expect', async () => {
    const storage = memoryStorage();
    await fakeVideo({ storage }).launch(request());
    const [object] = await storage.list('film-1/');
    const source = storage.source(object?.name ?? '');
    const media = fakeMedia();
    const audio = await media.audio(source, { fromMs: 0, durationMs: 8000, timeoutMs: 1000 });
    const transcriber = fakeTranscriber({ hear: (word) => (word === 'sky' ? 'skye' : word) });
    const { words } = await transcriber.transcribe(audio, {
      language: 'en',
      prompt: 'Something else.',
      durationMs: 8000,
    });
    expect(words.map(({ text }) => text)).toEqual(['The', 'skye', 'is', 'blue.']);
  });

  it('carry what is said into the cut, at its new time', async () => {
    const storage = memoryStorage();
    const video = fakeVideo({ storage });
    await video.launch(request());
    const [object] = await storage.list('film-1/');
    const source = storage.source(object?.name ?? '');
    const part = { source, fromMs: 0, durationMs: 8000, dropFirstFrame: false };
    const film = await fakeMedia().cut({ parts: [part, part], timeoutMs: 1000 });
    expect((await saidIn(film)).map(({ fromMs }) => fromMs)).toEqual([300, 8300]);
    await film.dispose();
    await expect(saidIn(film)).rejects.toMatchObject({ code: 'object-not-found' });
  });
});

describe('memoryState', () => {
  it('tells a watcher that already waits of the next save', async () => {
    const store = memoryState();
    const stop = new AbortController();
    const changes = store.watch?.('film-1', { signal: stop.signal })[Symbol.asyncIterator]();
    await changes?.next();
    const next = changes?.next();
    const index = { status: 'running', metadata: {}, createdAt: 1 };
    await store.save({ videoId: 'film-1', ifRevision: null, state: {}, wakes: {}, index });
    expect((await next)?.done).toBe(false);
    stop.abort();
  });
});
