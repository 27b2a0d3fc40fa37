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

/** How long an event waits for the state that it is ahead of, ms. */
const CATCH_UP_MS = 5000;
const LOOK_AGAIN_MS = 500;

/** Whether the state has what was published: its name under that revision, or the task that made it. */
function knows(film: FilmState, { name, generation }: FinalizedObject): boolean {
  if (film.status !== 'running' || film.published[name]?.revision === generation) return true;
  const outputs = Object.values(film.tasks).map(({ done }) => done?.output);
  return outputs.some(
    (output) => typeof output === 'object' && output !== null && 'name' in output && output.name === name,
  );
}

/**
 * The film of an event about an object that our functions publish. Its save comes after the object, and so may the event: for a few seconds the
 * film is looked at again, because nobody is told a second time.
 */
export async function filmKnowing(
  films: Pipeline,
  videoId: string,
  object: FinalizedObject,
): Promise<FilmState | undefined> {
  const { clock } = engineOf(films).ports;
  const startedAt = clock.monotonic();
  let film = await findFilm(films, videoId);
  while (film !== undefined && !knows(film, object) && clock.monotonic() - startedAt < CATCH_UP_MS) {
    await clock.sleep(LOOK_AGAIN_MS);
    film = await findFilm(films, videoId);
  }
  return film;
}
