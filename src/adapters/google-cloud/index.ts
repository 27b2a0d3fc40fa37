export type { FirestoreOptions, FirestoreState } from './firestore.ts';
export { firestore } from './firestore.ts';
export type { GcsOptions, GcsStorage } from './gcs.ts';
export { gcs } from './gcs.ts';
