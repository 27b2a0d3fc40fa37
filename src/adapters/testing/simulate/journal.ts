/** What really happened in the bucket, in the database and at the vendor, written down beneath all faults. */
import { KILL_SWITCH } from '../../../core/ledger.ts';
import type { Role, SaveState, StateStore, Storage, StoredObject } from '../../../core/ports.ts';
import type { FilmState } from '../../../core/state.ts';

export interface ObjectWritten {
  readonly at: number;
  readonly by: string;
  readonly object: StoredObject;
  /** The revision that it replaced. */
  readonly replaced: string | null;
}

export interface FilmSaved {
  readonly at: number;
  readonly by: string;
  readonly videoId: string;
  readonly ifRevision: string | null;
  readonly revision: string;
  readonly film: FilmState;
  /** When each role should look at it. */
  readonly wakes: SaveState['wakes'];
  /** What the store held before this save. */
  readonly before: { readonly film: FilmState; readonly revision: string } | undefined;
}

/** One launch that reached the vendor. */
export interface Posted {
  readonly at: number;
  readonly by: string;
  readonly block: number;
  readonly place: string;
  readonly prompt: string;
  /** What it extends, as the request names it. */
  readonly extends: { readonly uri: string; readonly revision: string } | undefined;
  readonly firstFrame: string | undefined;
  /** Absent: the vendor refused and started nothing. */
  readonly operation: string | undefined;
  readonly paidMicroUsd: number;
}

export interface Journal {
  readonly written: readonly ObjectWritten[];
  readonly saved: readonly FilmSaved[];
  readonly posted: readonly Posted[];
  /** What the database holds now. */
  present(videoId: string): { readonly film: FilmState; readonly revision: string } | undefined;
  readonly films: ReadonlyMap<string, { readonly film: FilmState; readonly revision: string }>;
  /** What the bucket holds now. */
  readonly objects: ReadonlyMap<string, StoredObject>;
  /** Since when nothing may be launched. */
  readonly killedAt: number | undefined;
}

/** A tick asked for films that are due. */
export interface Claimed {
  readonly at: number;
  readonly by: string;
  readonly now: number;
  readonly limit: number;
  readonly roles: readonly Role[];
  readonly leaseMs: number;
  readonly videoIds: readonly string[];
}

/** A tick that came to its end. */
export interface Ticked {
  readonly by: string;
  readonly limit: number;
  readonly budgetMs: number;
  readonly tookMs: number;
}

/** Told of everything at the moment when it happens. */
export interface Witness {
  written?(entry: ObjectWritten): void;
  removed?(name: string, by: string): void;
  saved?(entry: FilmSaved): void;
  posted?(entry: Posted): void;
  claimed?(entry: Claimed): void;
  ticked?(entry: Ticked): void;
}

export interface Recorder extends Journal {
  storage(inner: Storage, by: string): Storage;
  state(inner: StateStore, by: string): StateStore;
  post(entry: Posted): void;
  /** The database was replaced by an older one, or emptied. */
  restored(films: ReadonlyMap<string, { readonly film: FilmState; readonly revision: string }>): void;
}

export function createRecorder(now: () => number, witness: Witness): Recorder {
  const written: ObjectWritten[] = [];
  const saved: FilmSaved[] = [];
  const posted: Posted[] = [];
  const films = new Map<string, { film: FilmState; revision: string }>();
  const objects = new Map<string, StoredObject>();
  let killedAt: number | undefined;

  const wrote = (object: StoredObject, by: string): StoredObject => {
    const entry = { at: now(), by, object, replaced: objects.get(object.name)?.revision ?? null };
    written.push(entry);
    objects.set(object.name, object);
    witness.written?.(entry);
    return object;
  };

  return {
    written,
    saved,
    posted,
    films,
    objects,
    get killedAt() {
      return killedAt;
    },
    present: (videoId) => films.get(videoId),
    post: (entry) => {
      posted.push(entry);
      witness.posted?.(entry);
    },
    restored: (older) => {
      films.clear();
      for (const [videoId, kept] of older) films.set(videoId, kept);
    },
    storage: (inner, by) => ({
      ...inner,
      put: async (name, body, options) => wrote(await inner.put(name, body, options), by),
      copy: async (from, to, options) => wrote(await inner.copy(from, to, options), by),
      remove: async (name, options) => {
        await inner.remove(name, options);
        objects.delete(name);
        witness.removed?.(name, by);
      },
    }),
    state: (inner, by) => ({
      ...inner,
      save: async (request) => {
        const before = films.get(request.videoId);
        const { revision } = await inner.save(request);
        const film = request.state as unknown as FilmState;
        const entry = {
          at: now(),
          by,
          videoId: request.videoId,
          ifRevision: request.ifRevision,
          revision,
          film,
          wakes: request.wakes,
          before,
        };
        saved.push(entry);
        films.set(request.videoId, { film, revision });
        witness.saved?.(entry);
        return { revision };
      },
      remove: async (videoId, options) => {
        await inner.remove(videoId, options);
        films.delete(videoId);
      },
      claimDue: async (request) => {
        const videoIds = await inner.claimDue(request);
        const { now: at, limit, roles, leaseMs } = request;
        witness.claimed?.({ at: now(), by, now: at, limit, roles, leaseMs, videoIds });
        return videoIds;
      },
      counters: {
        ...inner.counters,
        change: async (changes, options) => {
          await inner.counters.change(changes, options);
          const [killed = 0] = await inner.counters.read([KILL_SWITCH]);
          killedAt = killed > 0 ? (killedAt ?? now()) : undefined;
        },
      },
    }),
  };
}
