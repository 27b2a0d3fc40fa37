import { describe, expect, test } from 'vitest';
import { omni } from '../../src/adapters/google-genai/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Outcome } from '../support/vertex-jobs.ts';
import { startVertexServer, type VertexServer } from '../support/vertex-server.ts';
import { launchRequest, omniOn, place, rejection, vertexAccess } from './helpers.ts';

const bodyOf = (server: VertexServer, at = 0) => JSON.parse(String(server.calls[at]?.body));
const onVertex = (server: VertexServer) => omni(undefined, { ...vertexAccess(server), retryDelayMs: 1 });

describe('what a launch posts', () => {
  test('with an API key: text to video, in the background, delivered as a file', async () => {
    await using server = await startVertexServer();
    const { operation } = await omniOn(server).launch(launchRequest());
    expect(operation).toBe(server.jobs[0]?.name);
    expect(server.calls[0]?.url.pathname).toBe('/v1/interactions');
    expect(bodyOf(server)).toEqual({
      model: 'gemini-omni-1.1-flash',
      input: [
        {
          type: 'text',
          text: 'A baker opens her shop at dawn. The speaker says in French: Bonjour à tous. No subtitles, no captions, no on-screen text.',
        },
      ],
      background: true,
      store: true,
      response_format: { type: 'video', aspect_ratio: '9:16', resolution: '720p', duration: '8s', delivery: 'uri' },
      generation_config: { video_config: { task: 'text_to_video' } },
    });
  });

  test("on Vertex AI: into the take's own place, with billing labels", async () => {
    await using server = await startVertexServer();
    await onVertex(server).launch(launchRequest());
    expect(server.calls[0]?.url.pathname).toBe('/v1beta1/projects/demo/locations/us-central1/interactions');
    expect(bodyOf(server)).toMatchObject({
      model: 'gemini-omni-1.2-flash',
      labels: { film: 'video_1', block: '1', take: '1' },
      response_format: { gcs_uri: place },
    });
  });

  test('an extension goes on from the interaction before', async () => {
    await using server = await startVertexServer();
    const video = omniOn(server);
    const first = await video.launch(launchRequest());
    await video.look(first.operation);
    const input = { uri: 'file:///block_1.mp4', revision: '1', durationMs: 8000, operation: first.operation };
    await video.launch(launchRequest({ seconds: 10, extends: input }));
    expect(bodyOf(server, 2)).toMatchObject({
      previous_interaction_id: first.operation,
      generation_config: { video_config: { task: 'extend' } },
      response_format: { duration: '10s' },
    });
    expect(server.jobs[1]).toMatchObject({ inputSeconds: 8, seconds: 10 });
  });

  test('a first frame goes along as an image', async () => {
    await using server = await startVertexServer();
    const firstFrame = { uri: 'file:///a.png', source: sourceOf(new Uint8Array([1, 2, 3])), contentType: 'image/png' };
    await omniOn(server).launch(launchRequest({ firstFrame }));
    expect(bodyOf(server).input[1]).toEqual({ type: 'image', data: 'AQID', mime_type: 'image/png' });
    expect(bodyOf(server).generation_config).toEqual({ video_config: { task: 'image_to_video' } });
  });

  test('version 1.2 makes 15 s in one go on Vertex AI, 1.1 ten', async () => {
    await using server = await startVertexServer();
    await onVertex(server).launch(launchRequest({ seconds: 15 }));
    expect(await rejection(omniOn(server).launch(launchRequest({ seconds: 15 })))).toMatchObject({
      code: 'launch-impossible',
      effect: 'none',
    });
    expect(server.calls).toHaveLength(1);
  });

  test('a chain past 40 s is refused before anything is sent', async () => {
    await using server = await startVertexServer();
    const input = { uri: 'file:///block_1.mp4', revision: '1', durationMs: 38_000, operation: 'abc' };
    const error = await rejection(omniOn(server).launch(launchRequest({ seconds: 10, extends: input })));
    expect(error).toMatchObject({ code: 'launch-impossible', effect: 'none' });
    expect(server.calls).toEqual([]);
  });
});

describe('a launch is posted once, though this SDK method repeats by default', () => {
  test.for([
    ['lose', 'connection-lost', 1],
    ['reset', 'connection-lost', 0],
    ['truncate', 'connection-lost', 1],
    ['corrupt', 'answer-unreadable', 1],
    ['503', 'vendor-unavailable', 0],
  ] as const)('%s: the effect is unknown', async ([kind, code, launched]) => {
    await using server = await startVertexServer();
    server.fault({ on: 'interaction-create', kind, times: 9 });
    const error = await rejection(omniOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code, effect: 'unknown' });
    expect(server.calls).toHaveLength(1);
    expect(server.jobs).toHaveLength(launched);
  });

  test('429: not launched, with the time to wait', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'interaction-create', kind: '429', times: 9, retryAfter: 9 });
    const error = await rejection(omniOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'throttled', effect: 'none', retryAfterMs: 9000 });
    expect(server.calls).toHaveLength(1);
  });

  test('hang: given up after its own timeout, effect unknown', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'interaction-create', kind: 'hang' });
    const timing = { ...omniOn(server).model.timing, launchTimeoutMs: 60 };
    const error = await rejection(omniOn(server, { model: { timing } }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'vendor-timeout', effect: 'unknown' });
  });

  test('an abort under way: cancelled, effect unknown', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'interaction-create', kind: 'hang' });
    const controller = new AbortController();
    const launched = rejection(omniOn(server).launch(launchRequest({ signal: controller.signal })));
    await expect.poll(() => server.jobs.length).toBe(1);
    controller.abort();
    expect(await launched).toMatchObject({ kind: 'cancelled', effect: 'unknown' });
  });

  test('connection refused: nothing was launched', async () => {
    const server = await startVertexServer();
    await server.close();
    const error = await rejection(omniOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
  });
});

describe('what a look finds', () => {
  async function endingIn(server: VertexServer, outcome: Outcome, video = omniOn(server)) {
    server.outcome(outcome);
    const { operation } = await video.launch(launchRequest());
    return video.look(operation, { outputPlace: place });
  }

  test('running, then done, in another process', async () => {
    let now = 0;
    await using server = await startVertexServer({ now: () => now, latencyMs: 30_000 });
    const { operation } = await omniOn(server).launch(launchRequest());
    expect(await omniOn(server).look(operation)).toEqual({ status: 'running' });
    now = 30_000;
    const look = await omniOn(server).look(operation);
    expect(look).toMatchObject({
      status: 'done',
      output: { uri: expect.stringMatching(/^https:\/\/generativelanguage\.googleapis\.com\/v1beta\/files\//) },
    });
  });

  test("on Vertex AI the result lies in the take's own place", async () => {
    await using server = await startVertexServer();
    const video = onVertex(server);
    const look = await endingIn(server, { kind: 'done' }, video);
    expect(look).toMatchObject({
      status: 'done',
      output: { uri: expect.stringMatching(/^gs:\/\/films\/video_1\/takes\/1-1\//) },
    });
    expect(video).toMatchObject({ outputs: /\.mp4$/ });
    expect(video.open).toBeUndefined();
  });

  test.for([
    [
      { kind: 'filtered', supportCodes: '64151117' },
      { status: 'refused', audio: false, supportCodes: ['64151117'] },
    ],
    [{ kind: 'audio' }, { status: 'refused', audio: true }],
    [
      { kind: 'error', code: 13, message: 'Internal error.' },
      { status: 'failed', code: 'vendor-internal' },
    ],
    [{ kind: 'empty' }, { status: 'failed', code: 'no-video' }],
    [
      { kind: 'elsewhere', uri: 'https://generativelanguage.googleapis.com.evil.example/v1beta/files/abc:download' },
      { status: 'failed', code: 'foreign-output' },
    ],
    [
      { kind: 'elsewhere', uri: 'http://169.254.169.254/v1beta/files/abc:download' },
      { status: 'failed', code: 'foreign-output' },
    ],
  ] as const)('%j', async ([outcome, expected]) => {
    await using server = await startVertexServer();
    expect(await endingIn(server, outcome)).toMatchObject(expected);
  });

  test.for([
    ['queued', { status: 'running' }],
    ['requires_continuation', { status: 'running' }],
    ['a status of the future', { status: 'running' }],
    ['cancelled', { status: 'failed', code: 'operation-cancelled' }],
    ['incomplete', { status: 'failed', code: 'no-video' }],
    ['requires_action', { status: 'failed', code: 'no-video' }],
    ['budget_exceeded', { status: 'failed', code: 'vendor-overloaded' }],
  ] as const)('status %s', async ([status, expected]) => {
    await using server = await startVertexServer();
    const { operation } = await omniOn(server).launch(launchRequest());
    server.fault({ on: 'interaction-get', kind: { status: 200, body: { id: operation, status } } });
    expect(await omniOn(server).look(operation)).toMatchObject(expected);
  });

  test('an interaction that the vendor forgot is gone, and a name that is none is not sent', async () => {
    await using server = await startVertexServer();
    const { operation } = await omniOn(server).launch(launchRequest());
    server.forget(operation);
    expect(await omniOn(server).look(operation)).toEqual({ status: 'gone' });
    expect(await omniOn(server).look('../models')).toEqual({ status: 'gone' });
    expect(server.calls).toHaveLength(2);
  });

  test('passing trouble is looked through, twice', async () => {
    await using server = await startVertexServer();
    const { operation } = await omniOn(server).launch(launchRequest());
    server.fault({ on: 'interaction-get', kind: '503', times: 2 });
    expect(await omniOn(server).look(operation)).toMatchObject({ status: 'done' });
    server.fault({ on: 'interaction-get', kind: '503', times: 9 });
    expect(await rejection(omniOn(server).look(operation))).toMatchObject({ code: 'vendor-unavailable' });
    expect(server.calls).toHaveLength(1 + 3 + 3);
  });

  test('a video inside the answer is read from there', async () => {
    await using server = await startVertexServer();
    const { operation } = await omniOn(server).launch(launchRequest());
    const steps = [{ type: 'model_output', content: [{ type: 'video', data: 'AAECAw==', mime_type: 'video/mp4' }] }];
    server.fault({
      on: 'interaction-get',
      kind: { status: 200, body: { id: operation, status: 'completed', steps } },
      times: 2,
    });
    const look = await omniOn(server).look(operation);
    if (look.status !== 'done') throw new Error(look.status);
    const source = await omniOn(server).open?.(look.output);
    expect(await new Response(source?.open({ start: 1 })).arrayBuffer()).toEqual(new Uint8Array([1, 2, 3]).buffer);
  });
});

test('nothing to go by: refused at once', () => {
  const saved = ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_CLOUD_PROJECT', 'GCP_PROJECT'].map(
    (name) => [name, process.env[name]] as const,
  );
  for (const [name] of saved) delete process.env[name];
  try {
    expect(() => omni()).toThrow(ReelstateError);
  } finally {
    for (const [name, value] of saved) if (value !== undefined) process.env[name] = value;
  }
});
