import { ReelstateError } from '../../core/errors.ts';
import { withDeadline } from './calls.ts';
import type { GcsBucket } from './gcs-bucket.ts';
import { gcsError, gcsLate } from './gcs-errors.ts';

/** Links signed without a key file may die after 12 hours, when Google changes its keys, whatever expiry they state. */
export const LONGEST_LINK_MS = 12 * 60 * 60 * 1000;

const cannotSign = (bucket: string, cause: unknown): ReelstateError =>
  new ReelstateError('permanent', `The credentials cannot sign links to gs://${bucket}.`, {
    code: 'signing-denied',
    cure: 'Give the service account roles/iam.serviceAccountTokenCreator on itself (the call needs iam.serviceAccounts.signBlob).',
    cause,
  });

/** A V4 signed URL for reading exactly this generation; at most 12 hours, whatever is asked. */
export async function signedUrl(
  bucket: GcsBucket,
  name: string,
  options: { readonly revision: string; readonly expiresMs: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  const place = { bucket: bucket.name, permission: 'iam.serviceAccounts.signBlob' };
  const file = (await bucket.bucket()).file(bucket.full(name), { generation: options.revision });
  const expires = Date.now() + Math.min(options.expiresMs, LONGEST_LINK_MS);
  const sign = async (): Promise<string> => {
    const [url] = await file.getSignedUrl({ version: 'v4', action: 'read', expires });
    return url;
  };
  try {
    return await withDeadline(sign, bucket.rules.timeoutMs, options.signal, () => gcsLate(place));
  } catch (error) {
    if (ReelstateError.is(error)) throw error;
    const failure = gcsError(error, place);
    const text = error instanceof Error ? error.message : '';
    // The client's SigningError keeps nothing of its cause but the text.
    const passing = /\b(429|5\d\d)\b|ECONN|ETIMEDOUT|EAI_AGAIN|ENOTFOUND|socket|network/i.test(text);
    const isSigning =
      (error instanceof Error && error.name === 'SigningError') || /client_email|sign data|credentials/i.test(text);
    const definite = failure.kind === 'permanent' || (isSigning && !passing);
    throw definite ? cannotSign(bucket.name, error) : failure;
  }
}
