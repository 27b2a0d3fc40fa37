/** The names of a take's tasks, and until when its launch may leave. */
import type { VideoTiming } from './ports.ts';
import { blockOf, type FilmState, type Take } from './state.ts';

export const launchTaskId = (block: number): string => `launch:${block}`;
export const lookTaskId = (block: number, take: number): string => `look:${block}-${take}`;
/** Input of a launch task: its back-off belongs to the block's round, over all its takes. */
export const launchTaskInput = (film: FilmState, block: number): string => `r${blockOf(film, block).round}`;

/** Until when whoever intended a take may still post it, by anybody's clock. */
export const mayPostUntil = (take: Take, timing: VideoTiming): number =>
  take.at + timing.launchWithinMs + timing.launchTimeoutMs;
