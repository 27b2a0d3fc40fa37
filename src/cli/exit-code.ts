import type { Film, FilmView } from '../index.ts';

/** What the program's exit code says; scripts may rely on it. */
export const EXIT = {
  done: 0,
  failed: 1,
  badInput: 2,
  needsInput: 3,
  partial: 4,
  cancelled: 5,
  interrupted: 130,
  terminated: 143,
} as const;

/** The exit code of a film that was run until it rests; a running one is no failure. */
export function exitCodeOf(film: FilmView | Film): number {
  switch (film.status) {
    case 'completed':
      return film.partial ? EXIT.partial : EXIT.done;
    case 'failed':
      return EXIT.failed;
    case 'needs-input':
      return EXIT.needsInput;
    case 'cancelled':
      return EXIT.cancelled;
    default:
      return EXIT.done;
  }
}
