/** The final cut: parts joined, captions burned in, one encode. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { CutRequest, MediaInfo, TemporarySource } from '../../core/ports.ts';
import { captionLog } from './caption-log.ts';
import { type CutPlan, filterGraph, planCut, rateText, seekSeconds } from './cut-plan.ts';
import { dialogueOf, type GlyphCheck } from './glyphs.ts';
import { type OpenInputs, openInputs } from './input.ts';
import { type FfmpegJob, runJob } from './job.ts';
import { loudnessFilter } from './loudness.ts';
import type { FfmpegOptions } from './options.ts';
import type { FfmpegTools } from './resolve.ts';
import { inWorkspace, placeFonts } from './workspace.ts';

export interface CutTools {
  readonly tools: FfmpegTools;
  readonly options: FfmpegOptions;
  readonly fonts: () => Promise<readonly string[]>;
  readonly checkGlyphs: (tools: FfmpegTools, text: string, signal?: AbortSignal) => Promise<GlyphCheck>;
}

/** Ten times what x264 needs for a noisy picture: only a runaway reaches it. */
const MAX_BYTES_PER_PIXEL_SECOND = 16;

/** Same input, same bytes: no dates, no encoder names. */
const REPRODUCIBLE = [
  '-map_metadata',
  '-1',
  '-map_chapters',
  '-1',
  '-fflags',
  '+bitexact',
  '-flags:v',
  '+bitexact',
  '-flags:a',
  '+bitexact',
];

/** As `Media.cut` describes. */
export async function cut(
  request: CutRequest,
  cutTools: CutTools,
): Promise<TemporarySource & { readonly info: MediaInfo }> {
  const { tools, options } = cutTools;
  const { signal } = request;
  const deadline = Date.now() + request.timeoutMs;
  const sources = request.parts.map(({ source }) => source);
  const infos = await Promise.all(sources.map((source) => measureMp4(source, { signal })));
  const burns = request.ass !== undefined;
  const planFor = (changesLoudness: boolean) =>
    planCut(request.parts, infos, { endMs: request.endMs, burns, changesLoudness });
  const made = await inWorkspace(options.tempDir, 'out.mp4', async (workDir) => {
    const env = request.ass === undefined ? {} : await placeCaptions(workDir, request.ass, cutTools, signal);
    await using open = await openInputs(sources);
    const measure: Pick<FfmpegJob, 'ffmpeg' | 'cwd' | 'signal' | 'deadline'> = {
      ffmpeg: tools.ffmpeg,
      cwd: workDir,
      signal,
      deadline,
    };
    const loudnorm = options.loudness && (await loudnessFilter(planFor(true), open, measure, options.loudness));
    const plan = planFor(loudnorm !== undefined);
    const log = captionLog();
    await runJob(
      {
        ...measure,
        env,
        inputs: inputsOf(plan, open),
        options: [
          ...mapping(plan, burns, loudnorm),
          ...encoding(plan, options),
          ...limits(plan),
          ...REPRODUCIBLE,
          '-movflags',
          '+faststart',
        ],
        output: 'out.mp4',
        onStderrLine: log.onStderrLine,
        frames: plan.frames,
        onProgress: request.onProgress,
      },
      open,
    );
    if (burns) throwIfMissing(log.missing());
  });
  try {
    const info = await measureMp4(made, { signal });
    const expected = planFor(false).frames;
    if (info.frames === expected) return { ...made, info };
    throw new ReelstateError('retryable', `The cut has ${info.frames} frames in place of ${expected}.`, {
      code: 'cut-incomplete',
      effect: 'none',
      cure: 'Try again; if it stays so, the source is damaged.',
    });
  } catch (error) {
    await made.dispose();
    throw error;
  }
}

async function placeCaptions(
  workDir: string,
  ass: string,
  { tools, fonts, checkGlyphs }: CutTools,
  signal?: AbortSignal,
) {
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

export const inputsOf = (plan: CutPlan, open: OpenInputs): FfmpegJob['inputs'] =>
  plan.parts.map((part) => {
    const input = open.inputs[part.index];
    if (!input) throw new Error('A part without an input.');
    const seconds = seekSeconds(part);
    return { ...input, seek: seconds > 0 ? ['-ss', seconds.toFixed(6)] : [] };
  });

function mapping(plan: CutPlan, burns: boolean, loudnorm: string | undefined): string[] {
  if (plan.copiesVideo && plan.copiesAudio) return ['-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy'];
  const hasSound = plan.parts.some(({ info }) => info.hasAudio);
  const sound = plan.copiesAudio ? ['-map', '0:a:0', '-c:a', 'copy'] : ['-map', '[a]', '-c:a', 'aac', '-b:a', '160k'];
  return ['-filter_complex', filterGraph(plan, { burns, loudnorm }), '-map', '[v]', ...(hasSound ? sound : [])];
}

function encoding(plan: CutPlan, { preset = 'superfast', crf = 21, threads }: FfmpegOptions): string[] {
  if (plan.copiesVideo && plan.copiesAudio) return [];
  const cores = threads === undefined ? [] : ['-threads', `${threads}`];
  return [
    '-c:v',
    'libx264',
    '-preset',
    preset,
    '-crf',
    `${crf}`,
    '-pix_fmt',
    'yuv420p',
    '-r',
    rateText(plan.framesPerSecond),
    ...cores,
  ];
}

function limits(plan: CutPlan): string[] {
  const seconds = plan.frames / plan.framesPerSecond;
  const bytes = Math.ceil(1e6 + seconds * plan.width * plan.height * MAX_BYTES_PER_PIXEL_SECOND);
  return ['-t', seconds.toFixed(6), '-fs', `${bytes}`];
}
