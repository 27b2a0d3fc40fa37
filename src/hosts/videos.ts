/** A read API for whoever shows films: one film, its progress as server-sent events, the lengths that can be had. */
import { ReelstateError } from '../core/errors.ts';
import { toUsd } from '../core/ledger.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import { durationChoices } from '../core/plan.ts';
import type { Logger, VideoModel } from '../core/ports.ts';
import type { FilmView } from '../core/view.ts';
import { type Handler, json, Refusal, refuse, safely } from './http.ts';

/** What the read API is made with. */
export interface VideosOptions {
  /** The pipeline whose films are shown. */
  readonly films: Pipeline;
  /** Whether this caller may see this film: compare the film's owner with who the request is from. A no looks like an unknown film. */
  readonly authorize: (request: Request, film: FilmView) => boolean | Promise<boolean>;
  /** Whose lengths and prices `GET /durations` gives. @default the pipeline's own video vendor's */
  readonly model?: VideoModel;
  /** Adds a link to a finished film, valid so long, where the storage can make one. @default no link */
  readonly linkMs?: number;
  /** A comment line on a quiet stream, so that proxies keep it open. @default 15000 */
  readonly keepAliveMs?: number;
  /** Where the API says what it does. */
  readonly logger?: Logger;
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const KEEP_ALIVE_MS = 15_000;

function durations(model: VideoModel | undefined): Response {
  if (model === undefined) return refuse(404, 'model-unknown');
  const choices = durationChoices(model).map(({ microUsd, ...choice }) => ({ ...choice, usd: toUsd(microUsd) }));
  return json(200, { model: model.id, asOf: model.asOf, durations: choices }, { 'cache-control': 'max-age=3600' });
}

async function link({ films, linkMs }: VideosOptions, film: FilmView): Promise<{ readonly url?: string }> {
  const { storage } = engineOf(films).ports;
  if (film.status !== 'completed' || linkMs === undefined || storage.publicUrl === undefined) return {};
  const { name, revision } = film.output;
  return { url: await storage.publicUrl(name, { expiresMs: linkMs, revision }) };
}

/** `id:` is the event's number, so that a browser that reconnects goes on where it was. */
function stream({ films, keepAliveMs = KEEP_ALIVE_MS }: VideosOptions, videoId: string, request: Request): Response {
  const given = Number(request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('after') ?? 0);
  const after = Number.isSafeInteger(given) && given > 0 ? given : 0;
  const stop = new AbortController();
  const signal = AbortSignal.any([request.signal, stop.signal]);
  const utf8 = new TextEncoder();
  let timer: ReturnType<typeof setInterval> | undefined;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string): void => controller.enqueue(utf8.encode(text));
      timer = setInterval(() => send(': still here\n\n'), keepAliveMs);
      try {
        send('retry: 2000\n\n');
        for await (const event of films.watch(videoId, { after, signal }))
          send(`id: ${event.number}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
        // The film rests: a browser that is told so closes the stream instead of reconnecting.
        if (!signal.aborted)
          send(`event: end\ndata: ${JSON.stringify({ status: (await films.get(videoId)).status })}\n\n`);
      } catch {
        // The stream ends; whoever listens reconnects, and the film's state is asked for again.
      } finally {
        clearInterval(timer);
        if (!stop.signal.aborted) controller.close();
      }
    },
    cancel() {
      clearInterval(timer);
      stop.abort();
    },
  });
  const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
  return new Response(body, { headers });
}

/** The film, where it is there and the caller may see it: else it is not there, for the caller. */
async function visible({ films, authorize }: VideosOptions, request: Request, videoId: string): Promise<FilmView> {
  const film = await films.get(videoId).catch((error: unknown) => {
    if (
      ReelstateError.is(error) &&
      error.kind === 'permanent' &&
      /^(film-not-found|invalid-video-id)$/.test(error.code)
    )
      return undefined;
    throw error;
  });
  if (film !== undefined && (await authorize(request, film))) return film;
  throw new Refusal(404, 'film-not-found');
}

/** `GET /videos/{id}`, `GET /videos/{id}/events`, `GET /durations`. */
export function createVideos(options: VideosOptions): Handler {
  const { films, logger = silent } = options;
  const model = options.model ?? engineOf(films).ports.video?.model;
  return (request) =>
    safely(logger, 'videos', async () => {
      if (request.method !== 'GET') throw new Refusal(405, 'method-not-allowed');
      const { pathname } = new URL(request.url);
      if (pathname === '/durations') return durations(model);
      const [, videoId, events] = /^\/videos\/([^/]+)(\/events)?$/.exec(pathname) ?? [];
      if (videoId === undefined) throw new Refusal(404, 'not-found');
      const film = await visible(options, request, videoId);
      if (events !== undefined) return stream(options, film.videoId, request);
      return json(200, { ...film, ...(await link(options, film)) });
    });
}
