/** What a take is asked for with, and what it is made from. */
import { acceptedTake, blockInput, textOf } from './blocks.ts';
import { ReelstateError } from './errors.ts';
import type { JsonObject } from './json.ts';
import { paths } from './paths.ts';
import type { PlannedBlock } from './plan.ts';
import type { LaunchRequest, Ports, Storage } from './ports.ts';
import type { FilmState, Take } from './state.ts';

/** The launch request of a take. */
export function requestOf(film: FilmState, planned: PlannedBlock, take: Take, ports: Ports): LaunchRequest {
  const { storage } = ports;
  const { language, style, aspectRatio, resolution, seed } = film.input;
  const text = textOf(film, planned.block);
  const input = blockInput(film, planned);
  if (text === undefined || input === undefined)
    throw new RangeError(`block ${planned.block} has nothing to be made from`);
  const request: LaunchRequest = {
    prompt: { ...text, language, ...(style === undefined ? {} : { style }) },
    seconds: planned.seconds,
    aspectRatio,
    resolution,
    ...(seed === undefined ? {} : { seed }),
    outputPlace: storage.uri(paths.place(film.videoId, planned.block, take.take)),
    labels: { film: film.videoId.toLowerCase(), block: `${planned.block}`, take: `${take.take}` },
  };
  if ('frame' in input) {
    const { name, revision } = input.frame;
    return {
      ...request,
      firstFrame: { uri: storage.uri(name), source: storage.source(name, { revision }), contentType: 'image/png' },
    };
  }
  const before = 'extends' in input ? acceptedTake(film, planned.block - 1) : undefined;
  if (before === undefined) return request;
  const { name, revision, durationMs } = before.output;
  return {
    ...request,
    extends: { uri: storage.uri(name), revision, durationMs, operation: before.take.operation ?? '' },
  };
}

/** Throws `input-changed` where the video to be extended is not the one that was accepted any more. */
export async function checkInput(film: FilmState, planned: PlannedBlock, storage: Storage): Promise<void> {
  const before = planned.kind === 'extend' ? acceptedTake(film, planned.block - 1) : undefined;
  if (before === undefined) return;
  const { name, revision } = before.output;
  const object = await storage.head(name);
  if (object?.revision === revision) return;
  throw new ReelstateError(
    'permanent',
    `The video of block ${planned.block - 1} in the bucket is not the one that was accepted.`,
    { code: 'input-changed', cure: `Restore ${name}, or reroll block ${planned.block - 1}.` },
  );
}

/** What `intent.json` keeps of a request. */
export const promptRecord = ({ firstFrame, extends: input, prompt, seconds, seed }: LaunchRequest): JsonObject =>
  JSON.parse(JSON.stringify({ prompt, seconds, seed, extends: input, firstFrame: firstFrame?.uri })) as JsonObject;
