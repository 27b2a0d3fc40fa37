/** Small real films, stopped just after their last block, and their ends by different ways of cutting. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { type SimulatedOptions, simulated } from '../../src/adapters/simulated/index.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { Media, MediaInfo, VideoVendor } from '../../src/core/ports.ts';
import { type CreateInput, createPipeline, type FilmView, type Pipeline, runToEnd } from '../../src/index.ts';
import { decode, fileOf, makeMedia } from '../ffmpeg/support.ts';

export interface Place {
  readonly folder: string;
  readonly vendor: string;
}

export interface Staged extends Place {
  readonly videoId: string;
  /** What the simulated vendor was given. */
  readonly options: Partial<SimulatedOptions>;
}

interface Host {
  readonly films: Pipeline;
  close(): Promise<void>;
}

interface HostOptions {
  readonly media: Media;
  /** Which ports it has. @default all */
  readonly part?: 'vendor side' | 'assembler';
  readonly simulated?: Partial<SimulatedOptions>;
  /** Does something to each extension before the pipeline sees it. */
  readonly onExtension?: (path: string) => Promise<void>;
  /** How many videos are finished so far: the others are still being made. @default all */
  readonly finished?: () => number;
}

export function openHost(place: Place, { media, part, simulated: options = {}, ...vendorOptions }: HostOptions): Host {
  const state = sqlite(join(place.folder, 'state.db'));
  const vendors = simulated({
    ...{ folder: place.vendor, seed: 5, speedUp: 40, size: { width: 180, height: 320 }, voice: 'hum', ...options },
  });
  const video = tampering(vendors.video, vendorOptions);
  const films = createPipeline({
    storage: folder(join(place.folder, 'films')),
    state,
    ...(part === 'assembler' ? {} : { llm: vendors.llm, video }),
    ...(part === 'vendor side' ? {} : { transcription: vendors.transcription, media }),
    checks: false,
  });
  return { films, close: async () => state.close?.() };
}

/** A vendor that waits to be told, and may touch up what it extends. */
function tampering(video: VideoVendor, { onExtension, finished }: Partial<HostOptions>): VideoVendor {
  const extensions = new Set<string>();
  const launches: string[] = [];
  return {
    ...video,
    async launch(request) {
      const launched = await video.launch(request);
      launches.push(launched.operation);
      if (request.extends) extensions.add(launched.operation);
      return launched;
    },
    async look(operation, options) {
      if (finished && launches.indexOf(operation) >= finished()) return { status: 'running' };
      const found = await video.look(operation, options);
      if (onExtension && found.status === 'done' && extensions.delete(operation))
        await onExtension(fileURLToPath(found.output.uri));
      return found;
    },
  };
}

/** Encodes a file's picture anew, in place. */
export const encodedAnew =
  (program: string, filter: string) =>
  async (path: string): Promise<void> => {
    const partial = `${path}.anew.mp4`;
    const codec = ['-vf', filter, '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '20', '-c:a', 'copy'];
    await makeMedia(program, ['-i', path, '-map_metadata', '0', ...codec, '-movflags', '+faststart', partial]);
    await rename(partial, path);
  };

const accepted = ({ blocks }: Pick<FilmView, 'blocks'>): number =>
  blocks.filter(({ status }) => status === 'accepted').length;

export interface StageOptions extends Omit<HostOptions, 'part'> {
  readonly input?: Partial<CreateInput>;
}

/** Makes a film up to its last block, the assembler working beside the vendor; it never sees the last block. */
export async function stage(root: string, { input, ...options }: StageOptions): Promise<Staged> {
  const place = { folder: mkdtempSync(join(root, 'film-')), vendor: mkdtempSync(join(root, 'vendor-')) };
  let finished = 1;
  const vendorSide = openHost(place, { ...options, part: 'vendor side', finished: () => finished });
  const assembler = openHost(place, { ...options, part: 'assembler' });
  const { videoId, blocks } = await vendorSide.films.create({ theme: 'Bees', durationSeconds: 15, ...input });
  for (let film = await vendorSide.films.advance(videoId); accepted(film) < blocks.length; ) {
    await assembler.films.advance(videoId);
    // The next one is finished once all that can be done ahead of it is done.
    finished = accepted(film) + 1;
    await sleep(20);
    film = await vendorSide.films.advance(videoId);
    if (film.status === 'failed' || film.status === 'needs-input') throw new Error(`staged in vain: ${film.status}`);
  }
  await Promise.all([vendorSide.close(), assembler.close()]);
  return { ...place, videoId, options: options.simulated ?? {} };
}

/** Makes a film up to its first block; no assembler has seen it. */
export async function stageFirstBlock(root: string, { input, ...options }: StageOptions): Promise<Staged> {
  const place = { folder: mkdtempSync(join(root, 'film-')), vendor: mkdtempSync(join(root, 'vendor-')) };
  const vendorSide = openHost(place, { ...options, part: 'vendor side', finished: () => 1 });
  const { videoId } = await vendorSide.films.create({ theme: 'Bees', durationSeconds: 15, ...input });
  while (accepted(await vendorSide.films.advance(videoId)) < 1) await sleep(20);
  await vendorSide.close();
  return { ...place, videoId, options: options.simulated ?? {} };
}

/** A copy in which a film can be ended without touching the staged one. `cp -a`, because a folder's revisions live in its files' times. */
export function copyOf(staged: Staged, root: string): Staged {
  const copy = mkdtempSync(join(root, 'copy-'));
  rmSync(copy, { recursive: true });
  execFileSync('cp', ['-a', staged.folder, copy]);
  return { ...staged, folder: copy };
}

export interface Ended {
  readonly film: FilmView;
  readonly path: string;
  readonly info: MediaInfo;
  readonly provenance: { readonly burnedAhead: number; readonly captions: Record<string, unknown> | null };
}

/** Ends a staged film. */
export async function end(staged: Staged, media: Media): Promise<Ended> {
  const host = openHost(staged, { media, simulated: staged.options });
  const film = await runToEnd(host.films, staged.videoId);
  await host.close();
  const place = join(staged.folder, 'films', staged.videoId);
  const path = join(place, 'final.mp4');
  if (film.status !== 'completed') throw new Error(`the film ended as ${JSON.stringify(film)}`);
  const provenance = JSON.parse(await readFile(join(place, 'provenance.json'), 'utf8'));
  return { film, path, info: await measureMp4(fileOf(path)), provenance };
}

/** The same media, which cuts in one pass whatever was burned ahead. */
export function inOnePass(media: Media): Media {
  return { ...media, cut: ({ burned: _, ...request }) => media.cut(request) };
}

/** How alike the pictures of two films are: the worst frame, dB. */
export async function worstFrame(program: string, one: string, other: string, crop = 'iw:ih'): Promise<number> {
  const graph = `[0:v]crop=${crop}[a];[1:v]crop=${crop}[b];[a][b]psnr=stats_file=-`;
  const raw = await decode(program, one, ['-i', other, '-lavfi', graph, '-f', 'null']);
  const frames = [...new TextDecoder().decode(raw).matchAll(/psnr_y:(inf|[\d.]+)/g)].map(([, value]) =>
    value === 'inf' ? 100 : Number(value),
  );
  return frames.length === 0 ? Number.NaN : Math.min(...frames);
}

/** Fingerprint of the packets of a track. */
export async function packets(program: string, path: string, track: '0:a' | '0:v'): Promise<string> {
  return new TextDecoder().decode(await decode(program, path, ['-map', track, '-c', 'copy', '-f', 'md5'])).trim();
}

export const scratch = (): { readonly path: string } & Disposable => {
  const path = mkdtempSync(join(tmpdir(), 'reelstate-assembly-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
};

export const realMedia = (ffmpegPath: string, tempDir?: string): Media =>
  ffmpeg({ ffmpegPath, ...(tempDir === undefined ? {} : { tempDir }) });
