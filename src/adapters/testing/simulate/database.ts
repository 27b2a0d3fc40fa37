/** The database beneath the faults, with copies of it to go back to. */
import type { SaveState, StateStore } from '../../../core/ports.ts';

export interface Database {
  readonly store: StateStore;
  /** Puts back what there was after so many saves; 0: nothing. */
  restore(saves: number): Promise<void>;
}

interface Copy {
  readonly films: ReadonlyMap<string, SaveState>;
  readonly counters: ReadonlyMap<string, number>;
}

/** Keeps copies of a store only where somebody will ask for them. */
export function createDatabase(inner: StateStore, keepsCopies: boolean): Database {
  const copies: Copy[] = [{ films: new Map(), counters: new Map() }];
  const last = (): Copy => copies.at(-1) as Copy;
  const store: StateStore = {
    ...inner,
    save: async (request) => {
      const saved = await inner.save(request);
      const counters = new Map(last().counters);
      for (const { key, add } of request.counters ?? []) counters.set(key, (counters.get(key) ?? 0) + add);
      copies.push({ films: new Map(last().films).set(request.videoId, request), counters });
      return saved;
    },
  };
  const restore = async (saves: number): Promise<void> => {
    const [now, then] = [last(), copies[saves] ?? (copies[0] as Copy)];
    for (const videoId of now.films.keys()) await inner.remove(videoId);
    for (const request of then.films.values()) await inner.save({ ...request, ifRevision: null, counters: [] });
    const keys = [...new Set([...now.counters.keys(), ...then.counters.keys()])];
    await inner.counters.change(
      keys.map((key) => ({ key, add: (then.counters.get(key) ?? 0) - (now.counters.get(key) ?? 0) })),
    );
    copies.push(then);
  };
  return { store: keepsCopies ? store : inner, restore };
}
