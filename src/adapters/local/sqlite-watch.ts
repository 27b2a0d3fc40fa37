import type { Database } from './sqlite-open.ts';

// Progress for people: a quarter of a second is soon enough, and one read of a counter four times a second is nothing.
const POLL_MS = 250;

export interface Watchers {
  /** This process committed something. */
  committed(): void;
  watch(signal: AbortSignal): AsyncGenerator<void>;
}

/** Wakes watchers at each commit: this process's at once, another's when `data_version`, which counts those, has moved. */
export function createWatchers(open: () => Promise<Database>): Watchers {
  const notes = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  let seen: unknown;

  const wakeAll = () => {
    for (const note of notes) note();
  };
  const poll = async () => {
    const version = (await open()).get('PRAGMA data_version')?.data_version;
    if (seen !== undefined && version !== seen) wakeAll();
    seen = version;
  };
  const startPolling = () => {
    // A store that fails says so to whoever loads from it; a watcher only waits longer.
    timer ??= setInterval(() => void poll().catch(() => {}), POLL_MS).unref();
  };
  const stopPolling = () => {
    clearInterval(timer);
    timer = undefined;
    seen = undefined;
  };

  return {
    committed: wakeAll,
    async *watch(signal) {
      let changed = true;
      let wake = () => {};
      const note = () => {
        changed = true;
        wake();
      };
      notes.add(note);
      signal.addEventListener('abort', note);
      startPolling();
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
        notes.delete(note);
        if (notes.size === 0) stopPolling();
      }
    },
  };
}
