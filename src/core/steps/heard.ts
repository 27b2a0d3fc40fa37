import type { FilmState } from '../state.ts';
import type { PlacedBlock } from '../timeline.ts';

export const wordsTaskId = (block: number): string => `words:${block}`;

export const isHeard = (film: FilmState, placed: PlacedBlock): boolean => {
  const record = film.tasks[wordsTaskId(placed.block)];
  return record?.input === placed.token && record.done !== undefined;
};
