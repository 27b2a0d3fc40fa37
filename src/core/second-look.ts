/** Before a block is bought again: is the take that did not come in time there by now? Hosts that stood still may have missed it. */
import type { Context } from './context.ts';
import { paths } from './paths.ts';
import { blockOf, type FilmState, isForeign, type Take } from './state.ts';

async function isStillAwaited(film: FilmState, block: number, take: Take, context: Context): Promise<boolean> {
  const { storage, video } = context.ports;
  const { operation, unknownSince } = take;
  if (video === undefined) return true;
  const place = paths.place(film.videoId, block, take.take);
  const { outputs } = video;
  const isEmpty = async () => !(await storage.list(place)).some(({ name }) => outputs?.test(name));
  if (operation === undefined || unknownSince !== undefined) return isEmpty();
  const outputPlace = isForeign(take) ? {} : { outputPlace: storage.uri(place) };
  try {
    return (await video.look(operation, { ...outputPlace, signal: context.signal })).status === 'running';
  } catch (error) {
    if (outputs === undefined || isForeign(take)) throw error;
    return isEmpty();
  }
}

/** The late take of this round that is not on its way any more. Throws where nobody can look: nothing is bought blindly. */
export async function takeThatCame(film: FilmState, block: number, context: Context): Promise<Take | undefined> {
  const { round, takes } = blockOf(film, block);
  for (const take of takes) {
    const isLate = take.round === round && take.late === true && take.outcome === undefined;
    if (isLate && !(await isStillAwaited(film, block, take, context))) return take;
  }
  return undefined;
}
