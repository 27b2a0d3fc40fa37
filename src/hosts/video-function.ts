import { isFixed } from '../core/blocks.ts';
import { parseTakeObject, paths } from '../core/paths.ts';
import { engineOf } from '../core/pipeline.ts';
import type { FilmState } from '../core/state.ts';
import type { FinalizedObject } from './cloud-event.ts';
import { type FunctionContext, filmKnowing, filmOfName, findFilm, isLive, namedFilm, readCall } from './context.ts';
import { acknowledged, type Handler, json, Refusal } from './http.ts';
import { startFromScript } from './uploaded-script.ts';

/** A vendor's result; the port knows its own pattern better. */
const RESULT = /\/sample_\d+\.mp4$/;

/** Why an object makes this function look at a film. */
function reasonOf(
  videoId: string,
  { name }: FinalizedObject,
  outputs: RegExp,
): 'script' | 'take' | 'frame' | undefined {
  if (name === paths.script(videoId)) return 'script';
  if (parseTakeObject(name) !== undefined && outputs.test(name)) return 'take';
  // The first frame of the next chain, cut out by the assembler.
  return name.startsWith(`${videoId}/frames/`) ? 'frame' : undefined;
}

async function onObject(context: FunctionContext, object: FinalizedObject): Promise<Response> {
  const { films, defaults, advanceMs, logger, nudges } = context;
  const videoId = filmOfName(object.name);
  const reason = videoId && reasonOf(videoId, object, engineOf(films).ports.video?.outputs ?? RESULT);
  if (videoId === undefined || reason === undefined || !(await isLive(films, object))) return acknowledged();
  const isPublished = reason !== 'take' && engineOf(films).settings.owns.script;
  const film = isPublished ? await filmKnowing(films, videoId, object) : await findFilm(films, videoId);
  if (film === undefined) {
    const started = reason === 'script' ? await startFromScript(films, videoId, defaults, logger) : 'no-script';
    if (started !== 'started') {
      logger.warn('event of an unknown film ignored', { videoId, reason: started });
      return acknowledged();
    }
  }
  const hint = { object: object.name, generation: object.generation };
  await films.advance(videoId, { budgetMs: advanceMs, ...(reason === 'take' ? { hint } : {}) });
  await nudges.film(videoId);
  return acknowledged();
}

/** The lowest unfinished block and the operation that makes it. */
function current(film: FilmState) {
  const open = film.blocks.find(({ block }) => !isFixed(film, block)) ?? film.blocks.at(-1);
  const take = open?.takes.findLast(({ operation }) => operation !== undefined);
  return { block: open?.block ?? 0, operation: take?.operation ?? null };
}

const MESSAGES: Readonly<Record<FilmState['status'], string>> = {
  running: 'The block is being made.',
  'needs-input': 'The film waits for a person.',
  completed: 'The film is completed.',
  cancelled: 'The film was cancelled.',
  failed: 'The film failed.',
};

function answerOf(before: FilmState, film: FilmState): Response {
  const { block, operation } = current(film);
  const answer = {
    video_id: film.videoId,
    operation_name: operation,
    current_block: block,
    total_blocks: film.plan.length,
  };
  if (film.status === 'failed') return json(500, { status: 'error', ...answer, code: film.failure?.code ?? 'failed' });
  const isNew = operation !== null && operation !== current(before).operation;
  return json(200, { status: isNew ? 'success' : 'processing', ...answer, message: MESSAGES[film.status] });
}

async function onRequest(context: FunctionContext, videoId: string): Promise<Response> {
  const { films, defaults, advanceMs, logger, nudges } = context;
  if ((await findFilm(films, videoId)) === undefined) {
    const started = await startFromScript(films, videoId, defaults, logger);
    if (started === 'no-script') throw new Refusal(404, 'script-missing');
    if (started === 'no-blocks' || started === 'bad-script') throw new Refusal(400, 'script-without-blocks');
  }
  const before = await findFilm(films, videoId);
  await films.advance(videoId, { budgetMs: advanceMs });
  const film = await findFilm(films, videoId);
  if (before === undefined || film === undefined) throw new Refusal(404, 'film-not-found');
  await nudges.film(videoId);
  return answerOf(before, film);
}

/** Storage events (a script, a take's result), or `POST {"video_id"}`. */
export function videoFunction(context: FunctionContext): Handler {
  return async (request) => {
    const call = await readCall(request, context.bucket);
    if (call.kind === 'ignored') return acknowledged();
    return call.kind === 'object' ? onObject(context, call.object) : onRequest(context, namedFilm(call.fields));
  };
}
