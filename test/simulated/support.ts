import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import { runProcess } from '../../src/adapters/ffmpeg/process.ts';
import { resolveFfmpeg } from '../../src/adapters/ffmpeg/resolve.ts';
import { type ManualClock, manualClock } from '../../src/adapters/memory/index.ts';
import { type SimulatedVideo, type SimulatedVideoOptions, simulatedVideo } from '../../src/adapters/simulated/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import type { LaunchRequest, Source, VideoInput } from '../../src/core/ports.ts';

export const SMALL = { width: 180, height: 320 };
export const LONG_ENOUGH_MS = 15 * 60_000;

export interface VideoSetting {
  readonly folder: string;
  readonly clock: ManualClock;
  readonly video: SimulatedVideo;
  /** Another vendor object on the same folder, as another process would have it. */
  another(options?: Partial<SimulatedVideoOptions>): SimulatedVideo;
  request(changes?: Partial<LaunchRequest>): LaunchRequest;
  /** Launches, lets the time pass and gives the path of the video. */
  make(changes?: Partial<LaunchRequest>): Promise<Made>;
}

export interface Made {
  readonly operation: string;
  readonly path: string;
  readonly uri: string;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reelstate-simulated-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A vendor that makes small, hummed videos under a hand-driven clock. */
export async function videoSetting(options: Partial<SimulatedVideoOptions> = {}, root?: string): Promise<VideoSetting> {
  const folder = root ?? (await temporaryFolder());
  const clock = manualClock();
  const another: VideoSetting['another'] = (changes = {}) =>
    simulatedVideo({
      folder: join(folder, 'vendor'),
      clock,
      size: SMALL,
      voice: 'hum',
      background: false,
      ...options,
      ...changes,
    });
  const video = another();
  const request: VideoSetting['request'] = (changes = {}) => {
    const { block = '1', take = '1' } = changes.labels ?? {};
    return {
      prompt: { dialogue: 'Look up: the sky is blue.', language: 'en', visual: 'hills, blue hour colours' },
      seconds: 4,
      aspectRatio: '9:16',
      resolution: '720p',
      outputPlace: `${pathToFileURL(join(folder, 'films', 'takes', `${block}-${take}`)).href}/`,
      labels: { film: 'film', block, take },
      ...changes,
    };
  };
  return {
    folder,
    clock,
    video,
    another,
    request,
    async make(changes) {
      const { operation } = await video.launch(request(changes));
      await clock.advance(LONG_ENOUGH_MS);
      const look = await video.look(operation);
      if (look.status !== 'done') throw new Error(`not done but ${look.status}`);
      return { operation, uri: look.output.uri, path: fileURLToPath(look.output.uri) };
    },
  };
}

export const inputFrom = (made: Made, durationMs: number): VideoInput => ({ ...made, revision: '1', durationMs });

/** The second block of a film, which extends the first. */
export const extension = (first: Made, durationMs: number): Partial<LaunchRequest> => ({
  extends: inputFrom(first, durationMs),
  seconds: 7,
  labels: { film: 'film', block: '2', take: '1' },
  prompt: { dialogue: 'Light bends, and blue bends most.', language: 'en', visual: 'hills, blue hour colours' },
});

/** What ffmpeg writes to its standard output. */
export async function ffmpegOutput(...args: readonly string[]): Promise<string> {
  const { ffmpeg } = await resolveFfmpeg();
  const { stdout } = await runProcess({
    command: ffmpeg,
    args: ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...args],
    timeoutMs: 60_000,
  });
  return new TextDecoder().decode(stdout);
}

/** The hashes of a stream's packets, in order. */
export async function packets(path: string, stream: 'v' | 'a'): Promise<string[]> {
  const text = await ffmpegOutput('-i', path, '-map', `0:${stream}:0`, '-c', 'copy', '-f', 'framemd5', '-');
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

/** A file as a source that has no path, as one from a bucket. */
export const fileSource = async (path: string): Promise<Source> => sourceOf(await readFile(path));
