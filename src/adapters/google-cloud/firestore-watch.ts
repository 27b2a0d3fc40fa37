import type { Database } from './firestore-database.ts';
import { firestoreError } from './firestore-errors.ts';

/** Yields when the film's document may have changed, from Firestore's own listener; several changes may come as one. */
export async function* watchFilm(database: Database, videoId: string, signal: AbortSignal): AsyncGenerator<void> {
  const { films } = await database.open();
  let changed = false;
  let failure: unknown;
  let wake = (): void => {};
  const stop = films.doc(videoId).onSnapshot(
    () => {
      changed = true;
      wake();
    },
    (error) => {
      failure = error;
      wake();
    },
  );
  const leave = (): void => wake();
  signal.addEventListener('abort', leave);
  try {
    while (!signal.aborted) {
      if (failure !== undefined) throw firestoreError(failure);
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
    signal.removeEventListener('abort', leave);
    stop();
  }
}
