import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { ReelstateError } from '../../core/errors.ts';
import type { Signalled, StoredObject } from '../../core/ports.ts';
import type { GcsBucket } from './gcs-bucket.ts';
import { isGeneration } from './gcs-bucket.ts';
import { readObject } from './gcs-read.ts';

/** Fetches into `{path}.{random}.part`, checks size and crc32c, then renames: `path` is never half-written. */
export async function downloadObject(
  bucket: GcsBucket,
  name: string,
  path: string,
  options: { readonly revision?: string } & Signalled,
): Promise<StoredObject> {
  const { revision, signal } = options;
  const known =
    revision === undefined || isGeneration(revision) ? await bucket.head(name, signal, revision) : undefined;
  if (known === undefined)
    throw new ReelstateError('permanent', `There is no object ${name} (at that revision).`, {
      code: 'object-not-found',
    });
  const part = `${path}.${randomUUID()}.part`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const file = await open(part, 'wx');
      try {
        let size = 0;
        const sum = await bucket.crc32c();
        for await (const chunk of readObject(bucket, name, { revision: known.object.revision, signal })) {
          await file.writeFile(chunk);
          sum.update(chunk);
          size += chunk.length;
        }
        if (size !== known.object.size || sum.toString() !== known.crc32c)
          throw new ReelstateError('retryable', `The download of ${name} is not what the bucket holds.`, {
            code: 'storage-corrupt',
          });
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
      return known.object;
    } catch (error) {
      await rm(part, { force: true });
      const corrupt = ReelstateError.is(error) && error.code === 'storage-corrupt';
      if (!corrupt || attempt >= bucket.rules.attempts) throw error;
    }
  }
}
