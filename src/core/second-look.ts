/** Before a block is bought again: is a take that did not come in time there by now? Hosts that stood still may have missed it. */
import type { Context } from './context.ts';
import type { Fact } from './evolve.ts';
import { measuredIfVideo } from './measure.ts';
import { paths } from './paths.ts';
import { blockOf, type FilmState, isForeign, type Take } from './state.ts';
import { lookTaskId } from './take-tasks.ts';

/** Its video where the vendor was asked to put it: it counts whatever was said of the take. */
async function inItsPlace(film: FilmState, block: number, take: Take, context: Context): Promise<readonly Fact[]> {
  const { storage, video } = context.ports;
  const objects = await storage.list(paths.place(film.videoId, block, take.take));
  const object = objects.find(({ name }) => video?.outputs?.test(name));
  const output = object && (await measuredIfVideo(storage, object, { signal: context.signal }));
  return output ? [{ type: 'take-finished', block, token: take.token, output, at: context.now() }] : [];
}

/** Whether the vendor has more to say than that it is at it. Nothing is bought blindly: throws where only the vendor could tell and does not. */
async function isSettled(film: FilmState, block: number, take: Take, context: Context): Promise<boolean> {
  const { storage, video } = context.ports;
  if (video === undefined || take.operation === undefined) return false;
  const outputPlace = isForeign(take) ? {} : { outputPlace: storage.uri(paths.place(film.videoId, block, take.take)) };
  try {
    return (await video.look(take.operation, { ...outputPlace, signal: context.signal })).status !== 'running';
  } catch (error) {
    if (video.outputs === undefined || isForeign(take)) throw error;
    return false;
  }
}

/** What is known by now of the late and lost takes that could stand in for this one; none: it may be bought. */
export async function newsOfOthers(
  film: FilmState,
  block: number,
  next: Take,
  context: Context,
): Promise<readonly Fact[]> {
  for (const take of blockOf(film, block).takes) {
    const isLate = take.late === true && take.outcome === undefined;
    const couldStandIn = take.round === next.round && (isForeign(take) || take.inputHash === next.inputHash);
    if (!couldStandIn || !(isLate || take.outcome?.kind === 'lost')) continue;
    const found = isForeign(take) ? [] : await inItsPlace(film, block, take, context);
    if (found.length > 0) return found;
    if (isLate && (await isSettled(film, block, take, context))) {
      return [{ type: 'task-due', id: lookTaskId(block, take.take), input: take.token, dueAt: context.now() }];
    }
  }
  return [];
}
