import { describe, expect, test } from 'vitest';
import { isGoogleFile } from '../../src/adapters/google-genai/google-files.ts';
import { omni } from '../../src/adapters/google-genai/index.ts';
import { startVertexServer, type VertexServer } from '../support/vertex-server.ts';
import { launchRequest, omniOn, rejection } from './helpers.ts';

const file = 'https://generativelanguage.googleapis.com/v1beta/files/abc123:download?alt=media';

async function finished(server: VertexServer): Promise<string> {
  const { operation } = await omniOn(server).launch(launchRequest());
  const look = await omniOn(server).look(operation);
  return look.status === 'done' ? look.output.uri : '';
}

const bytesOf = async (uri: string, video: ReturnType<typeof omni>, range = {}) => {
  const source = await video.open?.({ uri });
  return new Uint8Array(await new Response(source?.open(range)).arrayBuffer());
};

/** The adapter against servers that exist only as a function of the URL. */
function against(answer: (url: URL, init: RequestInit | undefined) => Response) {
  const asked: { readonly url: string; readonly key: string | null }[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(String(input));
    asked.push({ url: url.href, key: new Headers(init?.headers).get('x-goog-api-key') });
    return answer(url, init);
  };
  return { asked, video: omni(undefined, { apiKey: 'canary-key', fetch, retryDelayMs: 1 }) };
}

test('the bytes of a result, whole and in part', async () => {
  await using server = await startVertexServer({ render: async () => new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]) });
  const uri = await finished(server);
  expect([...(await bytesOf(uri, omniOn(server)))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const { asked, video } = against((_url, init) => {
    expect(new Headers(init?.headers).get('range')).toBe('bytes=2-4');
    return new Response(new Uint8Array([2, 3, 4]), { status: 206 });
  });
  expect([...(await bytesOf(file, video, { start: 2, end: 5 }))]).toEqual([2, 3, 4]);
  expect(asked).toEqual([{ url: file, key: 'canary-key' }]);
});

test('an answer that ignores the range is cut to it', async () => {
  const { video } = against(() => new Response(new Uint8Array([0, 1, 2, 3, 4, 5])));
  expect([...(await bytesOf(file, video, { start: 2, end: 5 }))]).toEqual([2, 3, 4]);
});

describe('what is not fetched', () => {
  test.for([
    'http://generativelanguage.googleapis.com/v1beta/files/abc:download',
    'https://generativelanguage.googleapis.com:8443/v1beta/files/abc:download',
    'https://user@generativelanguage.googleapis.com/v1beta/files/abc:download',
    'https://generativelanguage.googleapis.com@evil.example/v1beta/files/abc:download',
    'https://generativelanguage.googleapis.com.evil.example/v1beta/files/abc:download',
    'https://generativelanguage.googleapis.com/v1beta/models/abc:generateContent',
    'https://generativelanguage.googleapis.com/v1beta/files/../models/abc:download',
    'https://169.254.169.254/v1beta/files/abc:download',
    'file:///etc/passwd',
    'gs://films/a.mp4',
    'not a URL',
  ])('%s', async (uri) => {
    const { asked, video } = against(() => new Response(''));
    expect(isGoogleFile(uri)).toBe(false);
    expect(await rejection(bytesOf(uri, video))).toMatchObject({ kind: 'permanent', code: 'foreign-output' });
    expect(asked).toEqual([]);
  });

  test.for([
    'http://169.254.169.254/latest/meta-data',
    'https://localhost/x',
    'https://evil.example/x',
    'https://googleapis.com.evil.example/x',
    'http://storage.googleapis.com/x',
    'https://storage.googleapis.com:444/x',
    'file:///etc/passwd',
  ])('a redirect to %s', async (location) => {
    const { asked, video } = against(() => new Response(null, { status: 302, headers: { location } }));
    expect(await rejection(bytesOf(file, video))).toMatchObject({ kind: 'permanent', code: 'foreign-output' });
    expect(asked).toHaveLength(1);
  });
});

test('a real redirect to another server is not followed', async () => {
  await using server = await startVertexServer();
  await using thief = await startVertexServer();
  const uri = await finished(server);
  server.fault({
    on: 'download',
    kind: { status: 302, headers: { location: `${thief.url}/v1beta/files/x:download` }, body: '' },
  });
  expect(await rejection(bytesOf(uri, omniOn(server)))).toMatchObject({ code: 'foreign-output' });
  expect(thief.calls).toEqual([]);
});

test('the key stays with its host when a redirect leads to another one of Google', async () => {
  const { asked, video } = against((url) =>
    url.hostname === 'storage.googleapis.com'
      ? new Response(new Uint8Array([7]), { headers: { 'content-type': 'video/mp4' } })
      : new Response(null, { status: 302, headers: { location: 'https://storage.googleapis.com/x?signed=1' } }),
  );
  expect([...(await bytesOf(file, video))]).toEqual([7]);
  expect(asked.map(({ key }) => key)).toEqual(['canary-key', null]);
});

test('a fourth redirect is one too many', async () => {
  const { asked, video } = against(() => new Response(null, { status: 302, headers: { location: file } }));
  expect(await rejection(bytesOf(file, video))).toMatchObject({ code: 'foreign-output' });
  expect(asked).toHaveLength(4);
});

test('HTML is no video', async () => {
  const { video } = against(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
  expect(await rejection(bytesOf(file, video))).toMatchObject({ kind: 'permanent', code: 'output-unusable' });
});

test('a file that is gone says so', async () => {
  await using server = await startVertexServer();
  const uri = 'https://generativelanguage.googleapis.com/v1beta/files/nothere:download?alt=media';
  expect(await rejection(bytesOf(uri, omniOn(server)))).toMatchObject({ kind: 'permanent', code: 'output-gone' });
  expect(server.calls).toHaveLength(1);
});

test('more bytes than any film has end the download', async () => {
  await using server = await startVertexServer({ render: async () => new Uint8Array(5000) });
  const uri = await finished(server);
  expect(await rejection(bytesOf(uri, omniOn(server, { maxDownloadBytes: 4000 })))).toMatchObject({
    code: 'output-unusable',
  });
});

test('a download that stands still is given up', async () => {
  const { asked, video } = against(
    () => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array([1])) })),
  );
  expect(asked).toEqual([]);
  const impatient = omni(undefined, {
    apiKey: 'canary-key',
    downloadIdleMs: 30,
    retryDelayMs: 1,
    fetch: async () => new Response(new ReadableStream()),
  });
  expect(await rejection(bytesOf(file, impatient))).toMatchObject({ kind: 'retryable', code: 'connection-lost' });
  expect(video.open).toBeDefined();
});

test('trouble at the start is repeated, a body that breaks off is an error', async () => {
  await using server = await startVertexServer({ render: async () => new Uint8Array(5000) });
  const uri = await finished(server);
  server.fault({ on: 'download', kind: '503', times: 2 });
  expect(await bytesOf(uri, omniOn(server))).toHaveLength(5000);
  server.fault({ on: 'download', kind: 'truncate' });
  expect(await rejection(bytesOf(uri, omniOn(server)))).toMatchObject({ kind: 'retryable', code: 'connection-lost' });
});
