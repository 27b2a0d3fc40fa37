/** A film's events as log lines, each once, by the process whose save made them happen. */
import { toUsd } from '../core/ledger.ts';
import type { Logger, StateStore } from '../core/ports.ts';
import { type FilmEvent, type FilmState, takeOf } from '../core/state.ts';

const REMEMBERED = 2000;
/** An object's publication, a task's end: there are many, and the film's own events tell the story. */
const QUIET = new Set(['object-published', 'task-done', 'take-intended']);

function log(logger: Logger, film: FilmState, event: FilmEvent): void {
  const { type, block, take, detail } = event;
  const known = block === undefined || take === undefined ? undefined : takeOf(film, block, take);
  const fields = {
    videoId: film.videoId,
    event: type,
    ...(block === undefined ? {} : { block }),
    ...(take === undefined ? {} : { take }),
    ...(type === 'task-done' || type === 'task-retried' ? { step: detail?.split(/[:\s]/)[0] } : {}),
    ...(detail === undefined ? {} : { detail }),
    ...(known === undefined ? {} : { usd: toUsd(known.microUsd), charge: known.charge }),
  };
  const isBad = type === 'film-failed' || type === 'film-needs-input' || type === 'take-unknown';
  logger[isBad ? 'warn' : QUIET.has(type) ? 'debug' : 'info'](type, fields);
}

/** The same store; what its saves change about a film is logged with video id, block, take and cost. */
export function logEvents<State extends StateStore>(state: State, logger: Logger): State {
  const counts = new Map<string, number>();
  const remember = (videoId: string, count: number): void => {
    counts.delete(videoId);
    counts.set(videoId, count);
    const oldest = counts.size > REMEMBERED ? counts.keys().next().value : undefined;
    if (oldest !== undefined) counts.delete(oldest);
  };
  return {
    ...state,
    async load(videoId, options) {
      const stored = await state.load(videoId, options);
      if (stored) remember(videoId, (stored.state as unknown as FilmState).eventCount);
      return stored;
    },
    async save(request) {
      const film = request.state as unknown as FilmState;
      const before = counts.get(request.videoId) ?? (request.ifRevision === null ? 0 : film.eventCount);
      const saved = await state.save(request);
      for (const event of film.events) if (event.number > before) log(logger, film, event);
      remember(request.videoId, film.eventCount);
      return saved;
    },
  };
}
