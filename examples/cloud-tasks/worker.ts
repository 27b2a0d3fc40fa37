/** What a task calls: `POST {"video_id"}` advances the film and asks for the next task. */
import type { Film, Pipeline } from 'reelstate';
import { type Auth, authenticated, type Handler } from 'reelstate/hosts';

export interface WorkerOptions {
  readonly films: Pipeline;
  readonly auth: Auth;
  readonly wake: (film: Extract<Film, { readonly status: 'waiting' }>) => Promise<void>;
}

/** `POST /films` begins one with `{"theme", "video_id"?}`; a task's `POST /` goes on with one. Anything but 2xx has the task come again. */
export function createWorker({ films, auth, wake }: WorkerOptions): Handler {
  return authenticated(auth, async (request) => {
    const { video_id: given, theme, ...more } = (await request.json()) as Record<string, string>;
    const isNew = new URL(request.url).pathname === '/films';
    const input = {
      ...more,
      ...(theme === undefined ? {} : { theme }),
      ...(given === undefined ? {} : { videoId: given }),
    };
    const videoId = isNew ? (await films.create(input)).videoId : (given ?? '');
    try {
      // Shorter than the task's own deadline, which ends what is still running.
      const film = await films.advance(videoId, { budgetMs: 300_000 });
      if (film.status === 'waiting') await wake(film);
      return Response.json({ video_id: videoId, status: film.status });
    } catch {
      return Response.json({ video_id: videoId, status: 'error' }, { status: 503 });
    }
  });
}
