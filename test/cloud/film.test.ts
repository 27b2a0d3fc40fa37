/** The four example functions behind the real functions-framework, with every real client library, on a loopback cloud. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import { type Cloud, FUNCTIONS, startCloud } from './support/cloud.ts';
import { told } from './support/timeline.ts';

/** Real media on a busy machine takes seconds, and so may everything that waits for it. */
const timing = { floorMs: 1000, worstMs: 120_000, deadlineMs: 120_000, giveUpMs: 240_000, lookDelayMs: 500 };

let cloud: Cloud | undefined;
const lines: { readonly by: string; readonly event: string; readonly what: string }[] = [];
const raw: string[] = [];
const answers: { readonly to: string; readonly status: number; readonly name: string }[] = [];

beforeAll(async () => {
  cloud = await startCloud({
    latencyMs: 1500,
    timing,
    tickMs: 5000,
    events: 50,
    onLine: (by, line) => {
      raw.push(line);
      const found = told(line);
      if (found) lines.push({ by, ...found });
    },
    onEvent: ({ data }, to, status) => void answers.push({ to, status, name: String(data.name) }),
  });
}, 120_000);
afterAll(() => cloud?.close());

async function until(isSo: () => boolean, limitMs: number): Promise<void> {
  for (const end = Date.now() + limitMs; !isSo() && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 100));
}

describe('on the loopback cloud', () => {
  test('a French film by events alone, each block bought once', {
    timeout: 240_000,
  }, async ({ skip }) => {
    if (cloud === undefined) return skip();
    const response = await cloud.post('agent-script-v2', {
      theme: 'Intelligence artificielle',
      target_duration: 15,
      language: 'fr',
    });
    const { video_id: videoId, ...answer } = (await response.json()) as Record<string, unknown> & {
      readonly video_id: string;
    };
    expect(answer).toMatchObject({ status: 'success', blocks_generated: 2, duration: 15 });
    await until(() => lines.some(({ event }) => event.startsWith('film-') && event !== 'film-created'), 200_000);
    expect(lines.at(-1)).toMatchObject({ by: 'agent-assembler-v2', event: 'film-completed' });

    const { google } = cloud.vendors;
    expect(google.jobs.map(({ seconds, inputSeconds, labels }) => [seconds, inputSeconds, labels.block])).toEqual([
      [8, 0, '1'],
      [7, 8, '2'],
    ]);
    expect(google.jobs[0]?.prompt).toContain('The speaker says in French: ');
    const final = cloud.gcs.read(cloud.bucket, `${videoId}/final.mp4`) ?? new Uint8Array();
    expect(await measureMp4(sourceOf(new Uint8Array(final)))).toMatchObject({ durationMs: 15_000, hasAudio: true });
    expect(String(cloud.gcs.read(cloud.bucket, `${videoId}/captions.srt`))).toContain('artificielle');
    // Every event was taken, in both modes, by both functions that are told.
    expect(answers.filter(({ status }) => status !== 204)).toEqual([]);
    expect(new Set(answers.map(({ to }) => to))).toEqual(new Set(['agent-video-v2', 'agent-assembler-v2']));
    const done = await cloud.post('agent-assembler-v2', { video_id: videoId });
    expect(await done.json()).toEqual({
      status: 'success',
      video_id: videoId,
      final_url: `gs://${cloud.bucket}/${videoId}/final.mp4`,
      total_blocks: 2,
    });
    expect(await (await cloud.post('agent-video-v2', { video_id: videoId })).json()).toMatchObject({
      current_block: 2,
    });
    // Every line of every function is one JSON object that Cloud Logging understands.
    for (const line of raw.filter((text) => text.trim() !== '')) expect(JSON.parse(line)).toHaveProperty('severity');
  });

  test('a stranger, a wrong audience, another caller: 401 everywhere, without a word of why', async ({ skip }) => {
    if (cloud === undefined) return skip();
    for (const name of FUNCTIONS) {
      const other = FUNCTIONS.find((candidate) => candidate !== name) ?? name;
      for (const token of ['', cloud.token(other), cloud.token(name, { email: 'eve@demo.iam.gserviceaccount.com' })]) {
        const response = await cloud.post(name, { theme: 'x' }, { authorization: `Bearer ${token}` });
        expect([response.status, await response.text()]).toEqual([
          401,
          '{"status":"error","code":"unauthenticated","message":"The caller is not known."}',
        ]);
      }
    }
  });

  test('what functions-framework answers by itself shows no paths either', async ({ skip }) => {
    if (cloud === undefined) return skip();
    const { url } = cloud.functions['agent-video-v2'];
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${cloud.token('agent-video-v2')}` };
    const broken = await fetch(url, { method: 'POST', headers, body: '{"video_id":' });
    expect([broken.status, await broken.text()]).toEqual([400, expect.not.stringMatching(/node_modules|\.js|\.ts/)]);
    const large = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify({ video_id: 'x'.repeat(1_000_000) }),
    });
    expect(large.status).toBe(413);
    expect((await fetch(url, { headers })).status).toBe(405);
  });

  test('it listens on loopback alone', async ({ skip }) => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal);
    if (cloud === undefined || outside === undefined) return skip('no other interface');
    for (const name of FUNCTIONS) {
      const { port } = new URL(cloud.functions[name].url);
      const socket = connect(Number(port), outside.address);
      await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
  });
});
