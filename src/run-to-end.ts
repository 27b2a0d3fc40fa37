import type { Pipeline } from './core/pipeline.ts';
import type { Clock } from './core/ports.ts';
import type { Film } from './core/view.ts';
import { systemClock } from './system-clock.ts';

/** How a film is run to its end. */
export interface RunOptions {
  /** Leaves: what was bought stays, another run goes on. */
  readonly signal?: AbortSignal;
  /** Called with each answer of `advance`. */
  readonly onAdvance?: (film: Film) => void;
  /** @default the machine's own time */
  readonly clock?: Clock;
}

// Another host's work shows in the state only: look for it now and then.
const LONGEST_SLEEP_MS = 30_000;
const SHORTEST_SLEEP_MS = 10;

/** Advances a film until it is done, fails or needs a person: for scripts, the CLI and tests. Rejects with the signal's reason. */
export async function runToEnd(
  films: Pick<Pipeline, 'advance'>,
  videoId: string,
  { signal, onAdvance, clock = systemClock() }: RunOptions = {},
): Promise<Exclude<Film, { readonly status: 'waiting' }>> {
  for (;;) {
    signal?.throwIfAborted();
    const film = await films.advance(videoId, signal === undefined ? {} : { signal });
    onAdvance?.(film);
    if (film.status !== 'waiting') return film;
    const wait = film.wakeAt - clock.now();
    await clock.sleep(Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, wait)), signal);
  }
}
