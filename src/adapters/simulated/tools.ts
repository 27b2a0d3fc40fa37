/** Absolute path of an ffmpeg, or how to find one. */
export type FfmpegOption = string | (() => Promise<string>);

/** The option, else what `resolveFfmpeg` finds. */
export function findFfmpeg(option: FfmpegOption | undefined): () => Promise<string> {
  if (typeof option === 'string') return async () => option;
  return option ?? (async () => (await (await import('../ffmpeg/resolve.ts')).resolveFfmpeg()).ffmpeg);
}
