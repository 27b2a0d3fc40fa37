import { afterEach, expect, test } from 'vitest';
import { createFunctions, type NudgeOptions } from '../../src/hosts/index.ts';
import { createPipeline } from '../../src/index.ts';
import { BUCKET, post, startHost } from './support.ts';

type Host = Awaited<ReturnType<typeof startHost>>;
const open: Host[] = [];
afterEach(async () => {
  for (const host of open.splice(0)) await host.close();
});

const VIDEO = 'https://agent-video-v2.example/';
const ASSEMBLER = 'https://agent-assembler-v2.example/';

interface Call {
  readonly url: string;
  readonly body: unknown;
  readonly authorization: string | null;
}

/** A script function and a monitor of their own, their nudges recorded. */
async function flow(
  answer: () => Promise<Response> = async () => Response.json({}),
  change: Partial<NudgeOptions> = {},
) {
  const host = await startHost({ realTime: true });
  open.push(host);
  const calls: Call[] = [];
  const nudges: NudgeOptions = {
    urls: { video: VIDEO, assembler: ASSEMBLER },
    idToken: async (audience) => `token-for-${audience}`,
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      calls.push({
        url: String(url),
        body: JSON.parse(String(init?.body)),
        authorization: headers.get('authorization'),
      });
      return answer();
    },
    ...change,
  };
  const { storage, state, clock, llm, video, logger } = host;
  const parts = { bucket: BUCKET, auth: 'anyone-may-call', logger, nudges, tickMs: 1000 } as const;
  const script = createFunctions({
    ...parts,
    films: createPipeline({ storage, state, clock, llm, model: video.model }),
  }).script;
  const monitor = createFunctions({ ...parts, films: createPipeline({ storage, state, clock, video }) }).monitor;
  return { host, calls, script, monitor };
}

test('after its commit a function nudges the one whose turn it is, with a token for it', async () => {
  const { calls, script } = await flow();
  await post(script, { theme: 'Bees', video_id: 'film_0001', target_duration: 8 });
  expect(calls).toEqual([{ url: VIDEO, body: { video_id: 'film_0001' }, authorization: `Bearer token-for-${VIDEO}` }]);
});

test('the monitor nudges for what it cannot do itself, once per due time', async () => {
  const { host, calls, script, monitor } = await flow();
  await post(script, { theme: 'Bees', video_id: 'film_0001', target_duration: 8 });
  calls.length = 0;
  for (let minute = 0; minute < 20 && (await host.films.get('film_0001')).blocks[0]?.status !== 'accepted'; minute += 1)
    await post(monitor, {});
  await post(monitor, {});
  expect(calls.map(({ url, body }) => ({ url, body }))).toEqual([{ url: ASSEMBLER, body: { video_id: 'film_0001' } }]);
});

test('a nudge that fails, hangs or is refused changes nothing for the caller', async () => {
  const refused = await flow(async () => new Response('no', { status: 403 }));
  expect((await post(refused.script, { theme: 'Bees' })).status).toBe(200);
  expect(refused.host.logger.lines).toContainEqual(expect.objectContaining({ message: 'nudge refused' }));
  const broken = await flow(async () => {
    throw new TypeError('fetch failed');
  });
  expect((await post(broken.script, { theme: 'Bees' })).status).toBe(200);
  const unsigned = await flow(undefined, {
    idToken: async () => {
      throw new Error('no metadata server');
    },
  });
  expect((await post(unsigned.script, { theme: 'Bees' })).status).toBe(200);
  expect(unsigned.calls).toEqual([]);
});

test('a nudge that is not answered is left alone after a while', async () => {
  const { script } = await flow(undefined, {
    timeoutMs: 20,
    fetch: (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      }),
  });
  expect((await post(script, { theme: 'Bees' })).status).toBe(200);
});
