import { ReelstateError } from '../core/errors.ts';
import { checkVideoId } from '../core/paths.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { Logger } from '../core/ports.ts';
import type { FilmState } from '../core/state.ts';
import { type FinalizedObject, finalizedObject, isCloudEvent, parseCloudEvent } from './cloud-event.ts';
import { parseObject, Refusal, readBody } from './http.ts';
import type { Nudger } from './nudge.ts';
import type { FilmDefaults } from './uploaded-script.ts';

/** What the four handlers are made of. */
export interface FunctionContext {
  readonly films: Pipeline;
  readonly bucket: string;
  readonly defaults: FilmDefaults;
  readonly tickMs: number;
  readonly advanceMs: number;
  readonly logger: Logger;
  readonly nudges: Nudger;
}

/** Bytes of a request of people and of functions; Eventarc's own limit for events is 512 KB. */
export const MAX_REQUEST = 16 * 1024;
export const MAX_EVENT = 512 * 1024;

/** An event about an object of ours, an event to be acknowledged and forgotten, or a request's fields. */
export type Call =
  | { readonly kind: 'object'; readonly object: FinalizedObject }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'request'; readonly fields: Readonly<Record<string, unknown>> };

/** Reads an event or a request. Throws `Refusal` 400 and 413. */
export async function readCall(request: Request, bucket: string): Promise<Call> {
  if (!isCloudEvent(request)) return { kind: 'request', fields: parseObject(await readBody(request, MAX_REQUEST)) };
  const event = parseCloudEvent(request, await readBody(request, MAX_EVENT));
  const object = finalizedObject(event, bucket);
  return object === undefined ? { kind: 'ignored' } : { kind: 'object', object };
}

/** The film that a request names. Throws `Refusal` 400. */
export function namedFilm(fields: Readonly<Record<string, unknown>>): string {
  if (typeof fields.video_id !== 'string' || fields.video_id === '') throw new Refusal(400, 'video-id-missing');
  return checkVideoId(fields.video_id);
}

/** The video id that an object's name begins with; undefined where it could be none. */
export function filmOfName(name: string): string | undefined {
  try {
    return checkVideoId(name.split('/')[0] ?? '');
  } catch (error) {
    if (ReelstateError.is(error)) return undefined;
    throw error;
  }
}

/** Whether the bucket still shows what an event speaks of: one about an overwritten or deleted object is stale. */
export async function isLive(films: Pipeline, { name, generation }: FinalizedObject): Promise<boolean> {
  const there = await engineOf(films).ports.storage.head(name);
  return there?.revision === generation;
}

export const findFilm = async (films: Pipeline, videoId: string): Promise<FilmState | undefined> =>
  (await engineOf(films).films.find(videoId))?.film;
