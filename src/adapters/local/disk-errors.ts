import { type ErrorEffect, ReelstateError } from '../../core/errors.ts';

const FULL = 'The disk, a quota or a file size limit is used up.';
const DENIED = 'This user may not read or write there.';
const known: Readonly<Record<string, readonly [code: string, message: string, cure: string]>> = {
  ENOSPC: ['storage-full', FULL, 'Free some space, then resume the film: what is paid for is kept.'],
  EDQUOT: ['storage-full', FULL, 'Free some space, then resume the film: what is paid for is kept.'],
  EFBIG: ['storage-full', FULL, 'Raise the file size limit (`ulimit -f`), then resume the film.'],
  EACCES: ['storage-denied', DENIED, 'Choose another folder, or give this user write access to it.'],
  EPERM: ['storage-denied', DENIED, 'Choose another folder, or give this user write access to it.'],
  EROFS: ['storage-denied', 'That file system is read-only.', 'Choose a folder on a writable file system.'],
  ENOTDIR: ['storage-not-a-folder', 'A part of the path is a file and not a folder.', 'Choose another folder.'],
  EISDIR: ['storage-not-a-folder', 'There is a folder where a file should be.', 'Choose another folder.'],
  ELOOP: [
    'storage-outside',
    'A symbolic link stands where a file or folder should be.',
    'Use a folder without symbolic links in it.',
  ],
};

/** What the file system said as an error that a person can act on: a full or forbidden disk is permanent, the unknown may be retried. */
export function diskError(error: unknown, what: string, effect?: ErrorEffect): ReelstateError {
  if (ReelstateError.is(error)) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const [name, message, cure] = known[code] ?? [];
  if (name !== undefined && message !== undefined && cure !== undefined) {
    return new ReelstateError('permanent', `${what}: ${message} (${code})`, {
      code: name,
      cure,
      cause: error,
      effect: effect ?? 'none',
    });
  }
  if ((error as Error).name === 'AbortError') return ReelstateError.from(error);
  return new ReelstateError('retryable', `${what}: the file system failed (${code || 'unknown'}).`, {
    code: 'storage-failed',
    cause: error,
    effect: effect ?? 'unknown',
  });
}
