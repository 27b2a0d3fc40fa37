import type { Storage as Client, FileMetadata } from '@google-cloud/storage';
import { badInput, ReelstateError } from '../../core/errors.ts';
import { checkObjectName, checkPrefix } from '../../core/object-name.ts';
import type { Signalled, Storage, StoredObject } from '../../core/ports.ts';
import type { CallRules } from './calls.ts';
import { DEFAULT_RULES } from './calls.ts';
import type { GcsBucket } from './gcs-bucket.ts';
import { isGeneration, objectUri, openBucket } from './gcs-bucket.ts';
import { copyObject } from './gcs-copy.ts';
import { downloadObject } from './gcs-download.ts';
import { objectSource, readObject } from './gcs-read.ts';
import { signedUrl } from './gcs-sign.ts';
import { generationMatch, putObject } from './gcs-write.ts';

/** Options of {@link gcs}. */
export interface GcsOptions {
  /** The bucket's name, without `gs://`. */
  readonly bucket: string;
  /** All names lie below this folder. @default none */
  readonly prefix?: string;
  /** A client of `@google-cloud/storage` to use. @default one with the environment's credentials */
  readonly client?: Client;
  /** @default the environment's project */
  readonly projectId?: string;
  /** Another server that speaks Cloud Storage's JSON API; `STORAGE_EMULATOR_HOST` is ignored. @default Google's */
  readonly apiEndpoint?: string;
  /** One attempt's own deadline, milliseconds; uploads get more by their size. @default 15000 */
  readonly timeoutMs?: number;
  /** How often a call that may be repeated is made, the first included. @default 3 */
  readonly attempts?: number;
  /** Before the second attempt, milliseconds; triples from there. @default 400 */
  readonly retryDelayMs?: number;
}

/** Cloud Storage as reelstate's storage. */
export interface GcsStorage extends Storage {
  publicUrl(
    name: string,
    options: { readonly expiresMs: number; readonly revision?: string } & Signalled,
  ): Promise<string>;
  /** Fetches an object into a local file, which appears under `path` only when its size and crc32c are right. */
  download(name: string, path: string, options?: { readonly revision?: string } & Signalled): Promise<StoredObject>;
}

const SOURCE_LINK_MS = 60 * 60 * 1000;
const LIST_PAGE = 1000;

const notFound = (name: string): ReelstateError =>
  new ReelstateError('permanent', `There is no object ${name} (at that revision).`, { code: 'object-not-found' });

async function presentRevision(
  bucket: GcsBucket,
  name: string,
  revision: string | undefined,
  signal?: AbortSignal,
): Promise<string> {
  if (revision !== undefined) {
    if (!isGeneration(revision)) throw notFound(name);
    return revision;
  }
  const found = await bucket.head(name, signal);
  if (found === undefined) throw notFound(name);
  return found.object.revision;
}

async function listObjects(bucket: GcsBucket, prefix: string, signal?: AbortSignal): Promise<StoredObject[]> {
  const objects: StoredObject[] = [];
  let pageToken: string | undefined;
  do {
    const qs = {
      prefix: bucket.full(prefix),
      maxResults: LIST_PAGE,
      ...(pageToken === undefined ? {} : { pageToken }),
    };
    const page = await bucket.ask<{ readonly items?: readonly FileMetadata[]; readonly nextPageToken?: string }>(
      { uri: '/o', qs },
      'storage.objects.list',
      signal,
    );
    for (const item of page.items ?? []) objects.push(bucket.parse(item).object);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return objects;
}

/** The text at the present revision; read again where it was replaced between its metadata and its bytes. */
async function readText(
  bucket: GcsBucket,
  name: string,
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly object: StoredObject } | undefined> {
  for (let look = 1; ; look += 1) {
    const found = await bucket.head(name, signal);
    if (found === undefined) return undefined;
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of readObject(bucket, name, { revision: found.object.revision, signal }))
        chunks.push(chunk);
      return { text: Buffer.concat(chunks).toString('utf8'), object: found.object };
    } catch (error) {
      const again = ReelstateError.is(error) && (error.code === 'object-not-found' || error.code === 'storage-corrupt');
      if (!again || look >= bucket.rules.attempts) throw error;
    }
  }
}

async function removeObject(
  bucket: GcsBucket,
  name: string,
  options: { readonly ifRevision?: string } & Signalled,
): Promise<void> {
  const ifGenerationMatch = options.ifRevision === undefined ? undefined : generationMatch(name, options.ifRevision);
  const qs = ifGenerationMatch === undefined ? {} : { ifGenerationMatch };
  try {
    await bucket.ask(
      { method: 'DELETE', uri: objectUri(bucket.full(name)), qs },
      'storage.objects.delete',
      options.signal,
    );
  } catch (error) {
    if (!ReelstateError.is(error)) throw error;
    // Whether a missing object fails its precondition or is simply not there is not documented: both mean that it is gone.
    const gone =
      error.code === 'object-not-found' ||
      (error.code === 'precondition-failed' && (await bucket.head(name, options.signal)) === undefined);
    if (!gone) throw error;
  }
}

/** Undefined for credentials that cannot sign: whoever wanted the link reads through us instead. */
async function linkIfPossible(
  publicUrl: GcsStorage['publicUrl'],
  name: string,
  revision: string | undefined,
): Promise<string | undefined> {
  try {
    return await publicUrl(name, { expiresMs: SOURCE_LINK_MS, ...(revision === undefined ? {} : { revision }) });
  } catch (error) {
    if (ReelstateError.is(error) && error.code === 'signing-denied') return undefined;
    throw error;
  }
}

/**
 * A bucket of Cloud Storage. Revisions are generations, every write carries one as its precondition, and a write whose answer was lost is
 * found again by its token. Throws `bucket-missing` and `storage-denied` with the missing role.
 */
export function gcs(options: GcsOptions): GcsStorage {
  if (!/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/.test(options.bucket))
    throw badInput(
      'bad-bucket',
      'The bucket has no valid name.',
      'Give the name alone, without gs:// and without a path.',
    );
  const prefix = options.prefix ? `${options.prefix.replace(/^\/+|\/+$/g, '')}/` : '';
  const rules: CallRules = {
    timeoutMs: options.timeoutMs ?? DEFAULT_RULES.timeoutMs,
    attempts: options.attempts ?? DEFAULT_RULES.attempts,
    minDelayMs: options.retryDelayMs ?? DEFAULT_RULES.minDelayMs,
  };
  const bucket = openBucket(options, prefix, rules);
  const publicUrl: GcsStorage['publicUrl'] = async (name, { expiresMs, revision, signal }) => {
    const pinned = await presentRevision(bucket, checkObjectName(name), revision, signal);
    return signedUrl(bucket, name, { revision: pinned, expiresMs, signal });
  };
  return {
    uri: (name) => `gs://${bucket.name}/${bucket.full(checkPrefix(name))}`,
    head: async (name, { signal } = {}) => (await bucket.head(checkObjectName(name), signal))?.object,
    list: async (under, { signal } = {}) => listObjects(bucket, checkPrefix(under), signal),
    put: async (name, body, put) => putObject(bucket, checkObjectName(name), body, put),
    copy: async (from, to, put) => copyObject(bucket, from, checkObjectName(to), put),
    source: (name, { revision } = {}) =>
      objectSource(bucket, checkObjectName(name), revision, () => linkIfPossible(publicUrl, name, revision)),
    text: async (name, { signal } = {}) => readText(bucket, checkObjectName(name), signal),
    publicUrl,
    remove: async (name, remove = {}) => removeObject(bucket, checkObjectName(name), remove),
    download: async (name, path, download = {}) => downloadObject(bucket, checkObjectName(name), path, download),
  };
}
