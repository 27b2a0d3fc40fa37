/** What the `doctor` of the command line tells about ffmpeg. */
import { ReelstateError } from '../../core/errors.ts';
import type { FfmpegOptions } from './options.ts';
import { type FfmpegOrigin, INSTALL_CURE, listCandidates, resolveFfmpeg } from './resolve.ts';
import { type Findings, probeFfmpeg } from './suitability.ts';
import { listFonts } from './workspace.ts';

/** Something that keeps this ffmpeg from making every film. */
export interface FfmpegProblem {
  /** One sentence for people. */
  readonly message: string;
  /** One sentence that says what to do. */
  readonly cure: string;
  /** False where films can be made all the same. */
  readonly blocking: boolean;
}

/** What is known of the ffmpeg that would be used. */
export interface FfmpegReport extends Partial<Omit<Findings, 'problems'>> {
  /** Absent where there is none. */
  readonly path?: string;
  /** Absent where there is none, which no film needs. */
  readonly ffprobe?: string;
  /** Where it was found. */
  readonly source?: FfmpegOrigin;
  /** Font files that captions are drawn with, the shipped one first. */
  readonly fonts: readonly string[];
  /** Empty where all is well. */
  readonly problems: readonly FfmpegProblem[];
}

/** Looks at the ffmpeg that `ffmpeg(options)` would use, and at the fonts. Never throws for what it finds. */
export async function inspectFfmpeg(options: FfmpegOptions = {}): Promise<FfmpegReport> {
  const problems: FfmpegProblem[] = [];
  const note = (error: unknown, cure: string) => {
    const known = ReelstateError.from(error);
    problems.push({ message: known.message, cure: known.cure ?? cure, blocking: true });
    return undefined;
  };
  const fonts = (await listFonts(options.fonts).catch((error: unknown) => note(error, 'Reinstall reelstate.'))) ?? [];
  const request = { ffmpegPath: options.ffmpegPath };
  const tools = await resolveFfmpeg(request).catch((error: unknown) => note(error, INSTALL_CURE));
  const candidates = tools ? [] : await listCandidates(request).catch(() => []);
  const path = tools?.ffmpeg ?? candidates[0]?.ffmpeg;
  const origin = tools?.origin ?? candidates[0]?.origin;
  const findings = path === undefined ? undefined : await probeFfmpeg(path);
  if (tools && !tools.hasHarfBuzz) {
    problems.push({
      message:
        'The libass of this ffmpeg has no HarfBuzz: no captions in Arabic, Hindi, Thai and other scripts that need shaping.',
      cure: 'For those install the ffmpeg of your system: apt-get install ffmpeg, or brew install ffmpeg.',
      blocking: false,
    });
  }
  return {
    ...findings,
    ...(path === undefined ? {} : { path }),
    ...(origin === undefined ? {} : { source: origin }),
    ...(tools?.ffprobe === undefined ? {} : { ffprobe: tools.ffprobe }),
    fonts,
    problems,
  };
}
