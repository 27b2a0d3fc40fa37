/** An object in our storage as a take's video. */
import { wholeObject } from './bytes.ts';
import { ReelstateError } from './errors.ts';
import { measureMp4 } from './mp4.ts';
import type { Signalled, Storage } from './ports.ts';
import type { TakeOutput } from './state.ts';

interface Pinned {
  readonly name: string;
  readonly revision: string;
  readonly size?: number;
}

/** Reads its headers, at that revision. Throws `unusable-media` where its bytes are no video, and what the storage throws. */
export async function measured(storage: Storage, object: Pinned, options: Signalled = {}): Promise<TakeOutput> {
  const { name, revision, size } = object;
  const { durationMs, width, height, frames, hasAudio } = await measureMp4(wholeObject(storage, object), options);
  return { name, revision, ...(size === undefined ? {} : { size }), durationMs, width, height, frames, hasAudio };
}

/** The same; undefined where its bytes were read and are no video. A storage that cannot be read says nothing about them: it throws. */
export async function measuredIfVideo(
  storage: Storage,
  object: Pinned,
  options: Signalled = {},
): Promise<TakeOutput | undefined> {
  return measured(storage, object, options).catch((error) => {
    if (ReelstateError.is(error) && error.code === 'unusable-media') return undefined;
    throw error;
  });
}
