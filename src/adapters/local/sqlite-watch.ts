import type { Database } from './sqlite-open.ts';

// Progress for people: a quarter of a second is soon enough, and one read of a counter four times a second is nothing.
const POLL_MS = 250;

export interface Watchers {
  /** This process saved the film. */
  changed(videoId: string): void;
  watch(videoId: string, signal: AbortSignal): AsyncGenerator<void>;
  /** Looks no more at a database that is being closed. */
  stop(): void;
}

/** Wakes a film's watchers when this process saves it, and all when `data_version`, which counts others' commits, has moved. */
export function createWatchers(open: () => Promise<Database>): Watchers {
  const notes = new Map<() => void, string>();
  let timer: NodeJS.Timeout | undefined;
  let seen: unknown;

  const wakeAll = () => {
    for (const note of notes.keys()) note();
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
    stop: stopPolling,
    changed: (videoId) => {
      for (const [note, watched] of notes) if (watched === videoId) note();
    },
    async *watch(videoId, signal) {
      let changed = true;
      let wake = () => {};
      const note = () => {
        changed = true;
        wake();
      };
      notes.set(note, videoId);
      signal.addEventListener('abort', note);
      try {
        // Before the first look of whoever watches: what is committed after it will be noticed.
        await poll().catch(() => {});
        startPolling();
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
