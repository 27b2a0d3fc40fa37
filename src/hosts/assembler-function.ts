import { engineOf } from '../core/pipeline.ts';
import type { Film } from '../core/view.ts';
import type { FinalizedObject } from './cloud-event.ts';
import { type FunctionContext, filmKnowing, filmOfName, findFilm, isLive, namedFilm, readCall } from './context.ts';
import { acknowledged, type Handler, json, Refusal } from './http.ts';
import { tickAndNudge } from './monitor-function.ts';
import { startFromScript } from './uploaded-script.ts';

const BLOCK = /^[^/]+\/block_[1-9]\d*\.mp4$/;

/** Whether the film is one of ours; beside an old monitor a block is how we hear of a film for the first time. */
async function isOurs({ films, defaults, logger }: FunctionContext, videoId: string, object: FinalizedObject) {
  const { owns } = engineOf(films).settings;
  // A block of another program's is in no save of ours.
  const film = owns.monitor ? await filmKnowing(films, videoId, object) : await findFilm(films, videoId);
  if (film !== undefined) return true;
  if (owns.monitor) return false;
  return (await startFromScript(films, videoId, defaults, logger)) === 'started';
}

async function advance({ films, advanceMs, nudges }: FunctionContext, videoId: string): Promise<Film> {
  const film = await films.advance(videoId, { budgetMs: advanceMs });
  await nudges.film(videoId);
  return film;
}

/** Any block wakes the assembler for what can be done by then; whether that is the final cut only the film's state says. */
async function onObject(context: FunctionContext, object: FinalizedObject): Promise<Response> {
  const videoId = filmOfName(object.name);
  if (videoId === undefined || !BLOCK.test(object.name) || !(await isLive(context.films, object)))
    return acknowledged();
  if (await isOurs(context, videoId, object)) await advance(context, videoId);
  return acknowledged();
}

async function onRequest(context: FunctionContext, videoId: string): Promise<Response> {
  if ((await findFilm(context.films, videoId)) === undefined) throw new Refusal(404, 'film-not-found');
  const film = await advance(context, videoId);
  const total = film.blocks.length;
  const answer = { video_id: videoId, final_url: null, total_blocks: total };
  if (film.status === 'completed') {
    const shown = film.output.partial ? film.blocks.filter(({ status }) => status === 'accepted').length : total;
    return json(200, { ...answer, status: 'success', final_url: film.output.uri, total_blocks: shown });
  }
  if (film.status === 'failed') return json(500, { ...answer, status: 'error', code: film.error.code });
  if (film.blocks.at(-1)?.status !== 'accepted') throw new Refusal(404, 'last-block-missing');
  return json(200, { ...answer, status: 'processing' });
}

/** Storage events (a block), `POST {"video_id"}`, or its own scheduler job's `POST {"tick": true}`. */
export function assemblerFunction(context: FunctionContext): Handler {
  return async (request) => {
    const call = await readCall(request, context.bucket);
    if (call.kind === 'ignored') return acknowledged();
    if (call.kind === 'object') return onObject(context, call.object);
    if (call.fields.tick === true) {
      const { checked, processed } = await tickAndNudge(context);
      return json(200, { status: 'ok', checked, processed });
    }
    return onRequest(context, namedFilm(call.fields));
  };
}
