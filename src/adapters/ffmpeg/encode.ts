/** From a plan to jobs: what all ways of cutting share. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { captionLog } from './caption-log.ts';
import { type CutPlan, filterGraph, rateText, seekSeconds } from './cut-plan.ts';
import { dialogueOf, type GlyphCheck, isDrawn } from './glyphs.ts';
import type { OpenInputs } from './input.ts';
import { type FfmpegJob, runJob } from './job.ts';
import type { FfmpegOptions } from './options.ts';
import type { FfmpegTools } from './resolve.ts';
import { placeFonts } from './workspace.ts';

/** What a cut is made with. */
export interface CutTools {
  readonly tools: FfmpegTools;
  readonly options: FfmpegOptions;
  readonly fonts: () => Promise<readonly string[]>;
  readonly checkGlyphs: (tools: FfmpegTools, text: string, signal?: AbortSignal) => Promise<GlyphCheck>;
}

/** What all jobs of one cut share. */
export type JobBase = Pick<FfmpegJob, 'ffmpeg' | 'cwd' | 'signal' | 'deadline'>;

/** Ten times what x264 needs for a noisy picture: only a runaway reaches it. */
const MAX_BYTES_PER_PIXEL_SECOND = 16;

/** Same input, same bytes: no dates, no encoder names. `moov` first, so that players start before they have the whole. */
const FILE_FORM =
  '-map_metadata -1 -map_chapters -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact -movflags +faststart'.split(
    ' ',
  );

export const AAC = ['-c:a', 'aac', '-b:a', '160k'];

/** Length and size limits of a result, and its form. */
export function closing(plan: CutPlan): string[] {
  const seconds = plan.frames / plan.framesPerSecond;
  const bytes = Math.ceil(1e6 + seconds * plan.width * plan.height * MAX_BYTES_PER_PIXEL_SECOND);
  return ['-t', seconds.toFixed(6), '-fs', `${bytes}`, ...FILE_FORM];
}

export function x264(plan: CutPlan, { preset = 'superfast', crf = 21, threads }: FfmpegOptions): string[] {
  const quality = ['-c:v', 'libx264', '-preset', preset, '-crf', `${crf}`, '-pix_fmt', 'yuv420p'];
  return [
    ...quality,
    '-r',
    rateText(plan.framesPerSecond),
    ...(threads === undefined ? [] : ['-threads', `${threads}`]),
  ];
}

/** One input per part of the plan, sought to where the part begins. */
export const inputsOf = (plan: CutPlan, open: OpenInputs): FfmpegJob['inputs'] =>
  plan.parts.map((part) => {
    const input = open.inputs[part.index];
    if (!input) throw new Error('A part without an input.');
    const seconds = seekSeconds(part, plan);
    return { ...input, seek: seconds > 0 ? ['-ss', seconds.toFixed(6)] : [] };
  });

/**
 * Puts captions and fonts into the work folder under constant names, once it is sure that the fonts have all characters.
 *
 * @returns the environment that ffmpeg needs for them.
 */
export async function placeCaptions(
  workDir: string,
  ass: string,
  { tools, fonts, checkGlyphs }: CutTools,
  signal?: AbortSignal,
): Promise<Record<string, string>> {
  const { missing, needsSystemFonts } = await checkGlyphs(tools, dialogueOf(ass), signal);
  throwIfMissing(missing);
  await writeFile(join(workDir, 'c.ass'), ass);
  return placeFonts(workDir, await fonts(), needsSystemFonts);
}

function throwIfMissing(missing: readonly string[]): void {
  if (missing.length === 0) return;
  throw new ReelstateError('permanent', `The caption fonts lack ${missing.length} of the characters.`, {
    code: 'caption-glyphs-missing',
    cure: 'Give ffmpeg({ fonts }) a font that has them, or take them out of the captions.',
    details: { missing },
  });
}

/** Runs a job that burns captions; a glyph that libass did not find after all fails it. */
export async function runBurn(job: FfmpegJob, open: OpenInputs): Promise<void> {
  const log = captionLog();
  await runJob({ ...job, onStderrLine: log.onStderrLine }, open);
  throwIfMissing(log.missing().filter(isDrawn));
}

/** The picture alone, its captions timed by the film, in which it begins at `filmFrame`. */
export async function burnPicture(
  plan: CutPlan,
  open: OpenInputs,
  job: JobBase & Pick<FfmpegJob, 'env' | 'onProgress' | 'output'> & { readonly filmFrame: number },
  options: FfmpegOptions,
): Promise<void> {
  const graph = filterGraph(plan, { burns: true, only: 'picture', filmFrame: job.filmFrame });
  await runBurn(
    {
      ...job,
      inputs: inputsOf(plan, open),
      options: ['-filter_complex', graph, '-map', '[v]', '-an', ...x264(plan, options), ...closing(plan)],
      frames: plan.frames,
    },
    open,
  );
}
