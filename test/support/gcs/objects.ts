/** Buckets and objects of the loopback Cloud Storage: generations, checksums, preconditions, finalize events. */
import { createHash, randomUUID } from 'node:crypto';
import { CRC32C } from '@google-cloud/storage';
import type { GcsEvent, Item, Resource } from './protocol.ts';
import { HttpError, noBucket, noObject } from './protocol.ts';

export function checkName(name: string): void {
  const bytes = Buffer.byteLength(name);
  const bad = bytes < 1 || bytes > 1024 || /[\r\n]/.test(name) || name === '.' || name === '..';
  if (bad || name.startsWith('.well-known/acme-challenge/'))
    throw new HttpError(400, 'invalid', 'Invalid object name.');
}

export function checkPreconditions(query: URLSearchParams, item: Item | undefined): void {
  const unmet = (): HttpError =>
    new HttpError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');
  const match = query.get('ifGenerationMatch');
  if (match !== null && match !== (item?.generation ?? '0')) throw unmet();
  const notMatch = query.get('ifGenerationNotMatch');
  if (notMatch !== null && notMatch === (item?.generation ?? '0')) throw unmet();
  const meta = query.get('ifMetagenerationMatch');
  if (meta !== null && meta !== String(item?.metageneration ?? 0)) throw unmet();
}

/** All numbers are strings on the wire. */
export const resourceOf = (item: Item): Record<string, unknown> => ({
  kind: 'storage#object',
  id: `${item.bucket}/${item.name}/${item.generation}`,
  bucket: item.bucket,
  name: item.name,
  generation: item.generation,
  metageneration: String(item.metageneration),
  size: String(item.bytes.length),
  contentType: item.contentType,
  md5Hash: item.md5Hash,
  crc32c: item.crc32c,
  etag: Buffer.from(`${item.generation}/${item.metageneration}`).toString('base64'),
  storageClass: 'STANDARD',
  timeCreated: item.timeCreated,
  updated: item.timeCreated,
  ...(Object.keys(item.metadata).length > 0 ? { metadata: item.metadata } : {}),
});

const eventOf = (item: Item): GcsEvent => ({
  id: randomUUID(),
  source: `//storage.googleapis.com/projects/_/buckets/${item.bucket}`,
  specversion: '1.0',
  type: 'google.cloud.storage.object.v1.finalized',
  datacontenttype: 'application/json',
  subject: `objects/${item.name}`,
  time: item.timeCreated,
  bucket: item.bucket,
  data: resourceOf(item),
});

function sumsOf(bytes: Buffer, claimed: Resource): { readonly crc32c: string; readonly md5Hash: string } {
  const sum = new CRC32C();
  sum.update(bytes);
  const crc32c = sum.toString();
  const md5Hash = createHash('md5').update(bytes).digest('base64');
  const wrong = (what: string, given: string, found: string): HttpError =>
    new HttpError(400, 'invalid', `Provided ${what} "${given}" doesn't match calculated ${what} "${found}".`);
  if (claimed.crc32c !== undefined && claimed.crc32c !== crc32c) throw wrong('CRC32C', claimed.crc32c, crc32c);
  if (claimed.md5Hash !== undefined && claimed.md5Hash !== md5Hash) throw wrong('MD5 hash', claimed.md5Hash, md5Hash);
  return { crc32c, md5Hash };
}

export interface Objects {
  readonly buckets: Map<string, Map<string, Item>>;
  bucket(name: string): Map<string, Item>;
  find(bucket: string, name: string, query: URLSearchParams): Item;
  store(bucket: string, name: string, bytes: Buffer, resource: Resource): Item;
}

export function createObjects(names: readonly string[], onFinalize: ((event: GcsEvent) => void) | undefined): Objects {
  const buckets = new Map<string, Map<string, Item>>(names.map((name) => [name, new Map()]));
  // Generations are microseconds, and no two are equal.
  let generation = Date.now() * 1000;
  const bucket = (name: string): Map<string, Item> => {
    const found = buckets.get(name);
    if (found === undefined) throw noBucket();
    return found;
  };
  return {
    buckets,
    bucket,
    find(bucketName, name, query) {
      const item = bucket(bucketName).get(name);
      const wanted = query.get('generation') ?? query.get('sourceGeneration');
      if (item === undefined || (wanted !== null && wanted !== item.generation)) throw noObject(bucketName, name);
      return item;
    },
    store(bucketName, name, bytes, resource) {
      const target = bucket(bucketName);
      checkName(name);
      const sums = sumsOf(bytes, resource);
      generation += 1;
      const item: Item = {
        bucket: bucketName,
        name,
        bytes,
        generation: String(generation),
        metageneration: 1,
        ...sums,
        timeCreated: new Date().toISOString(),
        contentType: resource.contentType ?? 'application/octet-stream',
        metadata: { ...resource.metadata },
      };
      target.set(name, item);
      onFinalize?.(eventOf(item));
      return item;
    },
  };
}
