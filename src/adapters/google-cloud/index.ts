export type { GcsOptions, GcsStorage } from './gcs.ts';
export { gcs } from './gcs.ts';
