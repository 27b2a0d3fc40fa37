/** What @google-cloud/storage does by itself and gcs() relies on or works around. A new version that behaves otherwise shows here first. */
import { Storage } from '@google-cloud/storage';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GcsFault, GcsOperation, GcsServer } from '../support/gcs-server.ts';
import { startGcsServer } from '../support/gcs-server.ts';

let server: GcsServer;
const bucket = () => new Storage({ projectId: 'p', apiEndpoint: server.url }).bucket('films');
const once = (operation: GcsOperation, fault: GcsFault): void => {
  let met = false;
  server.setFault((request) => {
    if (met || request.operation !== operation) return undefined;
    met = true;
    return fault;
  });
};
const count = (operation: GcsOperation): number =>
  server.requests.filter((request) => request.operation === operation).length;
const createOnly = { preconditionOpts: { ifGenerationMatch: 0 } };

beforeEach(async () => {
  server = await startGcsServer();
});
afterEach(() => server.close());

test('a create-only save whose answer is lost is repeated and ends in 412 although the object is ours', async () => {
  once('insert', 'lose');
  await expect(
    bucket()
      .file('a')
      .save('ours', { resumable: false, ...createOnly }),
  ).rejects.toMatchObject({ code: 412 });
  expect(server.read('films', 'a')?.toString()).toBe('ours');
});

test('a resumable upload whose last answer is lost is healed by a status query', async () => {
  once('upload', 'lose');
  await bucket()
    .file('a')
    .save('ours', { resumable: true, ...createOnly });
  expect([count('status'), server.read('films', 'a')?.toString()]).toEqual([1, 'ours']);
});

test('a 503 is repeated with a precondition and thrown at once without', async () => {
  once('insert', '503');
  await bucket()
    .file('a')
    .save('x', { resumable: false, ...createOnly });
  expect(count('insert')).toBe(2);
  once('insert', '503');
  await expect(bucket().file('b').save('x', { resumable: false })).rejects.toMatchObject({ code: 503 });
  expect(count('insert')).toBe(3);
});

test('a download that is cut off fails and is not repeated, a flipped bit is found', async () => {
  server.seed('films', 'a', 'x'.repeat(10_000));
  once('media', 'truncate');
  await expect(bucket().file('a').download()).rejects.toThrow();
  expect(count('media')).toBe(1);
  once('media', 'corrupt');
  await expect(bucket().file('a').download()).rejects.toMatchObject({ code: 'CONTENT_DOWNLOAD_MISMATCH' });
});

test("a hung request stays pending past the client's own timeout", async () => {
  server.seed('films', 'a', 'x');
  once('get', 'hang');
  const storage = new Storage({
    projectId: 'p',
    apiEndpoint: server.url,
    timeout: 50,
    retryOptions: { totalTimeout: 0.05 },
  });
  const pending = storage
    .bucket('films')
    .file('a')
    .getMetadata()
    .catch(() => 'ended');
  const waited = new Promise((resolve) => setTimeout(resolve, 400, 'still pending'));
  expect(await Promise.race([pending, waited])).toBe('still pending');
});

test('one save without a precondition switches repeats off for the whole client', async () => {
  const poisoned = bucket();
  expect(poisoned.storage.retryOptions.autoRetry).toBe(true);
  await poisoned.file('a').save('x', { resumable: false });
  expect(poisoned.storage.retryOptions.autoRetry).toBe(false);
});

test('a copy in several parts loses its precondition and its metadata after the first', async () => {
  await server.close();
  server = await startGcsServer({ rewriteChunk: 10 });
  server.seed('films', 'a', 'x'.repeat(25), { contentType: 'video/mp4' });
  const files = bucket();
  await files.file('a').copy(files.file('b'), { ...createOnly, metadata: { take: '1' } });
  const rewrites = server.requests
    .filter(({ operation }) => operation === 'rewrite')
    .map(({ url }) => url.includes('ifGenerationMatch=0'));
  expect(rewrites).toEqual([true, false, false]);
  expect(server.metadata('films', 'b')).not.toHaveProperty('metadata');
});
