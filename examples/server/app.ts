/** A web service around one pipeline: films are asked for, shown, watched and commanded; whoever asks owns what they asked for. */
import { Hono } from 'hono';
import { type Command, type CreateInput, type Pipeline, ReelstateError } from 'reelstate';
import { createVideos } from 'reelstate/hosts';

/** Who a request is from; undefined: nobody that we know. Yours goes by a session or a token. */
export type UserOf = (request: Request) => string | undefined;

/** Codes of `create` and `send` that the person can do something about. */
const statusOf = (error: unknown): 400 | 404 | 409 | 503 => {
  if (!ReelstateError.is(error)) return 503;
  if (error.code === 'film-not-found') return 404;
  if (error.code === 'film-exists' || error.code === 'command-not-applicable' || error.code === 'price-not-confirmed')
    return 409;
  return error.kind === 'permanent' ? 400 : 503;
};

export function createApp(films: Pipeline, userOf: UserOf): Hono {
  const app = new Hono();
  const videos = createVideos({
    films,
    authorize: (request, film) => film.owner === userOf(request),
    linkMs: 3_600_000,
  });

  app.onError((error, context) => {
    const { code, cure } = ReelstateError.is(error) ? error : { code: 'failed', cure: undefined };
    return context.json({ code, cure }, statusOf(error));
  });

  app.post('/videos', async (context) => {
    const owner = userOf(context.req.raw);
    if (owner === undefined) return context.json({ code: 'unauthenticated' }, 401);
    const { theme, durationSeconds, language } = await context.req.json<CreateInput>();
    const film = await films.create({
      owner,
      ...(theme === undefined ? {} : { theme }),
      ...(durationSeconds === undefined ? {} : { durationSeconds }),
      ...(language === undefined ? {} : { language }),
    });
    return context.json(film, 202);
  });

  app.post('/videos/:id/commands', async (context) => {
    const film = await films.get(context.req.param('id'));
    if (film.owner !== userOf(context.req.raw)) return context.json({ code: 'film-not-found' }, 404);
    // The same Idempotency-Key again changes nothing.
    const id = context.req.header('idempotency-key');
    return context.json(
      await films.send(film.videoId, await context.req.json<Command>(), id === undefined ? {} : { id }),
    );
  });

  app.get('*', (context) => videos(context.req.raw));
  return app;
}
