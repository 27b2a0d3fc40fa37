/** Makes an operation's video: its own part drawn and spoken, behind the part that it extends. */
import { copyFile, mkdir, mkdtemp, open, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AspectRatio, HeardWord } from '../../core/ports.ts';
import { runProcess } from '../ffmpeg/process.ts';
import { type Launched, numbered } from './journal.ts';
import { paletteFor } from './palettes.ts';
import { drawPicture } from './picture.ts';
import { shortHash } from './random.ts';
import { type Speech, speak } from './speech.ts';
import type { VoiceOptions } from './voices.ts';
import { readWav, writeWav } from './wav.ts';

export interface RenderOptions extends VoiceOptions {
  readonly folder: string;
  /** Absolute path of an ffmpeg. */
  readonly ffmpeg: () => Promise<string>;
  readonly extension: 'combined' | 'new-only';
  readonly width: number;
  readonly height: number;
  /** Film grain, 0 to 100. */
  readonly grain: number;
  /** Does not keep the process alive. */
  readonly background: boolean;
}

export interface Rendered {
  readonly durationMs: number;
  readonly fromMs: number;
  readonly words: readonly HeardWord[];
}

const SEGMENT = 'segment.mp4';
const SPEECH = 'speech.wav';
const DEADLINE_MS = 5 * 60_000;
const WRONG_DURATION_SECONDS = 2;

export const operationFolder = (folder: string, number: number): string => join(folder, 'operations', numbered(number));

/** The speech of an operation's own part, for whoever must recognise it. */
export const readSpeech = async (folder: string, number: number): Promise<Int16Array> =>
  readWav(await readFile(join(operationFolder(folder, number), SPEECH)));

/**
 * Renders the video of the last operation of `chain` (the ones before it are what it extends, from the start) to the path `target`, which
 * shows either nothing or the whole file.
 */
export async function render(chain: readonly Launched[], target: string, options: RenderOptions): Promise<Rendered> {
  const own = chain.at(-1) as Launched;
  const place = operationFolder(options.folder, own.number);
  const workDir = await mkdtemp(join(place, 'work-'));
  try {
    const fromSeconds = chain.slice(0, -1).reduce((sum, { request }) => sum + request.seconds, 0);
    const drawn = drawPart(own, fromSeconds, workDir, options);
    // Both have to end before the folder can go.
    const [speech] = await Promise.allSettled([speakPart(own, workDir, options), drawn]);
    await drawn;
    if (speech.status === 'rejected') throw speech.reason;
    await Promise.all([SEGMENT, SPEECH].map((name) => rename(join(workDir, name), join(place, name))));
    const shown = options.extension === 'combined' ? chain : [own];
    const durationMs = shown.reduce((sum, { request }) => sum + request.seconds, 0) * 1000;
    await joinParts(shown, durationMs, own, workDir, options);
    await spoil(own, join(workDir, 'result.mp4'));
    await moveInto(join(workDir, 'result.mp4'), target);
    const fromMs = durationMs - own.request.seconds * 1000;
    return { durationMs, fromMs, words: speech.value.words };
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function speakPart({ request }: Launched, workDir: string, options: RenderOptions): Promise<Speech> {
  const { dialogue, language } = request.prompt;
  const speech = await speak({ dialogue, language, seconds: request.seconds, workDir, engine: options.engine });
  await writeFile(join(workDir, SPEECH), writeWav(speech.samples));
  return speech;
}

async function drawPart(
  { request, outcome, number }: Launched,
  fromSeconds: number,
  workDir: string,
  options: RenderOptions,
) {
  const { labels, prompt, aspectRatio, seconds } = request;
  const film = labels.film ?? String(number);
  const [width, height] = frameOf(aspectRatio, options);
  const firstFrame = request.firstFrame && join(operationFolder(options.folder, number), request.firstFrame);
  const args = await drawPicture(
    {
      width,
      height,
      seconds: outcome.type === 'wrong-duration' ? Math.max(1, seconds - WRONG_DURATION_SECONDS) : seconds,
      fromSeconds,
      block: Number(labels.block ?? 1),
      take: Number(labels.take ?? 1),
      palette: paletteFor([prompt.visual, prompt.continuity, prompt.style], film),
      seed: shortHash(film),
      grain: options.grain,
      firstFrame,
    },
    workDir,
    SEGMENT,
  );
  await runFfmpeg(args, workDir, options);
}

const frameOf = (aspectRatio: AspectRatio, { width, height }: RenderOptions): readonly [number, number] =>
  aspectRatio === '16:9' ? [height, width] : [width, height];

/** Video packets as they are, sound encoded as one stream: a longer chain begins with the very packets of a shorter one. */
async function joinParts(
  chain: readonly Launched[],
  durationMs: number,
  own: Launched,
  workDir: string,
  options: RenderOptions,
) {
  const { folder } = options;
  const cut = own.outcome.type === 'wrong-duration' ? WRONG_DURATION_SECONDS * 1000 : 0;
  for (const [i, { number }] of chain.entries()) {
    await copyFile(join(operationFolder(folder, number), SEGMENT), join(workDir, `part-${i}.mp4`));
  }
  await writeFile(join(workDir, 'parts.txt'), chain.map((_, i) => `file part-${i}.mp4\n`).join(''));
  const sounds = await Promise.all(chain.map(({ number }) => readSpeech(folder, number)));
  const sound = new Int16Array(sounds.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const each of sounds) {
    sound.set(each, at);
    at += each.length;
  }
  await writeFile(join(workDir, 'sound.wav'), writeWav(sound));
  const args = [
    ...['-f', 'concat', '-i', 'parts.txt', '-i', 'sound.wav', '-map', '0:v:0', '-map', '1:a:0'],
    ...pictureCodec(own, options),
    ...['-c:a', 'aac', '-b:a', '96k', '-ar', '48000', '-ac', '2', '-t', String((durationMs - cut) / 1000)],
    ...['-metadata', `comment=${own.operation}`, '-video_track_timescale', '12288'],
    ...['-flags:a', '+bitexact', '-fflags', '+bitexact', '-movflags', '+faststart', 'result.mp4'],
  ];
  await runFfmpeg(args, workDir, options);
}

/** As it is, unless it is to come out in the wrong shape. */
function pictureCodec({ outcome, request }: Launched, options: RenderOptions): string[] {
  if (outcome.type !== 'wrong-aspect') return ['-c:v', 'copy'];
  const [width, height] = frameOf(request.aspectRatio, options);
  return ['-vf', `scale=${height}:${width},setsar=1`, '-c:v', 'libx264', '-preset', 'ultrafast', '-threads', '1'];
}

async function runFfmpeg(args: readonly string[], cwd: string, options: RenderOptions): Promise<void> {
  const command = await options.ffmpeg();
  const request = { command, args: ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', ...args], cwd };
  await runProcess({ ...request, timeoutMs: DEADLINE_MS, unref: options.background });
}

/** What a rule wants broken. */
async function spoil({ outcome }: Launched, path: string): Promise<void> {
  if (outcome.type === 'zero-bytes') await truncate(path, 0);
  if (outcome.type === 'html') await writeFile(path, '<!doctype html><title>502 Bad Gateway</title>\n');
  if (outcome.type === 'truncated') {
    const { size } = await stat(path);
    await truncate(path, Math.floor(size * 0.6));
  }
}

/** `target` shows nothing or the whole file. */
export async function moveInto(from: string, target: string): Promise<void> {
  const file = await open(from, 'r+');
  await file.sync();
  await file.close();
  await mkdir(dirname(target), { recursive: true });
  try {
    await rename(from, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const partial = `${target}.part`;
    await copyFile(from, partial);
    await rename(partial, target);
  }
}
