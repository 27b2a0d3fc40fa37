import { randomUUID } from 'node:crypto';
import type { FileMetadata } from '@google-cloud/storage';
import { ReelstateError } from '../../core/errors.ts';
import type { PutOptions, StoredObject } from '../../core/ports.ts';
import { call } from './calls.ts';
import type { GcsBucket } from './gcs-bucket.ts';
import { isGeneration, objectUri, WRITE_TOKEN } from './gcs-bucket.ts';
import { gcsError, gcsLate } from './gcs-errors.ts';
import { generationMatch } from './gcs-write.ts';

interface RewriteAnswer {
  readonly done?: boolean;
  readonly rewriteToken?: string;
  readonly resource?: FileMetadata;
}

const gone = (name: string): ReelstateError =>
  new ReelstateError('permanent', `There is no object ${name} at that revision.`, { code: 'object-not-found' });

/**
 * Copies inside Cloud Storage. The rewrite loop is ours: that of the client (storage 8.4) drops the precondition and the metadata after
 * the first part.
 */
export async function copyObject(
  bucket: GcsBucket,
  from: { readonly name: string; readonly revision: string },
  to: string,
  options: PutOptions,
): Promise<StoredObject> {
  const { signal } = options;
  const ifGenerationMatch = generationMatch(to, options.ifRevision);
  if (!isGeneration(from.revision)) throw gone(from.name);
  // A rewrite with a body keeps nothing of the source's metadata, so what the caller left out is read from there.
  const source = await bucket.head(from.name, signal, from.revision);
  if (source === undefined) throw gone(from.name);
  const token = randomUUID();
  const place = { bucket: bucket.name, permission: 'storage.objects.create' };
  const json = {
    contentType: options.contentType ?? source.object.contentType,
    metadata: { ...(options.metadata ?? source.object.metadata), [WRITE_TOKEN]: token },
  };
  const target = `b/${bucket.name}/o/${encodeURIComponent(bucket.full(to))}`;
  const uri = `${objectUri(bucket.full(from.name))}/rewriteTo/${target}`;
  const qs = { sourceGeneration: from.revision, ifGenerationMatch };
  const ours = async (inner: AbortSignal | undefined): Promise<StoredObject | undefined> => {
    const found = await bucket.head(to, inner);
    const same = found?.token === token && found.crc32c === source.crc32c && found.object.size === source.object.size;
    return same ? found.object : undefined;
  };
  const rewrite = async (): Promise<StoredObject> => {
    let rewriteToken: string | undefined;
    for (;;) {
      const step = rewriteToken === undefined ? qs : { ...qs, rewriteToken };
      const answer = await bucket.json<RewriteAnswer>({ method: 'POST', uri, qs: step, json }, place.permission);
      if (answer.resource !== undefined && answer.done !== false) return bucket.parse(answer.resource).object;
      rewriteToken = answer.rewriteToken;
      if (rewriteToken === undefined)
        throw new ReelstateError('retryable', 'The copy did not end.', { code: 'storage-unavailable' });
    }
  };
  const attempt = async (inner: AbortSignal, number: number): Promise<StoredObject> => {
    const already = number > 1 ? await ours(inner) : undefined;
    if (already !== undefined) return already;
    try {
      return await rewrite();
    } catch (error) {
      const failure = gcsError(error, place);
      const found = failure.code === 'precondition-failed' ? await ours(inner) : undefined;
      if (found !== undefined) return found;
      throw failure;
    }
  };
  const classify = (error: unknown): ReelstateError => gcsError(error, place);
  const timeoutMs = bucket.rules.timeoutMs * 4;
  try {
    return await call(attempt, { rules: { ...bucket.rules, timeoutMs }, signal, classify, late: () => gcsLate(place) });
  } catch (error) {
    const open = ReelstateError.is(error) && error.kind === 'retryable' && error.effect === 'unknown';
    const found = open ? await ours(signal).catch(() => undefined) : undefined;
    if (found !== undefined) return found;
    throw error;
  }
}
