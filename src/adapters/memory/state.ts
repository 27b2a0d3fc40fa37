import { throwIfAborted } from '../../core/bytes.ts';
import { badInput, ReelstateError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { CounterChange, FilmIndex, ListFilter, Role, SaveState, StateStore } from '../../core/ports.ts';

interface Kept {
  /** Text, not an object: what serialisation loses is lost in tests too. */
  readonly text: string;
  readonly revision: string;
  readonly wakes: Map<Role, number>;
  readonly index: FilmIndex;
}

interface Shelf {
  readonly films: Map<string, Kept>;
  readonly counters: Map<string, number>;
  readonly values: Map<string, string>;
  readonly watchers: Map<string, Set<() => void>>;
}

const conflict = (videoId: string) =>
  new ReelstateError('retryable', `The film "${videoId}" was changed by somebody else.`, {
    code: 'state-conflict',
    effect: 'none',
  });
const full = (key: string) =>
  new ReelstateError('throttled', `The counter "${key}" is at its limit.`, { code: 'counter-full', details: { key } });

/**
 * Film states in memory: an honest store (compare-and-swap, claims, counters with limits) that loses everything with the process.
 * States are kept as JSON text; revisions are random and never come back.
 */
export function memoryState(): StateStore {
  const shelf: Shelf = { films: new Map(), counters: new Map(), values: new Map(), watchers: new Map() };
  return {
    load: async (videoId, { signal } = {}) => {
      throwIfAborted(signal);
      const kept = shelf.films.get(videoId);
      return kept && { state: JSON.parse(kept.text) as JsonObject, revision: kept.revision };
    },
    save: async (request) => save(shelf, request),
    claimDue: async (request) => claimDue(shelf, request),
    list: async (filter, page) => list(shelf, filter, page),
    counters: {
      read: async (keys, { signal } = {}) => {
        throwIfAborted(signal);
        return keys.map((key) => shelf.counters.get(key) ?? 0);
      },
      change: async (changes, { signal } = {}) => {
        throwIfAborted(signal);
        count(shelf, changes);
      },
    },
    kv: {
      get: async (key, { signal } = {}) => {
        throwIfAborted(signal);
        const text = shelf.values.get(key);
        return text === undefined ? undefined : (JSON.parse(text) as Json);
      },
      set: async (key, value, { signal } = {}) => {
        throwIfAborted(signal);
        shelf.values.set(key, JSON.stringify(value));
      },
    },
    watch: (videoId, { signal }) => watch(shelf, videoId, signal),
    remove: async (videoId, { signal } = {}) => {
      throwIfAborted(signal);
      shelf.films.delete(videoId);
      notify(shelf, videoId);
    },
  };
}

function save(shelf: Shelf, request: SaveState): { revision: string } {
  throwIfAborted(request.signal);
  if (request.state === null || typeof request.state !== 'object' || Array.isArray(request.state)) {
    throw badInput('state-not-an-object', 'A film state has to be a JSON object.', 'Save what `evolve` returned.');
  }
  const text = JSON.stringify(request.state);
  if ((shelf.films.get(request.videoId)?.revision ?? null) !== request.ifRevision) throw conflict(request.videoId);
  count(shelf, request.counters ?? []);
  const revision = crypto.randomUUID();
  const wakes = new Map(Object.entries(request.wakes) as [Role, number][]);
  shelf.films.set(request.videoId, { text, revision, wakes, index: structuredClone(request.index) });
  notify(shelf, request.videoId);
  return { revision };
}

/** All or nothing: every limit is checked before any counter moves. */
function count(shelf: Shelf, changes: readonly CounterChange[]): void {
  const after = new Map<string, number>();
  for (const { key, add, limit } of changes) {
    const value = (after.get(key) ?? shelf.counters.get(key) ?? 0) + add;
    if (limit !== undefined && value > limit) throw full(key);
    after.set(key, value);
  }
  for (const [key, value] of after) shelf.counters.set(key, value);
}

function claimDue(shelf: Shelf, request: Parameters<StateStore['claimDue']>[0]): string[] {
  throwIfAborted(request.signal);
  const dueAt = ({ wakes }: Kept) =>
    Math.min(...request.roles.map((role) => wakes.get(role) ?? Number.POSITIVE_INFINITY));
  const due = [...shelf.films]
    .map(([videoId, kept]) => ({ videoId, kept, at: dueAt(kept) }))
    .filter(({ at }) => at <= request.now)
    .sort((a, b) => a.at - b.at)
    .slice(0, request.limit);
  for (const { kept } of due) {
    for (const role of request.roles) {
      if ((kept.wakes.get(role) ?? Number.POSITIVE_INFINITY) <= request.now) {
        kept.wakes.set(role, request.now + request.leaseMs);
      }
    }
  }
  return due.map(({ videoId }) => videoId);
}

function list(
  shelf: Shelf,
  filter: ListFilter,
  page: { readonly limit: number; readonly after?: string; readonly signal?: AbortSignal | undefined },
): { videoIds: string[]; next?: string } {
  throwIfAborted(page.signal);
  const wanted = ([, { index }]: [string, Kept]) =>
    (filter.status === undefined || index.status === filter.status) &&
    (filter.owner === undefined || index.owner === filter.owner) &&
    Object.entries(filter.metadata ?? {}).every(([key, value]) => index.metadata[key] === value);
  const place = ([videoId, { index }]: [string, Kept]) => cursor(index.createdAt, videoId);
  const after = page.after;
  const all = [...shelf.films]
    .filter(wanted)
    .sort((a, b) => (place(a) < place(b) ? 1 : -1))
    .filter((film) => after === undefined || place(film) < after);
  const films = all.slice(0, page.limit);
  const videoIds = films.map(([videoId]) => videoId);
  const last = films.at(-1);
  return all.length > films.length && last ? { videoIds, next: place(last) } : { videoIds };
}

/** Sorts as its parts do: by time, then by id. */
const cursor = (createdAt: number, videoId: string) => `${String(createdAt).padStart(16, '0')} ${videoId}`;

function notify(shelf: Shelf, videoId: string): void {
  for (const wake of shelf.watchers.get(videoId) ?? []) wake();
}

async function* watch(shelf: Shelf, videoId: string, signal: AbortSignal): AsyncGenerator<void> {
  let changed = true;
  let wake = () => {};
  const note = () => {
    changed = true;
    wake();
  };
  const watchers = shelf.watchers.get(videoId) ?? new Set();
  shelf.watchers.set(videoId, watchers.add(note));
  signal.addEventListener('abort', note);
  try {
    while (!signal.aborted) {
      if (changed) {
        changed = false;
        yield;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    signal.removeEventListener('abort', note);
    watchers.delete(note);
    if (watchers.size === 0) shelf.watchers.delete(videoId);
  }
}
