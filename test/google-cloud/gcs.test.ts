import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Storage } from '@google-cloud/storage';
import { GoogleAuth } from 'google-auth-library';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { GcsOptions } from '../../src/adapters/google-cloud/index.ts';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import type { Source } from '../../src/core/ports.ts';
import type { GcsEvent, GcsFault, GcsOperation, GcsServer, GcsServerOptions } from '../support/gcs-server.ts';
import { startGcsServer } from '../support/gcs-server.ts';

// Without it the client looks for Google's metadata server.
process.env.METADATA_SERVER_DETECTION = 'none';

let server: GcsServer;
let folder: string;

async function restart(options: GcsServerOptions): Promise<void> {
  await server.close();
  server = await startGcsServer(options);
}
beforeEach(async () => {
  server = await startGcsServer();
  folder = await mkdtemp(path.join(tmpdir(), 'gcs-test-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

const open = (options: Partial<GcsOptions> = {}) =>
  gcs({ bucket: 'films', apiEndpoint: server.url, retryDelayMs: 1, ...options });
const count = (operation: GcsOperation): number =>
  server.requests.filter((request) => request.operation === operation).length;
const times = (n: number, operation: GcsOperation, fault: GcsFault): void => {
  let left = n;
  server.setFault((request) => {
    if (request.operation !== operation || left === 0) return undefined;
    left -= 1;
    return fault;
  });
};
function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at += 1) buffer[at] = (at * 7919 + (at >> 8)) % 251;
  return buffer;
}
async function fileOf(bytes: Buffer): Promise<Source> {
  const file = path.join(folder, 'upload.mp4');
  await writeFile(file, bytes);
  return { path: file, open: () => expect.unreachable('a file is read by its path') };
}
const read = async (source: Source, range?: { start?: number; end?: number }): Promise<Buffer> =>
  Buffer.from(await new Response(source.open(range)).arrayBuffer());
const create = { ifRevision: null };
const MEBIBYTE = 1024 * 1024;

describe('writes', () => {
  test('a create-only write whose answer is lost succeeds, and is sent once', async () => {
    times(1, 'insert', 'lose');
    const object = await open().put('a', 'ours', create);
    expect(object).toEqual(await open().head('a'));
    expect([count('insert'), server.taken.bytes]).toEqual([1, 4]);
  });

  test('the same bytes by somebody else are not ours', async () => {
    const storage = open();
    server.setFault((request) => {
      // Another writer comes first, with the very same content.
      if (request.operation === 'insert' && server.read('films', 'a') === undefined) server.seed('films', 'a', 'same');
      return undefined;
    });
    await expect(storage.put('a', 'same', create)).rejects.toMatchObject({ code: 'precondition-failed' });
  });

  test('an answer that stays lost to the last attempt is still found', async () => {
    times(99, 'insert', 'lose');
    expect(await open({ attempts: 1 }).put('a', 'ours', create)).toMatchObject({ name: 'a', size: 4 });
  });

  test("the write token is nobody's business", async () => {
    const object = await open().put('a', 'x', { ...create, metadata: { take: '1' } });
    expect(object.metadata).toEqual({ take: '1' });
    expect(Object.keys(server.metadata('films', 'a')?.metadata as object).sort()).toEqual(['reelstate-write', 'take']);
  });

  test('a large file goes up in one session, under its precondition and its checksum', async () => {
    const bytes = noise(3 * MEBIBYTE);
    const object = await open().put('final.mp4', await fileOf(bytes), { ...create, contentType: 'video/mp4' });
    expect(object).toMatchObject({ size: bytes.length, contentType: 'video/mp4' });
    expect(server.read('films', 'final.mp4')?.equals(bytes)).toBe(true);
    expect([count('session'), count('upload'), count('insert')]).toEqual([1, 1, 0]);
    expect(server.requests[0]?.url).toContain('ifGenerationMatch=0');
  });

  test('a session that breaks off goes on where it stopped', async () => {
    const bytes = noise(4 * MEBIBYTE);
    times(1, 'upload', 'truncate');
    await open().put('final.mp4', await fileOf(bytes), create);
    expect(server.read('films', 'final.mp4')?.equals(bytes)).toBe(true);
    expect(count('session')).toBe(1);
    // What had arrived before the break is not sent again.
    expect(server.taken.bytes).toBe(bytes.length);
  });

  test('a session that is gone is begun anew', async () => {
    const bytes = noise(2 * MEBIBYTE);
    let broken = 0;
    server.setFault((request) => {
      if (request.operation === 'upload' && broken === 0) {
        broken += 1;
        return 'truncate';
      }
      return request.operation === 'status' ? { status: 410, reason: 'gone' } : undefined;
    });
    await open({ attempts: 4 }).put('final.mp4', await fileOf(bytes), create);
    expect(server.read('films', 'final.mp4')?.equals(bytes)).toBe(true);
    expect(count('session')).toBe(2);
  });

  test('a file that changes while it is sent is refused by the server', async () => {
    const bytes = noise(2 * MEBIBYTE);
    const source = await fileOf(bytes);
    server.setFault((request) => {
      if (request.operation === 'session')
        void writeFile(path.join(folder, 'upload.mp4'), noise(2 * MEBIBYTE + 1).subarray(1));
      return request.operation === 'session' ? 'slow' : undefined;
    });
    await expect(open().put('final.mp4', source, create)).rejects.toMatchObject({
      kind: 'permanent',
      code: 'storage-bad-request',
    });
    expect(server.names('films')).toEqual([]);
  });

  test('an aborted upload ends at once and leaves nothing under the name', async () => {
    const stop = new AbortController();
    server.setFault((request) => {
      if (request.operation !== 'upload') return undefined;
      stop.abort();
      return 'hang';
    });
    const put = open().put('final.mp4', await fileOf(noise(2 * MEBIBYTE)), { ...create, signal: stop.signal });
    await expect(put).rejects.toMatchObject({ kind: 'cancelled', code: 'aborted' });
    expect(server.names('films')).toEqual([]);
  });

  test('a call that hangs ends with our own deadline', async () => {
    times(99, 'get', 'hang');
    await expect(open({ timeoutMs: 60, attempts: 2 }).head('a')).rejects.toMatchObject({
      code: 'storage-timeout',
      effect: 'unknown',
    });
    expect(count('get')).toBe(2);
  });

  test('a long Retry-After is not waited for', async () => {
    times(99, 'insert', { status: 429, headers: { 'retry-after': '30' } });
    await expect(open().put('a', 'x', create)).rejects.toMatchObject({ kind: 'throttled', retryAfterMs: 30_000 });
    expect(count('insert')).toBe(1);
  });

  test('a revision that no generation can be matches nothing', async () => {
    const storage = open();
    await storage.put('a', 'x', create);
    for (const revision of ['', '0', '-1', 'latest', '1?alt=media']) {
      await expect(storage.put('a', 'y', { ifRevision: revision })).rejects.toMatchObject({
        code: 'precondition-failed',
      });
      await expect(storage.remove('a', { ifRevision: revision })).rejects.toMatchObject({
        code: 'precondition-failed',
      });
      await expect(read(storage.source('a', { revision }))).rejects.toMatchObject({ code: 'object-not-found' });
    }
    expect(server.read('films', 'a')?.toString()).toBe('x');
  });
});

describe('reads', () => {
  test('a read that breaks off goes on at its byte, pinned to its generation', async () => {
    const bytes = noise(300_000);
    const { generation } = server.seed('films', 'a', bytes);
    times(2, 'media', 'truncate');
    expect((await read(open().source('a'))).equals(bytes)).toBe(true);
    const urls = server.requests.map(({ url }) => url);
    expect(urls[0]).not.toContain('generation');
    expect(urls.slice(1).every((url) => url.includes(`generation=${generation}`))).toBe(true);
    expect(server.served.bytes).toBe(bytes.length);
  });

  test('a read that breaks off while the object is replaced never mixes the two', async () => {
    server.seed('films', 'a', noise(300_000));
    let reads = 0;
    server.setFault((request) => {
      if (request.operation !== 'media') return undefined;
      reads += 1;
      if (reads === 2) server.seed('films', 'a', 'another');
      return reads === 1 ? 'truncate' : undefined;
    });
    await expect(read(open().source('a'))).rejects.toMatchObject({ code: 'object-not-found' });
  });

  test('a flipped bit is found at the end of a whole read', async () => {
    server.seed('films', 'a', noise(1000));
    times(1, 'media', 'corrupt');
    await expect(read(open().source('a'))).rejects.toMatchObject({ kind: 'retryable', code: 'storage-corrupt' });
  });

  test('a small text with a flipped bit is read again', async () => {
    server.seed('films', 'a', 'some text');
    times(1, 'media', 'corrupt');
    expect((await open().text('a'))?.text).toBe('some text');
  });

  test('a text that is replaced between its metadata and its bytes is read anew', async () => {
    server.seed('films', 'a', 'old');
    let looked = false;
    server.setFault((request) => {
      if (request.operation === 'media' && !looked) {
        looked = true;
        server.seed('films', 'a', 'new');
      }
      return undefined;
    });
    const found = await open().text('a');
    expect([found?.text, found?.object.revision]).toEqual(['new', server.metadata('films', 'a')?.generation]);
  });

  test('a part costs the bytes of the part', async () => {
    server.seed('films', 'a', noise(1_000_000));
    expect((await read(open().source('a'), { start: 500, end: 900 })).length).toBe(400);
    expect(server.served.bytes).toBe(400);
  });

  test('a range behind the end is empty', async () => {
    server.seed('films', 'a', 'short');
    expect((await read(open().source('a'), { start: 5 })).length).toBe(0);
    expect((await read(open().source('a'), { start: 3, end: 3 })).length).toBe(0);
  });

  test('a reader that leaves stops the transfer', async () => {
    server.seed('films', 'a', Buffer.alloc(20 * MEBIBYTE, 1));
    const reader = open().source('a').open().getReader();
    const first = await reader.read();
    await reader.cancel();
    expect(first.value?.length).toBeGreaterThan(0);
    expect(server.requests).toHaveLength(1);
  });

  test('a list has every page', async () => {
    await restart({ pageSize: 3 });
    for (let n = 0; n < 10; n += 1) server.seed('films', `p/takes/${n}`, String(n));
    const storage = open({ prefix: '/p/' });
    expect((await storage.list('takes/')).map(({ name }) => name)).toEqual(
      Array.from({ length: 10 }, (_, n) => `takes/${n}`),
    );
    expect(count('list')).toBe(4);
    expect(storage.uri('takes/1')).toBe('gs://films/p/takes/1');
  });
});

describe('copies', () => {
  test('stay in the bucket, in as many parts as it takes, each under the precondition', async () => {
    await restart({ rewriteChunk: 400_000 });
    const bytes = noise(1_500_000);
    const { generation } = server.seed('films', 'f/takes/1-1/x.mp4', bytes, { contentType: 'video/mp4' });
    const from = { name: 'f/takes/1-1/x.mp4', revision: generation };
    const object = await open().copy(from, 'f/block_1.mp4', { ...create, metadata: { take: '1-1' } });
    expect(object).toMatchObject({ size: bytes.length, contentType: 'video/mp4', metadata: { take: '1-1' } });
    const rewrites = server.requests.filter(({ operation }) => operation === 'rewrite');
    expect(rewrites).toHaveLength(4);
    expect(
      rewrites.every(
        ({ url }) => url.includes('ifGenerationMatch=0') && url.includes(`sourceGeneration=${generation}`),
      ),
    ).toBe(true);
    expect([server.served.bytes, server.taken.bytes]).toEqual([0, 0]);
  });

  test('whose answer is lost succeed, once', async () => {
    const events: GcsEvent[] = [];
    await restart({ onFinalize: (event) => events.push(event) });
    const { generation } = server.seed('films', 'a', 'x');
    times(1, 'rewrite', 'lose');
    await open().copy({ name: 'a', revision: generation }, 'b', create);
    expect(events.map(({ data }) => data.name)).toEqual(['a', 'b']);
  });
});

describe('downloads', () => {
  test('appear whole or not at all', async () => {
    const bytes = noise(500_000);
    server.seed('films', 'a', bytes);
    times(1, 'media', 'truncate');
    const target = path.join(folder, 'a.mp4');
    expect(await open().download('a', target)).toMatchObject({ name: 'a', size: bytes.length });
    expect((await readFile(target)).equals(bytes)).toBe(true);
    expect(await readdir(folder)).toEqual(['a.mp4']);
  });

  test('with a flipped bit are fetched again, and given up without a trace', async () => {
    server.seed('films', 'a', noise(5000));
    times(1, 'media', 'corrupt');
    await open().download('a', path.join(folder, 'a.mp4'));
    await rm(path.join(folder, 'a.mp4'));
    times(99, 'media', 'corrupt');
    await expect(open().download('a', path.join(folder, 'a.mp4'))).rejects.toMatchObject({ code: 'storage-corrupt' });
    expect(await readdir(folder)).toEqual([]);
  });

  test('of what is not there fail', async () => {
    await expect(open().download('none', path.join(folder, 'a'))).rejects.toMatchObject({ code: 'object-not-found' });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('links', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signer = (): Storage => {
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const authClient = new GoogleAuth({
      credentials: { client_email: 'films@example.iam.gserviceaccount.com', private_key: key },
    });
    return new Storage({ projectId: 'p', apiEndpoint: server.url, authClient });
  };

  test('are V4, pinned to the generation and good for ranges', async () => {
    const { generation } = server.seed('films', 'f/a b.mp4', 'old content');
    const url = await open({ client: signer() }).publicUrl('f/a b.mp4', { expiresMs: 60_000 });
    const { searchParams } = new URL(url);
    expect(searchParams.get('X-Goog-Algorithm')).toBe('GOOG4-RSA-SHA256');
    expect([searchParams.get('generation'), searchParams.get('X-Goog-Expires')]).toEqual([generation, '60']);
    expect(await (await fetch(url, { headers: { range: 'bytes=4-10' } })).text()).toBe('content');
    server.seed('films', 'f/a b.mp4', 'new content');
    expect((await fetch(url)).status).toBe(404);
  });

  test('never outlive twelve hours', async () => {
    const { generation } = server.seed('films', 'a', 'x');
    const url = await open({ client: signer() }).publicUrl('a', {
      expiresMs: 7 * 24 * 3_600_000,
      revision: generation,
    });
    expect(Number(new URL(url).searchParams.get('X-Goog-Expires'))).toBeLessThanOrEqual(12 * 3600);
  });

  test('are absent without any credentials', async () => {
    server.seed('films', 'a', 'x');
    expect(await open().source('a').url?.()).toBeUndefined();
    await expect(open().publicUrl('a', { expiresMs: 1000 })).rejects.toMatchObject({ code: 'signing-denied' });
  });

  test('to what is not there are not made', async () => {
    await expect(open({ client: signer() }).publicUrl('none', { expiresMs: 1000 })).rejects.toMatchObject({
      code: 'object-not-found',
    });
  });

  test("serve as a source's own URL", async () => {
    const { generation } = server.seed('films', 'a', 'x');
    const url = await open({ client: signer() }).source('a', { revision: generation }).url?.();
    expect(await (await fetch(url ?? '')).text()).toBe('x');
  });

  test('are absent where the credentials cannot sign: a source goes on without, publicUrl says which role is missing', async () => {
    server.seed('films', 'a', 'x');
    const client = signer();
    client.authClient.sign = () =>
      Promise.reject(new Error("Permission 'iam.serviceAccounts.signBlob' denied on resource"));
    expect(await open({ client }).source('a').url?.()).toBeUndefined();
    await expect(open({ client }).publicUrl('a', { expiresMs: 1000 })).rejects.toMatchObject({
      code: 'signing-denied',
      cure: expect.stringContaining('roles/iam.serviceAccountTokenCreator'),
    });
  });
});

describe('clients', () => {
  test('that are passed in keep their own repeats', async () => {
    const client = new Storage({ projectId: 'p', apiEndpoint: server.url });
    const storage = open({ client });
    const object = await storage.put('a', 'x', create);
    await storage.copy(object, 'b', create);
    await storage.remove('a');
    await storage.remove('b');
    await storage.put('c', await fileOf(noise(2 * MEBIBYTE)), create);
    expect(client.retryOptions.autoRetry).toBe(true);
  });

  test('that are passed in may meet 412 for what is ours by their own repeats', async () => {
    const client = new Storage({ projectId: 'p', apiEndpoint: server.url });
    times(1, 'insert', 'lose');
    expect(await open({ client, attempts: 1 }).put('a', 'ours', create)).toMatchObject({ name: 'a', size: 4 });
    expect(count('insert')).toBe(2);
  });

  test('that somebody poisoned still get our repeats', async () => {
    const client = new Storage({ projectId: 'p', apiEndpoint: server.url });
    await client.bucket('films').file('poison').save('x', { resumable: false });
    times(1, 'insert', '503');
    expect(await open({ client }).put('a', 'x', create)).toMatchObject({ size: 1 });
  });

  test('do not follow an emulator in the environment', async () => {
    const before = process.env.STORAGE_EMULATOR_HOST;
    process.env.STORAGE_EMULATOR_HOST = 'http://127.0.0.1:1';
    try {
      const storage = open();
      expect(await storage.head('a')).toBeUndefined();
      await storage.put('a', 'x', create);
      expect(process.env.STORAGE_EMULATOR_HOST).toBe('http://127.0.0.1:1');
    } finally {
      if (before === undefined) delete process.env.STORAGE_EMULATOR_HOST;
      else process.env.STORAGE_EMULATOR_HOST = before;
    }
    expect(server.names('films')).toEqual(['a']);
  });

  test('need the name of a bucket', () => {
    for (const bucket of ['', 'gs://films', 'films/a', 'Films', 'a']) {
      expect(() => gcs({ bucket })).toThrow(expect.objectContaining({ code: 'bad-bucket' }));
    }
  });
});
