import type { ErrorEffect, ErrorKind } from '../../core/errors.ts';
import { ReelstateError } from '../../core/errors.ts';

/** A row of the classification: what Firestore answers and what it means for us. */
export interface FirestoreRow {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly effect: ErrorEffect;
  readonly message: string;
  readonly cure?: string;
}

const row = (kind: ErrorKind, code: string, effect: ErrorEffect, message: string, cure?: string): FirestoreRow => ({
  kind,
  code,
  effect,
  message,
  ...(cure === undefined ? {} : { cure }),
});
const open = (message: string): FirestoreRow => row('retryable', 'state-unavailable', 'unknown', message);
const contended = row('retryable', 'state-contended', 'none', 'Others are changing the same documents.');
const invalid = row('permanent', 'state-bad-request', 'none', 'Firestore refused the request.');
const login = 'Run with a service account, or log in with: gcloud auth application-default login.';
const unauthenticated = row(
  'permanent',
  'state-unauthenticated',
  'none',
  'Firestore did not accept the credentials.',
  login,
);

/**
 * By gRPC status, and by name where one status means several things. Source: google.rpc.Code and what the client (firestore 9.4) repeats by
 * itself; a commit that met 1, 2, 4, 8, 13 or 14 may have happened.
 */
export const FIRESTORE_ERRORS: Readonly<Record<string, FirestoreRow>> = {
  1: open('The call to Firestore was cancelled on its way.'),
  2: open('Firestore failed without saying why.'),
  3: invalid,
  4: open('Firestore did not answer in time.'),
  5: row('retryable', 'state-conflict', 'none', 'The document is gone.'),
  6: row('retryable', 'state-conflict', 'none', 'The document exists already.'),
  7: row(
    'permanent',
    'state-denied',
    'none',
    'Firestore denies access.',
    'Give the service account roles/datastore.user on the project.',
  ),
  8: row('throttled', 'state-throttled', 'unknown', 'Firestore asks for fewer requests, or a quota is used up.'),
  9: row('retryable', 'state-conflict', 'none', 'The document was changed by somebody else.'),
  10: contended,
  11: invalid,
  12: invalid,
  13: open('Firestore failed inside.'),
  14: open('Firestore could not be reached or broke off.'),
  15: row('permanent', 'state-data-loss', 'unknown', 'Firestore lost data.'),
  16: unauthenticated,
  'transaction-over': open('The transaction had ended when it was committed; an earlier answer may be lost.'),
  'database-missing': row(
    'permanent',
    'database-missing',
    'none',
    'The Firestore database does not exist.',
    'Create it (gcloud firestore databases create --location=…), or correct projectId and databaseId.',
  ),
  'database-mode': row(
    'permanent',
    'database-missing',
    'none',
    'The database is in Datastore mode, which has no Firestore.',
    'Create a database in native mode and name it in databaseId.',
  ),
  'api-disabled': row(
    'permanent',
    'state-denied',
    'none',
    'The Firestore API is switched off in this project.',
    'Switch it on: gcloud services enable firestore.googleapis.com.',
  ),
  'index-missing': row(
    'permanent',
    'index-missing',
    'none',
    'A Firestore index is missing.',
    'Deploy the shipped firestore.indexes.json (firebase deploy --only firestore:indexes).',
  ),
  'no-credentials': unauthenticated,
};

const textOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** The key of {@link FIRESTORE_ERRORS} that an error of the client stands for. */
export function firestoreErrorKey(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const text = textOf(error);
  const code: unknown = 'code' in error ? error.code : undefined;
  if (/default credentials|invalid_grant|Unable to detect a Project Id/i.test(text)) return 'no-credentials';
  // Production says "expired or is no longer valid", the emulator "invalid or closed", both after an earlier answer was lost.
  if (/transaction (has expired|is invalid or closed|is no longer valid)|transaction .*no longer valid/i.test(text))
    return 'transaction-over';
  if (code === 5 && /database .*does not exist/i.test(text)) return 'database-missing';
  if (code === 7 && /has not been used in project|SERVICE_DISABLED|it is disabled/i.test(text)) return 'api-disabled';
  if (code === 9 && /requires an index|index is not/i.test(text)) return 'index-missing';
  if (code === 9 && /datastore mode/i.test(text)) return 'database-mode';
  return typeof code === 'number' && String(code) in FIRESTORE_ERRORS ? String(code) : undefined;
}

/** Any error of the Firestore client as ours; the vendor's text stays in the cause. */
export function firestoreError(error: unknown): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const key = firestoreErrorKey(error);
  const found = key === undefined ? undefined : FIRESTORE_ERRORS[key];
  if (found === undefined)
    return new ReelstateError('retryable', 'Firestore failed in a way that is not known.', {
      code: 'state-unavailable',
      cause: error,
    });
  return new ReelstateError(found.kind, found.message, {
    code: found.code,
    effect: found.effect,
    ...(found.cure === undefined ? {} : { cure: found.cure }),
    details: { answer: key },
    cause: error,
  });
}

/** Our own deadline passed; what the call did is open. */
export const firestoreLate = (): ReelstateError =>
  new ReelstateError('retryable', 'Firestore did not answer in time.', { code: 'state-timeout' });

/** True where a write with this failure may have happened all the same. */
export const mayHaveHappened = (error: ReelstateError): boolean => error.effect === 'unknown';

/**
 * A precondition of the vendor's that failed in a write over documents that we had just read: somebody else was faster, and the same
 * change may be tried on what is there now.
 */
export function asContention(error: unknown, failure: ReelstateError): ReelstateError {
  if (ReelstateError.is(error) || failure.code !== 'state-conflict') return failure;
  return new ReelstateError('retryable', contended.message, { code: contended.code, effect: 'none', cause: error });
}
