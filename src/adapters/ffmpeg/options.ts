/** What `ffmpeg()` takes. */
import { badInput } from '../../core/errors.ts';

/** How long x264 may think: the later, the smaller the file. */
export type Preset =
  | 'ultrafast'
  | 'superfast'
  | 'veryfast'
  | 'faster'
  | 'fast'
  | 'medium'
  | 'slow'
  | 'slower'
  | 'veryslow';

/** What loudness a film is brought to, by EBU R 128. */
export interface Loudness {
  /** Integrated loudness of the film, LUFS. @default -14, what social platforms play at */
  readonly target?: number;
  /** A film that is this close already keeps its sound as it is, LU. @default 1 */
  readonly tolerance?: number;
  /** True peak, dBTP. @default -1 */
  readonly truePeak?: number;
}

/** Every option has a default that is right for most. */
export interface FfmpegOptions {
  /** @default `FFMPEG_PATH`, else the one on PATH, else the optional package `@ffmpeg-installer/ffmpeg` */
  readonly ffmpegPath?: string;
  /** x264 preset. @default 'superfast': with `crf` 21 half the CPU of `veryfast` at the same look, files a fifth larger */
  readonly preset?: Preset;
  /** x264 quality, 0 (lossless) to 51. @default 21 */
  readonly crf?: number;
  /** Threads of decoder and encoder. @default all cores */
  readonly threads?: number;
  /** Brings the film to one loudness. @default off: the sound is copied */
  readonly loudness?: Loudness;
  /** More caption fonts: files, or folders of them. They come before the machine's. */
  readonly fonts?: readonly string[];
  /** Characters that neither the shipped font nor `fonts` has may come from the machine's fonts. @default true */
  readonly systemFonts?: boolean;
  /**
   * Where private work folders are made: room for the captions and the result, about 0.7 MB per second at 720p and 2.5 MB at 1080p; where a film was
   * burned ahead, its last block once more. Sources are read in place. ffmpeg's memory
   * does not follow the film's length: 165 MiB at 720p, and some 20 MiB more for each further chain (measured, 15 to 80 s). @default the system's folder for temporary files (in a cloud function that is memory)
   */
  readonly tempDir?: string;
}

const PRESETS: readonly string[] = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
];

const within = (value: number | undefined, low: number, high: number) =>
  value === undefined || (value >= low && value <= high);

/** @throws ReelstateError `permanent` `bad-ffmpeg-option` */
export function checkOptions({ preset, crf, threads, loudness }: FfmpegOptions): void {
  const wrong = (name: string, cure: string) =>
    badInput('bad-ffmpeg-option', `The ffmpeg option ${name} is not possible.`, cure);
  if (preset !== undefined && !PRESETS.includes(preset)) throw wrong('preset', `One of ${PRESETS.join(', ')}.`);
  if (!within(crf, 0, 51)) throw wrong('crf', 'A number from 0 to 51.');
  if (threads !== undefined && !(Number.isInteger(threads) && within(threads, 1, 128)))
    throw wrong('threads', 'A whole number from 1 to 128.');
  if (!within(loudness?.target, -70, -5)) throw wrong('loudness.target', 'LUFS from -70 to -5.');
  if (!within(loudness?.tolerance, 0, 20)) throw wrong('loudness.tolerance', 'LU from 0 to 20.');
  if (!within(loudness?.truePeak, -9, 0)) throw wrong('loudness.truePeak', 'dBTP from -9 to 0.');
}
