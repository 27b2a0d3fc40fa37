/** A film stopped just after its last block was accepted, kept in a folder that each run gets a copy of. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { simulated } from '../../src/adapters/simulated/index.ts';
import type { Media, VideoVendor } from '../../src/core/ports.ts';
import { createPipeline, type FilmView, type Pipeline, runToEnd } from '../../src/index.ts';
import { remembered } from './remembered.ts';

export interface Staged {
  readonly videoId: string;
  readonly folder: string;
  readonly vendor: string;
  readonly incremental: boolean;
}

// Faster, and one advance would meet the next due look before it can answer.
const SPEED_UP = 30;
/** Flat simulated pictures cost half of what filmed ones do: this much grain brings 720p to about 3 Mb/s, as Veo's footage has (measured). */
export const GRAIN = 10;

/** One pass: the same media without the means to burn ahead. */
function mediaFor(incremental: boolean): Media {
  const { segment: _, ...media } = ffmpeg();
  return incremental ? ffmpeg() : media;
}

/** A vendor that takes longer than the assembler beside it, as a real one does: its k-th video is done when `finished()` says so. */
function unhurried(video: VideoVendor, finished: () => number): VideoVendor {
  const launches: string[] = [];
  return {
    ...video,
    async launch(request) {
      const launched = await video.launch(request);
      launches.push(launched.operation);
      return launched;
    },
    look: async (operation, options) =>
      launches.indexOf(operation) >= finished() ? { status: 'running' } : video.look(operation, options),
  };
}

function open(
  at: Omit<Staged, 'videoId'>,
  part: 'vendor side' | 'assembler' | 'whole',
  finished: () => number = () => Number.POSITIVE_INFINITY,
): { films: Pipeline; close(): Promise<void> } {
  mkdirSync(at.folder, { recursive: true });
  const state = sqlite(join(at.folder, 'state.db'));
  const vendors = simulated({ folder: at.vendor, seed: 5, speedUp: SPEED_UP, grain: GRAIN });
  const transcription = remembered(vendors.transcription, join(at.vendor, 'heard'));
  const films = createPipeline({
    storage: folder(join(at.folder, 'films')),
    state,
    ...(part === 'assembler' ? {} : { llm: vendors.llm, video: unhurried(vendors.video, finished) }),
    ...(part === 'vendor side' ? {} : { transcription, media: mediaFor(at.incremental) }),
    checks: false,
  });
  return { films, close: async () => state.close?.() };
}

const accepted = (film: Pick<FilmView, 'blocks'>): number =>
  film.blocks.filter((block) => block.status === 'accepted').length;

/** Makes a film up to its last block, the assembler working beside the vendor as it does in earnest; it never sees the last block. */
export async function stage(root: string, durationSeconds: number, incremental: boolean): Promise<Staged> {
  const at = {
    folder: join(root, `${durationSeconds}-${incremental ? 'incremental' : 'one-pass'}`),
    vendor: join(root, 'vendor'),
    incremental,
  };
  let finished = 1;
  const vendorSide = open(at, 'vendor side', () => finished);
  const assembler = open(at, 'assembler');
  const { videoId, blocks } = await vendorSide.films.create({ theme: 'The life of bees', durationSeconds });
  for (let film = await vendorSide.films.advance(videoId); accepted(film) < blocks.length; ) {
    await assembler.films.advance(videoId);
    finished = accepted(film) + 1;
    await sleep(50);
    film = await vendorSide.films.advance(videoId);
  }
  await Promise.all([vendorSide.close(), assembler.close()]);
  return { ...at, videoId };
}

/** What is left to do after the last block, on a copy of the staged film. */
export function fromLastBlock(staged: Staged, copy: string): () => Promise<string> {
  rmSync(copy, { recursive: true, force: true });
  // `cp -a`, because a folder's revisions live in its files' times, to the nanosecond.
  execFileSync('cp', ['-a', staged.folder, copy]);
  return async () => {
    const host = open({ ...staged, folder: copy }, 'whole');
    const film = await runToEnd(host.films, staged.videoId);
    await host.close();
    if (film.status !== 'completed') throw new Error(`the film ended as ${film.status}`);
    return join(copy, 'films', film.output.name);
  };
}

/** The last accepted file of each chain, in order. */
export async function chainFiles(staged: Staged): Promise<readonly string[]> {
  const host = open(staged, 'whole');
  const { blocks } = await host.films.get(staged.videoId);
  await host.close();
  return blocks
    .filter((block, index) => blocks[index + 1]?.chain !== block.chain)
    .map((block) => join(staged.folder, 'films', staged.videoId, `block_${block.block}.mp4`));
}
