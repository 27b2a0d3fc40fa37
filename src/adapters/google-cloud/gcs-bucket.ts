import type { Bucket, Storage as Client, CRC32C, FileMetadata } from '@google-cloud/storage';
import { ReelstateError } from '../../core/errors.ts';
import type { StoredObject } from '../../core/ports.ts';
import type { CallRules } from './calls.ts';
import { call } from './calls.ts';
import { withoutVariable } from './environment.ts';
import { gcsError, gcsLate } from './gcs-errors.ts';

/** Key of the custom metadata that says which `put` or `copy` wrote an object: after a lost answer it tells ours from another's. */
export const WRITE_TOKEN = 'reelstate-write';

/** How to reach the bucket. */
export interface GcsConnection {
  readonly bucket: string;
  readonly client?: Client;
  readonly projectId?: string;
  readonly apiEndpoint?: string;
}

/** An object's metadata as Cloud Storage states it. */
export interface GcsObject {
  readonly object: StoredObject;
  readonly crc32c: string;
  readonly token: string | undefined;
}

/** What the parts of the adapter share: the bucket, built at first use, and names below the prefix. */
export interface GcsBucket {
  readonly name: string;
  readonly rules: CallRules;
  bucket(): Promise<Bucket>;
  crc32c(): Promise<CRC32C>;
  /** The object's full name in the bucket. */
  full(name: string): string;
  /** An answer's metadata as ours. */
  parse(metadata: FileMetadata): GcsObject;
  /** One JSON API call relative to the bucket, without the client's own repeats. */
  json<T>(request: JsonRequest, permission: string, signal?: AbortSignal): Promise<T>;
  /** As `json`, with our deadline and repeats. */
  ask<T>(request: JsonRequest, permission: string, signal?: AbortSignal): Promise<T>;
  head(name: string, signal?: AbortSignal, generation?: string): Promise<GcsObject | undefined>;
}

export interface JsonRequest {
  readonly method?: string;
  readonly uri: string;
  readonly qs?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: object;
}

const isAbsent = (error: unknown): boolean => ReelstateError.is(error) && error.code === 'object-not-found';

export const objectUri = (full: string): string => `/o/${encodeURIComponent(full)}`;

/** True for text that Cloud Storage could have given as a generation. */
export const isGeneration = (revision: string): boolean => /^[1-9]\d{0,18}$/.test(revision);

function customMetadata(metadata: FileMetadata['metadata']): Record<string, string> {
  const entries = Object.entries(metadata ?? {}).filter(([key, value]) => key !== WRITE_TOKEN && value !== null);
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

function parse(metadata: FileMetadata, prefix: string): GcsObject {
  const { name = '', generation, size, contentType, crc32c } = metadata;
  const token = metadata.metadata?.[WRITE_TOKEN];
  return {
    object: {
      name: name.slice(prefix.length),
      size: Number(size ?? 0),
      revision: String(generation ?? ''),
      contentType: contentType ?? 'application/octet-stream',
      metadata: customMetadata(metadata.metadata),
    },
    crc32c: crc32c ?? '',
    token: typeof token === 'string' ? token : undefined,
  };
}

async function connect(connection: GcsConnection): Promise<Client> {
  if (connection.client !== undefined) return connection.client;
  const { Storage } = await import('@google-cloud/storage');
  return withoutVariable(
    'STORAGE_EMULATOR_HOST',
    () =>
      new Storage({
        ...(connection.projectId === undefined ? {} : { projectId: connection.projectId }),
        ...(connection.apiEndpoint === undefined ? {} : { apiEndpoint: connection.apiEndpoint }),
        // storage 8.4 switches its own repeats off for the whole client after one write without a precondition; ours are in calls.ts.
        retryOptions: { autoRetry: false },
      }),
  );
}

/** The bucket below `prefix`, connected at first use. */
export function openBucket(connection: GcsConnection, prefix: string, rules: CallRules): GcsBucket {
  const name = connection.bucket;
  let connected: Promise<Bucket> | undefined;
  const bucket = (): Promise<Bucket> => {
    connected ??= connect(connection).then((client) => client.bucket(name));
    return connected;
  };
  const json = async <T>(request: JsonRequest, permission: string): Promise<T> => {
    const opened = await bucket();
    const { method = 'GET', uri, qs, json: body } = request;
    return new Promise<T>((resolve, reject) => {
      const options = { method, uri, maxRetries: 0, ...(qs && { qs: { ...qs } }), ...(body && { json: { ...body } }) };
      opened.request(options, (error, answer) => {
        if (error) reject(gcsError(error, { bucket: name, permission }));
        else resolve(answer as T);
      });
    });
  };
  const ask = <T>(request: JsonRequest, permission: string, signal?: AbortSignal): Promise<T> => {
    const place = { bucket: name, permission };
    const run = (): Promise<T> => json<T>(request, permission);
    return call(run, { rules, signal, classify: (error) => gcsError(error, place), late: () => gcsLate(place) });
  };
  const full = (short: string): string => prefix + short;
  return {
    name,
    rules,
    bucket,
    full,
    json,
    ask,
    crc32c: async () => new (await import('@google-cloud/storage')).CRC32C(),
    parse: (metadata) => parse(metadata, prefix),
    async head(short, signal, generation) {
      const qs = generation === undefined ? {} : { generation };
      try {
        const found = await ask<FileMetadata>({ uri: objectUri(full(short)), qs }, 'storage.objects.get', signal);
        return parse(found, prefix);
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
  };
}
