import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRESTORE_ERRORS, firestoreError } from '../../../src/adapters/google-cloud/firestore-errors.ts';
import type { FirestoreState } from '../../../src/adapters/google-cloud/index.ts';
import { firestore } from '../../../src/adapters/google-cloud/index.ts';
import { freshProject } from '../../support/firestore-emulator.ts';
import type { FirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';
import { startFirestoreFaultProxy } from '../../support/firestore-fault-proxy.ts';

/** What each row means for a caller: kind, code, effect. */
const EXPECTED: Readonly<Record<string, readonly [string, string, string]>> = {
  1: ['retryable', 'state-unavailable', 'unknown'],
  2: ['retryable', 'state-unavailable', 'unknown'],
  3: ['permanent', 'state-bad-request', 'none'],
  4: ['retryable', 'state-unavailable', 'unknown'],
  5: ['retryable', 'state-conflict', 'none'],
  6: ['retryable', 'state-conflict', 'none'],
  7: ['permanent', 'state-denied', 'none'],
  8: ['throttled', 'state-throttled', 'unknown'],
  9: ['retryable', 'state-conflict', 'none'],
  10: ['retryable', 'state-contended', 'none'],
  11: ['permanent', 'state-bad-request', 'none'],
  12: ['permanent', 'state-bad-request', 'none'],
  13: ['retryable', 'state-unavailable', 'unknown'],
  14: ['retryable', 'state-unavailable', 'unknown'],
  15: ['permanent', 'state-data-loss', 'unknown'],
  16: ['permanent', 'state-unauthenticated', 'none'],
  'transaction-over': ['retryable', 'state-unavailable', 'unknown'],
  'database-missing': ['permanent', 'database-missing', 'none'],
  'database-mode': ['permanent', 'database-missing', 'none'],
  'api-disabled': ['permanent', 'state-denied', 'none'],
  'index-missing': ['permanent', 'index-missing', 'none'],
  'no-credentials': ['permanent', 'state-unauthenticated', 'none'],
};

const expectedOf = (row: number): { readonly kind: string; readonly code: string; readonly effect: string } => {
  const [kind = '', code = '', effect = ''] = EXPECTED[row] ?? [];
  return { kind, code, effect };
};

/** Rows that one status alone does not name, with the text that Google sends. */
const TEXTS: Readonly<Record<string, readonly [number, string, RegExp]>> = {
  'transaction-over': [3, 'The referenced transaction has expired or is no longer valid.', /^$/],
  'database-missing': [
    5,
    'The database (default) does not exist for project films. Please visit https://console.cloud.google.com to add one.',
    /databases create/,
  ],
  'database-mode': [
    9,
    'The Cloud Firestore API is not available for Firestore in Datastore Mode database projects/films/databases/(default).',
    /native mode/,
  ],
  'api-disabled': [
    7,
    'Cloud Firestore API has not been used in project films before or it is disabled.',
    /services enable firestore/,
  ],
  'index-missing': [
    9,
    'The query requires an index. You can create it here: https://console.firebase.google.com/',
    /firestore\.indexes\.json/,
  ],
};

/** Every row of the classification, answered by a server to the real client. */
export function answerCases(emulatorHost: string): void {
  describe('what Firestore answers', () => {
    let proxy: FirestoreFaultProxy;
    let store: FirestoreState;
    const leftovers: FirestoreState[] = [];
    beforeAll(async () => {
      proxy = await startFirestoreFaultProxy(emulatorHost);
      store = firestore({ projectId: freshProject(), emulatorHost: proxy.host, attempts: 1, timeoutMs: 2_000 });
    });
    afterAll(async () => {
      await Promise.all([store, ...leftovers].map((opened) => opened.close()));
      await proxy.close();
    });

    test('every row is known to this test', () => {
      expect(Object.keys(EXPECTED).sort()).toEqual(Object.keys(FIRESTORE_ERRORS).sort());
    });

    for (const [row, [kind, code, effect]] of Object.entries(EXPECTED)) {
      // No server says the first, and the client itself repeats the others until our deadline: see below.
      if (['no-credentials', '8', '10', '14'].includes(row)) continue;
      test(`${row} is ${kind} ${code}`, async () => {
        const [status, message = 'a secret of the vendor', cure] = TEXTS[row] ?? [Number(row)];
        proxy.setFault(() => ({ status, message }));
        // A read that met 4 or 13 is repeated by the client itself until our deadline; a write is not.
        const error: unknown = await store.kv.set('key', 1).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ kind, code, effect });
        expect(String(error)).not.toContain(message);
        expect((error as { cure?: string }).cure ?? '').toMatch(cure ?? /^/);
      });
    }

    test('8, 10 and 14 on a write are repeated by the client, and end with our deadline', async () => {
      for (const status of [8, 10, 14]) {
        proxy.setFault(() => ({ status }));
        const quick = firestore({ projectId: freshProject(), emulatorHost: proxy.host, attempts: 1, timeoutMs: 400 });
        await expect(quick.kv.set('key', 1)).rejects.toMatchObject({ code: 'state-timeout', effect: 'unknown' });
        leftovers.push(quick);
        expect(firestoreError(Object.assign(new Error('a secret of the vendor'), { code: status }))).toMatchObject(
          expectedOf(status),
        );
      }
    });

    test('a read that is denied is answered at once', async () => {
      proxy.setFault(() => ({ status: 7 }));
      await expect(store.load('film-1')).rejects.toMatchObject({ code: 'state-denied' });
      expect(proxy.calls.filter((method) => method === 'BatchGetDocuments')).toHaveLength(1);
    });

    test('a denial names the role', async () => {
      proxy.setFault(() => ({ status: 7, message: 'Missing or insufficient permissions.' }));
      await expect(store.load('film-1')).rejects.toMatchObject({
        code: 'state-denied',
        cure: expect.stringContaining('roles/datastore.user'),
      });
    });
  });
}
