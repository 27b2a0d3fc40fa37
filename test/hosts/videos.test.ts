import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVideos, type Handler } from '../../src/hosts/index.ts';
import { startHost } from './support.ts';

type Host = Awaited<ReturnType<typeof startHost>>;
let host: Host;
let videos: Handler;
beforeEach(async () => {
  host = await startHost({ realTime: true });
  videos = createVideos({
    films: host.films,
    authorize: (request, film) => film.owner === request.headers.get('x-user'),
    keepAliveMs: 30,
  });
});
afterEach(() => host.close());

const ask = (path: string, headers: Readonly<Record<string, string>> = { 'x-user': 'ada' }, signal?: AbortSignal) =>
  videos(new Request(`http://x${path}`, { headers, ...(signal === undefined ? {} : { signal }) }));
const create = (owner = 'ada') => host.films.create({ theme: 'Bees', durationSeconds: 8, owner });
async function finish(videoId: string) {
  for (let turn = 0; turn < 200; turn += 1) {
    if ((await host.films.advance(videoId)).status !== 'waiting') return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a film is shown to its owner; for everyone else, and where there is none, there is none', async () => {
  const { videoId } = await create();
  const own = await ask(`/videos/${videoId}`);
  expect([own.status, await own.json()]).toMatchObject([200, { videoId, status: 'running', cost: {} }]);
  const texts = new Set<string>();
  for (const response of [
    await ask(`/videos/${videoId}`, { 'x-user': 'eve' }),
    await ask(`/videos/${videoId}`, {}),
    await ask(`/videos/${videoId}/events`, { 'x-user': 'eve' }),
    await ask('/videos/unknown_film'),
    await ask('/videos/..%2f..%2fetc'),
  ]) {
    expect(response.status).toBe(404);
    texts.add(await response.text());
  }
  expect(texts.size).toBe(1);
});

test('progress comes as numbered events, from where a browser was, to the end', async () => {
  const { videoId } = await create();
  const response = await ask(`/videos/${videoId}/events`);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const [text] = await Promise.all([response.text(), finish(videoId)]);
  const numbers = [...text.matchAll(/^id: (\d+)$/gm)].map(([, number]) => Number(number));
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  expect(text).toContain('event: film-completed\n');
  expect(text).toMatch(/event: end\ndata: {"status":"completed"}\n\n$/);
  const rest = await (
    await ask(`/videos/${videoId}/events`, { 'x-user': 'ada', 'last-event-id': `${numbers.length - 1}` })
  ).text();
  expect([...rest.matchAll(/^id: /gm)]).toHaveLength(1);
});

test('a quiet stream is kept open, and ends with its client', async () => {
  const { videoId } = await create();
  const left = new AbortController();
  const response = await ask(`/videos/${videoId}/events`, { 'x-user': 'ada' }, left.signal);
  const reader = response.body?.getReader();
  const seen: string[] = [];
  while (!seen.join('').includes(': still here')) seen.push(new TextDecoder().decode((await reader?.read())?.value));
  left.abort();
  for (let last = await reader?.read(); last?.done === false; ) last = await reader?.read();
});

test('the lengths that can be had, with prices', async () => {
  const { durations } = (await (await ask('/durations', {})).json()) as { durations: readonly object[] };
  expect(durations.slice(0, 3)).toEqual([
    { seconds: 8, blocks: 1, usd: 0.8 },
    { seconds: 15, blocks: 2, usd: 1.5 },
    { seconds: 22, blocks: 3, usd: 2.2 },
  ]);
});

test('a finished film gets a link only where one was asked for and the storage can make it', async () => {
  const { videoId } = await create();
  await finish(videoId);
  const { storage } = host;
  const withLinks = createVideos({ films: host.films, authorize: () => true, linkMs: 60_000 });
  storage.publicUrl = async (name, { expiresMs }) => `https://storage.example/${name}?for=${expiresMs}`;
  const shown = async (handler: Handler) =>
    (await (await handler(new Request(`http://x/videos/${videoId}`, { headers: { 'x-user': 'ada' } }))).json()) as {
      url?: string;
    };
  expect((await shown(withLinks)).url).toBe(`https://storage.example/${videoId}/final.mp4?for=60000`);
  expect((await shown(videos)).url).toBeUndefined();
});

test('other methods and addresses', async () => {
  expect((await videos(new Request('http://x/videos/abc', { method: 'POST' }))).status).toBe(405);
  expect((await ask('/')).status).toBe(404);
});
