import type { Json } from './json.ts';
import type { FilmState } from './state.ts';

/** What a host's own step returned for this film. */
export const stepOutput = (film: FilmState, step: string): Json | undefined => film.tasks[`step:${step}`]?.done?.output;
