import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GCS_ERRORS, gcsError } from '../../src/adapters/google-cloud/gcs-errors.ts';
import type { GcsStorage } from '../../src/adapters/google-cloud/index.ts';
import { gcs } from '../../src/adapters/google-cloud/index.ts';
import type { GcsServer } from '../support/gcs-server.ts';
import { startGcsServer } from '../support/gcs-server.ts';

const place = { bucket: 'films', permission: 'storage.objects.get' };
const SECRET = 'a secret of the vendor';

/** What each row means for a caller: kind, code, effect. */
const EXPECTED: Readonly<Record<string, readonly [string, string, string]>> = {
  400: ['permanent', 'storage-bad-request', 'none'],
  401: ['permanent', 'storage-unauthenticated', 'none'],
  403: ['permanent', 'storage-denied', 'none'],
  404: ['permanent', 'object-not-found', 'none'],
  405: ['permanent', 'storage-bad-request', 'none'],
  408: ['retryable', 'storage-unavailable', 'unknown'],
  409: ['retryable', 'storage-unavailable', 'none'],
  410: ['retryable', 'upload-session-gone', 'unknown'],
  411: ['permanent', 'storage-bad-request', 'none'],
  412: ['permanent', 'precondition-failed', 'none'],
  413: ['permanent', 'storage-bad-request', 'none'],
  416: ['permanent', 'range-not-satisfiable', 'none'],
  429: ['throttled', 'storage-throttled', 'none'],
  499: ['retryable', 'upload-session-gone', 'unknown'],
  500: ['retryable', 'storage-unavailable', 'unknown'],
  502: ['retryable', 'storage-unavailable', 'unknown'],
  503: ['retryable', 'storage-unavailable', 'unknown'],
  504: ['retryable', 'storage-unavailable', 'unknown'],
  'bucket-missing': ['permanent', 'bucket-missing', 'none'],
  'no-credentials': ['permanent', 'storage-unauthenticated', 'none'],
  rateLimitExceeded: ['throttled', 'storage-throttled', 'none'],
  userRateLimitExceeded: ['throttled', 'storage-throttled', 'none'],
  ECONNREFUSED: ['retryable', 'not-connected', 'none'],
  ENOTFOUND: ['retryable', 'not-connected', 'none'],
  EAI_AGAIN: ['retryable', 'not-connected', 'none'],
  ECONNRESET: ['retryable', 'storage-unavailable', 'unknown'],
  EPIPE: ['retryable', 'storage-unavailable', 'unknown'],
  ETIMEDOUT: ['retryable', 'storage-unavailable', 'unknown'],
  ERR_STREAM_PREMATURE_CLOSE: ['retryable', 'storage-unavailable', 'unknown'],
  CONTENT_DOWNLOAD_MISMATCH: ['retryable', 'storage-corrupt', 'unknown'],
  FILE_NO_UPLOAD: ['retryable', 'storage-corrupt', 'unknown'],
  FILE_NO_UPLOAD_DELETED: ['retryable', 'storage-corrupt', 'unknown'],
};

describe('what Cloud Storage answers', () => {
  let server: GcsServer;
  let storage: GcsStorage;
  beforeAll(async () => {
    server = await startGcsServer();
    storage = gcs({ bucket: 'films', apiEndpoint: server.url, attempts: 1 });
  });
  afterAll(() => server.close());
  const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: unknown) => error);

  test('every row is known to this test', () => {
    expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(GCS_ERRORS).sort());
  });

  for (const [row, [kind, code, effect]] of Object.entries(EXPECTED)) {
    const status = Number(row);
    if (Number.isNaN(status)) {
      if (!/^[A-Z_]+$/.test(row)) continue;
      test(`${row} is ${kind} ${code}`, () => {
        const error = gcsError(Object.assign(new Error(SECRET), { code: row }), place);
        expect(error).toMatchObject({ kind, code, effect });
        expect(error.message).not.toContain(SECRET);
      });
    } else {
      test(`${row} is ${kind} ${code}`, async () => {
        server.setFault(() => ({ status, reason: 'other', message: SECRET }));
        const error = await failure(storage.list(''));
        expect(error).toMatchObject({ kind, code, effect });
        expect(String(error)).not.toContain(SECRET);
      });
    }
  }

  test('a 403 that means a rate is throttled', async () => {
    for (const reason of ['rateLimitExceeded', 'userRateLimitExceeded']) {
      server.setFault(() => ({ status: 403, reason }));
      expect(await failure(storage.list(''))).toMatchObject({ kind: 'throttled', code: 'storage-throttled' });
    }
  });

  test('Retry-After is passed on', async () => {
    server.setFault(() => ({ status: 429, headers: { 'retry-after': '7' } }));
    expect(await failure(storage.list(''))).toMatchObject({ kind: 'throttled', retryAfterMs: 7_000 });
  });

  test('other statuses go by their class', async () => {
    server.setFault(() => ({ status: 418 }));
    expect(await failure(storage.list(''))).toMatchObject({ kind: 'permanent', code: 'storage-bad-request' });
    server.setFault(() => ({ status: 599 }));
    expect(await failure(storage.list(''))).toMatchObject({ kind: 'retryable', code: 'storage-unavailable' });
  });

  test('missing credentials are permanent and say how to log in', () => {
    expect(gcsError(new Error('Could not load the default credentials.'), place)).toMatchObject({
      kind: 'permanent',
      code: 'storage-unauthenticated',
      cure: expect.stringContaining('gcloud auth application-default login'),
    });
  });

  test('what nobody knows leaves open whether it happened', () => {
    for (const thrown of [new Error('?'), 'text', undefined, null])
      expect(gcsError(thrown, place)).toMatchObject({
        kind: 'retryable',
        code: 'storage-unavailable',
        effect: 'unknown',
      });
  });

  test('a missing bucket is no missing object, whatever is asked of it', async () => {
    server.setFault(undefined);
    const missing = gcs({ bucket: 'nowhere', apiEndpoint: server.url, attempts: 1 });
    const create = { ifRevision: null };
    const calls = [
      () => missing.head('a'),
      () => missing.list(''),
      () => missing.text('a'),
      () => missing.put('a', 'x', create),
      () => missing.remove('a'),
    ];
    for (const call of calls) {
      expect(await failure(call())).toMatchObject({
        kind: 'permanent',
        code: 'bucket-missing',
        cure: expect.stringContaining('gs://nowhere'),
      });
    }
    const read = new Response(missing.source('a').open()).text();
    expect(await failure(read)).toMatchObject({ code: 'bucket-missing' });
  });

  test('a denial names the permission and the role', async () => {
    server.setFault(() => '403');
    const create = { ifRevision: null };
    const calls = {
      'storage.objects.get': () => storage.head('a'),
      'storage.objects.list': () => storage.list(''),
      'storage.objects.create': () => storage.put('a', 'x', create),
      'storage.objects.delete': () => storage.remove('a'),
    };
    for (const [permission, run] of Object.entries(calls)) {
      const cure = `Give the service account roles/storage.objectAdmin on gs://films: the call needs ${permission}.`;
      expect(await failure(run())).toMatchObject({ code: 'storage-denied', cure });
    }
    expect(await failure(new Response(storage.source('a').open()).text())).toMatchObject({ code: 'storage-denied' });
  });
});
