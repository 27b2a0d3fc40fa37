import { GoogleGenAI } from '@google/genai';
import { describe, expect, test } from 'vitest';
import { veo } from '../../src/adapters/google-genai/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { startVertexServer, type VertexServer } from '../support/vertex-server.ts';
import { launchRequest, place, rejection, veoOn, vertexAccess } from './helpers.ts';

const bodyOf = (server: VertexServer, at = 0) => JSON.parse(String(server.calls[at]?.body));

describe('what a launch posts', () => {
  test('the documented body, with the operation as its answer', async () => {
    await using server = await startVertexServer();
    const { operation } = await veoOn(server).launch(launchRequest({ seed: 7 }));
    expect(operation).toMatch(
      /^projects\/demo\/locations\/us-central1\/publishers\/google\/models\/veo-3\.1-fast-generate-001\/operations\//,
    );
    expect(bodyOf(server)).toEqual({
      instances: [
        {
          prompt:
            'A baker opens her shop at dawn. The speaker says in French: Bonjour à tous. No subtitles, no captions, no on-screen text.',
        },
      ],
      labels: { film: 'video_1', block: '1', take: '1' },
      parameters: {
        sampleCount: 1,
        storageUri: place,
        durationSeconds: 8,
        seed: 7,
        aspectRatio: '9:16',
        resolution: '720p',
        generateAudio: true,
      },
    });
  });

  const before = {
    uri: 'gs://films/video_1/takes/1-1/5/sample_0.mp4',
    revision: '3',
    durationMs: 8000,
    operation: 'o',
  };

  test('an extension: the input by its URI and type, 7 seconds', async () => {
    await using server = await startVertexServer();
    const video = veoOn(server);
    const first = await video.launch(launchRequest());
    const look = await video.look(first.operation);
    const uri = look.status === 'done' ? look.output.uri : '';
    await video.launch(launchRequest({ seconds: 7, extends: { ...before, uri } }));
    expect(bodyOf(server, 2).instances[0].video).toEqual({ gcsUri: uri, mimeType: 'video/mp4' });
    expect(bodyOf(server, 2).parameters).toMatchObject({ durationSeconds: 7, storageUri: place, aspectRatio: '9:16' });
    expect(server.jobs[1]).toMatchObject({ inputSeconds: 8, seconds: 7 });
  });

  test('an extension without picture settings, where the host wants it so', async () => {
    await using server = await startVertexServer({ readInput: () => undefined });
    await rejection(
      veoOn(server, { describeExtensions: false }).launch(launchRequest({ seconds: 7, extends: before })),
    );
    expect(bodyOf(server).parameters).toEqual({
      sampleCount: 1,
      storageUri: place,
      durationSeconds: 7,
      generateAudio: true,
    });
  });

  test('a first frame in a bucket by its URI, any other one as bytes', async () => {
    await using server = await startVertexServer();
    const image = { source: sourceOf(new Uint8Array([1, 2, 3])), contentType: 'image/png' };
    await veoOn(server).launch(launchRequest({ firstFrame: { ...image, uri: 'gs://films/a.png' } }));
    await veoOn(server).launch(launchRequest({ firstFrame: { ...image, uri: 'file:///a.png' } }));
    expect(bodyOf(server, 0).instances[0].image).toEqual({ gcsUri: 'gs://films/a.png', mimeType: 'image/png' });
    expect(bodyOf(server, 1).instances[0].image).toEqual({ bytesBase64Encoded: 'AQID', mimeType: 'image/png' });
  });

  test('settings of the host, and none that it did not give', async () => {
    await using server = await startVertexServer();
    const settings = {
      personGeneration: 'allow_adult',
      negativePrompt: 'text',
      enhancePrompt: false,
      generateAudio: undefined,
    } as const;
    await veoOn(server, { ...settings, labels: { team: 'a' } }).launch(launchRequest());
    expect(bodyOf(server).parameters).toEqual({
      sampleCount: 1,
      storageUri: place,
      durationSeconds: 8,
      aspectRatio: '9:16',
      resolution: '720p',
      personGeneration: 'allow_adult',
      negativePrompt: 'text',
      enhancePrompt: false,
    });
    expect(bodyOf(server).labels).toEqual({ team: 'a', film: 'video_1', block: '1', take: '1' });
  });

  test.for([
    ['a place outside Cloud Storage', { outputPlace: 'file:///films/1/' }],
    ['a place without its slash', { outputPlace: 'gs://films/video_1/takes/1-1' }],
    ['a start of 5 s', { seconds: 5 }],
    ['an extension by 8 s', { extends: before }],
    ['an extension of 36 s', { seconds: 7, extends: { ...before, durationMs: 36_000 } }],
    ['an extension of half a second', { seconds: 7, extends: { ...before, durationMs: 500 } }],
    ['an extension of a local file', { seconds: 7, extends: { ...before, uri: 'file:///a.mp4' } }],
    ['4k on the fast model', { resolution: '4k' }],
  ] as const)('%s is refused before anything is sent', async ([, changes]) => {
    await using server = await startVertexServer();
    const error = await rejection(veoOn(server).launch(launchRequest(changes)));
    expect(error).toMatchObject({ kind: 'permanent', code: 'launch-impossible', effect: 'none' });
    expect(server.calls).toEqual([]);
  });
});

describe('a launch is posted once, whatever happens', () => {
  test.for([
    ['lose', 'connection-lost', 1],
    ['reset', 'connection-lost', 0],
    ['truncate', 'connection-lost', 1],
    ['corrupt', 'answer-unreadable', 1],
    ['503', 'vendor-unavailable', 0],
  ] as const)('%s: the effect is unknown', async ([kind, code, launched]) => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind, times: 9 });
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code, effect: 'unknown' });
    expect(server.calls).toHaveLength(1);
    expect(server.jobs).toHaveLength(launched);
  });

  test('hang: given up after its own timeout, effect unknown', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: 'hang' });
    const timing = { ...veo().model.timing, launchTimeoutMs: 50 };
    const error = await rejection(veoOn(server, { model: { timing } }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'vendor-timeout', effect: 'unknown' });
    expect(server.jobs).toHaveLength(1);
  });

  test('an answer without an operation: effect unknown', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: { status: 200, body: { name: '../../etc' } } });
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'answer-unreadable', effect: 'unknown' });
  });

  test('a redirect is not followed, with the key or without', async () => {
    await using server = await startVertexServer();
    await using thief = await startVertexServer();
    server.fault({ on: 'launch', kind: { status: 307, headers: { location: thief.url }, body: '' } });
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', effect: 'unknown' });
    expect(thief.calls).toEqual([]);
  });

  test('an abort under way: cancelled, effect unknown', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: 'hang' });
    const controller = new AbortController();
    const launched = rejection(veoOn(server).launch(launchRequest({ signal: controller.signal })));
    await expect.poll(() => server.jobs.length).toBe(1);
    controller.abort();
    expect(await launched).toMatchObject({ kind: 'cancelled', effect: 'unknown' });
  });

  test('an abort before: nothing is sent', async () => {
    await using server = await startVertexServer();
    const error = await rejection(veoOn(server).launch(launchRequest({ signal: AbortSignal.abort() })));
    expect(error).toMatchObject({ kind: 'cancelled', effect: 'none' });
    expect(server.calls).toEqual([]);
  });

  test('a client of the host that repeats by itself does not repeat a launch', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: '503', times: 9 });
    const { baseUrl, ...access } = vertexAccess(server);
    const client = new GoogleGenAI({
      ...access,
      googleAuthOptions: access.googleAuthOptions as object,
      enterprise: true,
      httpOptions: { baseUrl, retryOptions: { attempts: 5, initialDelay: 0.001 } },
    });
    const error = await rejection(veo(undefined, { client }).launch(launchRequest()));
    expect(error).toMatchObject({ code: 'vendor-unavailable', effect: 'unknown' });
    expect(server.calls).toHaveLength(1);
  });
});

describe('proof that nothing was launched', () => {
  test('connection refused', async () => {
    const server = await startVertexServer();
    await server.close();
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
  });

  test('a host that does not resolve', async () => {
    const error = await rejection(veoOn({ url: 'http://nowhere.invalid' }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
  });

  test('a server that does not speak TLS', async () => {
    await using server = await startVertexServer();
    const error = await rejection(veoOn({ url: server.url.replace('http:', 'https:') }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
    expect(server.calls).toEqual([]);
  });

  test('no credentials', async () => {
    await using server = await startVertexServer();
    const authClient = {
      getRequestHeaders: () => Promise.reject(new Error('Could not load the default credentials.')),
    };
    const error = await rejection(veoOn(server, { googleAuthOptions: { authClient } }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'permanent', code: 'not-authenticated', effect: 'none' });
    expect(server.calls).toEqual([]);
  });

  test('a token server that cannot be reached', async () => {
    await using server = await startVertexServer();
    const authClient = {
      getRequestHeaders: () => Promise.reject(Object.assign(new Error('request failed'), { code: 'ETIMEDOUT' })),
    };
    const error = await rejection(veoOn(server, { googleAuthOptions: { authClient } }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
  });

  test('credentials that never come: given up in time, and nothing is sent afterwards', async () => {
    await using server = await startVertexServer();
    let arrive: (headers: Headers) => void = () => {};
    const authClient = { getRequestHeaders: () => new Promise<Headers>((resolve) => (arrive = resolve)) };
    const model = { timing: { ...veo().model.timing, launchTimeoutMs: 40 } };
    const error = await rejection(veoOn(server, { googleAuthOptions: { authClient }, model }).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'retryable', code: 'not-connected', effect: 'none' });
    arrive(new Headers({ authorization: 'Bearer late' }));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.calls).toEqual([]);
  });

  test('an abort while credentials are awaited', async () => {
    await using server = await startVertexServer();
    const authClient = { getRequestHeaders: () => new Promise<Headers>(() => {}) };
    const controller = new AbortController();
    const launched = veoOn(server, { googleAuthOptions: { authClient } }).launch(
      launchRequest({ signal: controller.signal }),
    );
    setTimeout(() => controller.abort(), 20);
    expect(await rejection(launched)).toMatchObject({ kind: 'cancelled', code: 'aborted', effect: 'none' });
    expect(server.calls).toEqual([]);
  });

  test('a machine that slept through the timeout does not send any more', async () => {
    await using server = await startVertexServer();
    const now = Date.now;
    const authClient = {
      getRequestHeaders: async () => {
        Date.now = () => now() + 3_600_000;
        return new Headers();
      },
    };
    try {
      const error = await rejection(veoOn(server, { googleAuthOptions: { authClient } }).launch(launchRequest()));
      expect(error).toMatchObject({ kind: 'retryable', effect: 'none' });
    } finally {
      Date.now = now;
    }
    expect(server.calls).toEqual([]);
  });

  test('a first frame that cannot be read', async () => {
    await using server = await startVertexServer();
    const broken = () => new ReadableStream({ pull: () => Promise.reject(new Error('socket hang up')) });
    const firstFrame = { uri: 'file:///a.png', source: { open: broken }, contentType: 'image/png' };
    const error = await rejection(veoOn(server).launch(launchRequest({ firstFrame })));
    expect(error).toMatchObject({ kind: 'retryable', code: 'input-unreadable', effect: 'none' });
    expect(server.calls).toEqual([]);
  });

  test('429 says how long to wait', async () => {
    await using server = await startVertexServer();
    server.fault({ on: 'launch', kind: '429', retryAfter: 7 });
    server.fault({ on: 'launch', kind: '429', after: 0 });
    expect(await rejection(veoOn(server).launch(launchRequest()))).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 7000,
      effect: 'none',
    });
    expect(await rejection(veoOn(server).launch(launchRequest()))).toMatchObject({
      kind: 'throttled',
      retryAfterMs: 45_000,
    });
  });

  test('a refusal names its support codes', async () => {
    await using server = await startVertexServer();
    const message = 'This prompt violates our usage guidelines. Support codes: 58061214, 17301594';
    server.fault({
      on: 'launch',
      kind: { status: 400, body: { error: { code: 400, message, status: 'INVALID_ARGUMENT' } } },
    });
    const error = await rejection(veoOn(server).launch(launchRequest()));
    expect(error).toMatchObject({ kind: 'refused', details: { supportCodes: ['58061214', '17301594'] } });
  });
});

test('Veo needs Vertex AI: an API key alone is refused, without a call', async () => {
  const error = await rejection(veo(undefined, { apiKey: 'canary-key' }).launch(launchRequest()));
  expect(error).toMatchObject({ kind: 'permanent', code: 'vertex-required', effect: 'none' });
});
