import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { File, FileMetadata } from '@google-cloud/storage';
import { ReelstateError } from '../../core/errors.ts';
import type { PutOptions, Source, StoredObject } from '../../core/ports.ts';
import { call } from './calls.ts';
import type { GcsBucket, GcsObject } from './gcs-bucket.ts';
import { isGeneration, WRITE_TOKEN } from './gcs-bucket.ts';
import { gcsError, gcsLate } from './gcs-errors.ts';

/** Below this a file goes up in one request; above, in a resumable session. */
const RESUMABLE_FROM = 1024 * 1024;
/** The slowest upload that is worth waiting for, bytes per second; it lengthens an upload's deadline. */
const SLOWEST = 256 * 1024;

type Payload =
  | { readonly bytes: Buffer; readonly size: number; readonly crc32c: string }
  | { readonly path: string; readonly size: number; readonly crc32c: string };

const failed = (name: string): ReelstateError =>
  new ReelstateError('permanent', `The object ${name} is not at the expected revision.`, {
    code: 'precondition-failed',
  });

/** `ifRevision` in Cloud Storage's terms; 0 means that there must be none. */
export function generationMatch(name: string, ifRevision: string | null): string | number {
  if (ifRevision === null) return 0;
  if (!isGeneration(ifRevision)) throw failed(name);
  return ifRevision;
}

async function payloadOf(
  bucket: GcsBucket,
  body: string | Uint8Array | Source,
  signal: AbortSignal | undefined,
): Promise<Payload> {
  const sum = await bucket.crc32c();
  const inMemory = (bytes: Buffer): Payload => {
    sum.update(bytes);
    return { bytes, size: bytes.length, crc32c: sum.toString() };
  };
  if (typeof body === 'string') return inMemory(Buffer.from(body));
  if (body instanceof Uint8Array) return inMemory(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  if (body.path === undefined) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.open(signal === undefined ? {} : { signal })) chunks.push(chunk);
    return inMemory(Buffer.concat(chunks));
  }
  const { size } = await stat(body.path);
  if (size < RESUMABLE_FROM) return inMemory(await readFile(body.path));
  for await (const chunk of createReadStream(body.path, { signal })) sum.update(chunk as Buffer);
  return { path: body.path, size, crc32c: sum.toString() };
}

/** One session per `put`: a broken one is asked how far it got, and only the rest is sent again. */
interface Session {
  uri: string | undefined;
}

async function upload(
  file: File,
  payload: Payload,
  request: { readonly metadata: FileMetadata; readonly ifGenerationMatch: string | number; readonly session: Session },
  signal: AbortSignal,
): Promise<FileMetadata> {
  const { metadata, ifGenerationMatch, session } = request;
  // `validation: false`: the client deletes an object that fails its check without any precondition. The crc32c in the metadata makes the
  // server refuse it instead.
  const options = { metadata: { ...metadata }, preconditionOpts: { ifGenerationMatch }, validation: false, timeout: 0 };
  if ('bytes' in payload) await file.save(payload.bytes, { ...options, resumable: false });
  else {
    const continued = session.uri === undefined ? {} : { uri: session.uri };
    const target = file.createWriteStream({ ...options, ...continued, resumable: true });
    target.on('uri', (uri: string) => {
      session.uri = uri;
    });
    await pipeline(createReadStream(payload.path), target, { signal });
  }
  return file.metadata;
}

/** True where an object holds exactly what this call wrote. */
const isOurs = (
  found: GcsObject | undefined,
  token: string,
  payload: { readonly size: number; readonly crc32c: string },
): boolean =>
  found !== undefined && found.token === token && found.crc32c === payload.crc32c && found.object.size === payload.size;

/** Writes one object under a precondition; an answer that was lost is found by the write's token. */
export async function putObject(
  bucket: GcsBucket,
  name: string,
  body: string | Uint8Array | Source,
  options: PutOptions,
): Promise<StoredObject> {
  const { signal } = options;
  const ifGenerationMatch = generationMatch(name, options.ifRevision);
  const payload = await payloadOf(bucket, body, signal);
  const token = randomUUID();
  const place = { bucket: bucket.name, permission: 'storage.objects.create' };
  const classify = (error: unknown): ReelstateError => gcsError(error, place);
  const metadata: FileMetadata = {
    contentType: options.contentType ?? 'application/octet-stream',
    crc32c: payload.crc32c,
    metadata: { ...options.metadata, [WRITE_TOKEN]: token },
  };
  const ours = async (inner: AbortSignal | undefined): Promise<StoredObject | undefined> => {
    const found = await bucket.head(name, inner);
    return isOurs(found, token, payload) ? found?.object : undefined;
  };
  const session: Session = { uri: undefined };
  const opened = await bucket.bucket();
  const attempt = async (inner: AbortSignal, number: number): Promise<StoredObject> => {
    const already = number > 1 ? await ours(inner) : undefined;
    if (already !== undefined) return already;
    try {
      const file = opened.file(bucket.full(name));
      return bucket.parse(await upload(file, payload, { metadata, ifGenerationMatch, session }, inner)).object;
    } catch (error) {
      const failure = classify(error);
      const found = failure.code === 'precondition-failed' ? await ours(inner) : undefined;
      if (found !== undefined) return found;
      if (failure.code === 'upload-session-gone' || failure.code === 'object-not-found') session.uri = undefined;
      throw failure.code === 'precondition-failed' ? failed(name) : failure;
    }
  };
  const timeoutMs = bucket.rules.timeoutMs + (payload.size / SLOWEST) * 1000;
  try {
    return await call(attempt, { rules: { ...bucket.rules, timeoutMs }, signal, classify, late: () => gcsLate(place) });
  } catch (error) {
    const open = ReelstateError.is(error) && error.kind === 'retryable' && error.effect === 'unknown';
    const found = open ? await ours(signal).catch(() => undefined) : undefined;
    if (found !== undefined) return found;
    throw error;
  }
}
