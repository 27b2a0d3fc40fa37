import { describe, expect, test } from 'vitest';
import { veo } from '../../src/adapters/google-genai/index.ts';
import type { Look } from '../../src/core/ports.ts';
import type { Outcome } from '../support/vertex-jobs.ts';
import { startVertexServer, type VertexServer } from '../support/vertex-server.ts';
import { launchRequest, place, rejection, veoOn, vertexAccess } from './helpers.ts';

async function endingIn(server: VertexServer, outcome: Outcome): Promise<Look> {
  server.outcome(outcome);
  const video = veoOn(server);
  const { operation } = await video.launch(launchRequest());
  return video.look(operation, { outputPlace: place });
}

test('another process looks at an operation by its name alone', async () => {
  let now = 0;
  const written: string[] = [];
  await using server = await startVertexServer({
    now: () => now,
    latencyMs: 60_000,
    onDeliver: (uri) => void written.push(uri),
  });
  const { operation } = await veoOn(server).launch(launchRequest());
  const elsewhere = veoOn(server, {}, 'veo-3.1-generate-001');
  expect(await elsewhere.look(operation)).toEqual({ status: 'running' });
  now = 60_000;
  expect(await elsewhere.look(operation)).toEqual({ status: 'done', output: { uri: written[0] } });
  expect(written[0]).toMatch(veoOn(server).outputs);
  expect(server.chargedMicroUsd).toBe(800_000);
});

describe('what a finished operation was', () => {
  test('filtered: refused with its support codes, in our own words', async () => {
    await using server = await startVertexServer();
    expect(await endingIn(server, { kind: 'filtered', supportCodes: '42237218, 90789179' })).toEqual({
      status: 'refused',
      message: 'The safety filter refused the video (video safety, sexual).',
      audio: false,
      supportCodes: ['42237218', '90789179'],
    });
    expect(server.chargedMicroUsd).toBe(0);
  });

  test('only the sound was refused', async () => {
    await using server = await startVertexServer();
    expect(await endingIn(server, { kind: 'audio' })).toMatchObject({
      status: 'refused',
      audio: true,
      supportCodes: [],
    });
  });

  const errors: readonly (readonly [number, string, object])[] = [
    [2, 'Unknown error.', { status: 'failed', code: 'vendor-unavailable' }],
    [3, "`negativePrompt` isn't supported by this model.", { status: 'failed', code: 'operation-rejected' }],
    [
      3,
      'The prompt could not be submitted. Support codes: 58061214',
      { status: 'refused', supportCodes: ['58061214'], audio: false },
    ],
    [3, "Your request violates Google's Responsible AI practices.", { status: 'refused', supportCodes: [] }],
    [4, 'Deadline exceeded.', { status: 'failed', code: 'vendor-unavailable' }],
    [5, 'The input object was not found.', { status: 'failed', code: 'operation-rejected' }],
    [7, 'Permission denied on gs://films.', { status: 'failed', code: 'operation-rejected' }],
    [8, 'Resource exhausted.', { status: 'failed', code: 'vendor-overloaded' }],
    [9, 'Billing is disabled.', { status: 'failed', code: 'operation-rejected' }],
    [10, 'Aborted.', { status: 'failed', code: 'vendor-unavailable' }],
    [
      13,
      'Video generation failed due to an internal server issue. Please try again in a few minutes. If the problem persists, contact Vertex AI API support.',
      { status: 'failed', code: 'vendor-internal' },
    ],
    [13, 'RET_CHECK failure (veo3_prompt_rewriter_utils.cc:12)', { status: 'failed', code: 'vendor-internal' }],
    [14, 'The service is currently unavailable.', { status: 'failed', code: 'vendor-unavailable' }],
    [16, 'Unauthenticated.', { status: 'failed', code: 'operation-rejected' }],
    [99, 'A code of the future.', { status: 'failed', code: 'vendor-unavailable' }],
  ];
  test.for(errors)('error %i: %s', async ([code, message, expected]) => {
    await using server = await startVertexServer();
    const look = await endingIn(server, { kind: 'error', code, message });
    expect(look).toMatchObject(expected);
    expect(JSON.stringify(look)).not.toContain(message);
  });

  test('done without a video and without a reason', async () => {
    await using server = await startVertexServer();
    expect(await endingIn(server, { kind: 'empty' })).toMatchObject({ status: 'failed', code: 'no-video' });
  });

  test.for([
    'gs://someone-elses/video_1/takes/1-1/5/sample_0.mp4',
    'gs://films/video_2/takes/1-1/5/sample_0.mp4',
    'gs://films/video_1/takes/1-1/../../video_2/sample_0.mp4',
    'http://169.254.169.254/computeMetadata/v1/sample_0.mp4',
    'https://films.example/video_1/takes/1-1/sample_0.mp4',
    'file:///etc/passwd',
    'gs://films/video_1/takes/1-1/5/sample_0.mp4.exe',
  ])('a result at %s is a failed take', async (uri) => {
    await using server = await startVertexServer();
    expect(await endingIn(server, { kind: 'elsewhere', uri })).toMatchObject({
      status: 'failed',
      code: 'foreign-output',
    });
  });
});

describe('a look that fails is no failed operation', () => {
  test('passing trouble is looked through', async () => {
    await using server = await startVertexServer();
    const video = veoOn(server);
    const { operation } = await video.launch(launchRequest());
    server.fault({ on: 'look', kind: '503' });
    server.fault({ on: 'look', kind: 'reset' });
    expect(await video.look(operation)).toMatchObject({ status: 'done' });
    expect(server.calls.filter((call) => call.operation === 'look')).toHaveLength(3);
  });

  test.for([
    ['503', 'vendor-unavailable', 3],
    ['lose', 'connection-lost', 3],
    ['truncate', 'connection-lost', 3],
    ['corrupt', 'answer-unreadable', 3],
    ['429', 'rate-limited', 1],
  ] as const)('%s for ever: thrown after %s, %i requests', async ([kind, code, requests]) => {
    await using server = await startVertexServer();
    const video = veoOn(server);
    const { operation } = await video.launch(launchRequest());
    server.fault({ on: 'look', kind, times: 9, retryAfter: 20 });
    const error = await rejection(video.look(operation));
    expect(error.code).toBe(code);
    if (kind === '429') expect(error).toMatchObject({ kind: 'throttled', retryAfterMs: 20_000 });
    expect(server.calls.filter((call) => call.operation === 'look')).toHaveLength(requests);
  });

  test('hang: given up after its own timeout', async () => {
    await using server = await startVertexServer();
    const video = veoOn(server, { lookTimeoutMs: 40 });
    const { operation } = await video.launch(launchRequest());
    server.fault({ on: 'look', kind: 'hang', times: 9 });
    expect(await rejection(video.look(operation))).toMatchObject({ kind: 'retryable', code: 'vendor-timeout' });
  });

  test('an abort ends it at once', async () => {
    await using server = await startVertexServer();
    const video = veoOn(server);
    const { operation } = await video.launch(launchRequest());
    server.fault({ on: 'look', kind: 'hang' });
    const controller = new AbortController();
    const look = rejection(video.look(operation, { signal: controller.signal }));
    await expect.poll(() => server.calls.length).toBe(2);
    controller.abort();
    expect(await look).toMatchObject({ kind: 'cancelled' });
  });
});

describe('operations that are gone', () => {
  test('one that the vendor forgot', async () => {
    await using server = await startVertexServer();
    const video = veoOn(server);
    const { operation } = await video.launch(launchRequest());
    server.forget(operation);
    expect(await video.look(operation)).toEqual({ status: 'gone' });
  });

  test.for([
    '',
    'models/veo-3.0/operations/321',
    'projects/p/locations/l/publishers/google/models/m/operations/../../x',
    'https://evil.example/operations/1',
  ])('a name that is none of Vertex AI is not sent anywhere: %j', async (name) => {
    await using server = await startVertexServer();
    expect(await veoOn(server).look(name)).toEqual({ status: 'gone' });
    expect(server.calls).toEqual([]);
  });
});

test('an operation of another region is looked up there', async () => {
  const asked: string[] = [];
  const fetch: typeof globalThis.fetch = async (input) => {
    asked.push(String(input));
    return Response.json({ name: 'x' });
  };
  const { baseUrl: _ours, ...access } = vertexAccess({ url: '' });
  const name = 'projects/p/locations/europe-west4/publishers/google/models/veo-3.1-fast-generate-001/operations/1';
  expect(await veo(undefined, { ...access, fetch }).look(name)).toEqual({ status: 'running' });
  expect(asked).toEqual([
    'https://europe-west4-aiplatform.googleapis.com/v1beta1/projects/p/locations/europe-west4/publishers/google/models/veo-3.1-fast-generate-001:fetchPredictOperation',
  ]);
});
