import { expect, test } from 'vitest';
import { firestoreError } from '../../src/adapters/google-cloud/firestore-errors.ts';

test('missing credentials are permanent and say how to log in', () => {
  const error = new Error('Could not load the default credentials. Browse to https://cloud.google.com/docs');
  expect(firestoreError(error)).toMatchObject({
    kind: 'permanent',
    code: 'state-unauthenticated',
    cure: expect.stringContaining('gcloud auth application-default login'),
  });
});

test('the emulator words a transaction that is over differently', () => {
  const error = Object.assign(new Error('3 INVALID_ARGUMENT: Transaction is invalid or closed.'), { code: 3 });
  expect(firestoreError(error)).toMatchObject({ kind: 'retryable', effect: 'unknown' });
});

test('what nobody knows leaves open whether it happened', () => {
  for (const thrown of [new Error('?'), 'text', undefined, null, { code: 99 }])
    expect(firestoreError(thrown)).toMatchObject({ kind: 'retryable', code: 'state-unavailable', effect: 'unknown' });
});
