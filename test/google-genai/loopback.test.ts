/** The loopback Google itself: what adapters and demos are tested against has to keep its word. */
import { describe, expect, test } from 'vitest';
import { mp4Seconds } from '../support/vertex-jobs.ts';
import { startVertexServer, type VertexServerOptions } from '../support/vertex-server.ts';
import { launchRequest, place, rejection, veoOn } from './helpers.ts';

/** A chain of a start and extensions; gives back what was delivered. */
async function chain(extensions: number, options: VertexServerOptions = {}) {
  const bucket = new Map<string, Uint8Array>();
  await using server = await startVertexServer({ ...options, onDeliver: (uri, bytes) => void bucket.set(uri, bytes) });
  const video = veoOn(server);
  let uri = '';
  for (let at = 0; at <= extensions; at += 1) {
    const input = { uri, revision: '1', durationMs: Math.min(30_000, (8 + 7 * (at - 1)) * 1000), operation: '' };
    const { operation } = await video.launch(launchRequest(at === 0 ? {} : { seconds: 7, extends: input }));
    const look = await video.look(operation);
    uri = look.status === 'done' ? look.output.uri : '';
  }
  return { lengths: [...bucket.values()].map(mp4Seconds), charged: server.chargedMicroUsd };
}

describe('extensions', () => {
  test('come back whole and cost their seven seconds', async () => {
    expect(await chain(4)).toEqual({ lengths: [8, 15, 22, 29, 36], charged: 3_600_000 });
  });

  test('or as the new seconds alone', async () => {
    expect(await chain(2, { extension: 'new-only' })).toMatchObject({ lengths: [8, 7, 7] });
  });

  test('of 36 s are refused, as Vertex AI does', async () => {
    expect(await rejection(chain(5))).toMatchObject({ kind: 'permanent', code: 'request-rejected' });
  });
});

test('with the real clock a result appears without anybody looking', async () => {
  const written: string[] = [];
  await using server = await startVertexServer({ latencyMs: 5, onDeliver: (uri) => void written.push(uri) });
  await veoOn(server).launch(launchRequest());
  await expect.poll(() => written).toHaveLength(1);
  expect(written[0]).toMatch(/^gs:\/\/films\/video_1\/takes\/1-1\/\d+\/sample_0\.mp4$/);
});

test('with a clock of its own only what is ready is delivered, once', async () => {
  let now = 0;
  const written: string[] = [];
  await using server = await startVertexServer({
    now: () => now,
    latencyMs: ({ seconds }) => seconds * 1000,
    onDeliver: (uri) => void written.push(uri),
  });
  await veoOn(server).launch(launchRequest({ seconds: 4 }));
  await veoOn(server).launch(launchRequest({ seconds: 8, outputPlace: `${place}2/` }));
  now = 5000;
  await server.settle();
  await server.settle();
  expect(written).toHaveLength(1);
  expect(server.chargedMicroUsd).toBe(400_000);
});

test('a result may be no film at all, and costs like one', async () => {
  const written: Uint8Array[] = [];
  await using server = await startVertexServer({ onDeliver: (_uri, bytes) => void written.push(bytes) });
  server.outcome({ kind: 'done', bytes: new Uint8Array() });
  await veoOn(server).launch(launchRequest());
  await expect.poll(() => written).toEqual([new Uint8Array()]);
  expect(server.chargedMicroUsd).toBe(800_000);
});

test('what is lost on the way back is in its books all the same', async () => {
  await using server = await startVertexServer();
  server.fault({ on: 'launch', kind: 'lose' });
  await rejection(veoOn(server).launch(launchRequest()));
  await server.settle();
  expect(server.jobs).toMatchObject([
    { place, seconds: 8, labels: { film: 'video_1' }, uri: expect.stringContaining(place) },
  ]);
});
