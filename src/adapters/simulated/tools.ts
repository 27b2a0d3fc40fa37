import { ReelstateError } from '../../core/errors.ts';

/** Absolute path of an ffmpeg, or how to find one. */
export type FfmpegOption = string | (() => Promise<string>);

/** The option, else what `resolveFfmpeg` finds. */
export function findFfmpeg(option: FfmpegOption | undefined): () => Promise<string> {
  if (typeof option === 'string') return async () => option;
  return option ?? (async () => (await (await import('../ffmpeg/resolve.ts')).resolveFfmpeg()).ffmpeg);
}

/** Nothing was sent yet. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new ReelstateError('cancelled', 'The call was aborted by its signal.', {
    code: 'aborted',
    effect: 'none',
    cause: signal.reason,
  });
}
