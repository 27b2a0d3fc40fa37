/** The final cut: parts joined, captions burned in, one encode. */
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { CutRequest, MediaInfo, SegmentRequest, Source, TemporarySource } from '../../core/ports.ts';
import { type CutPlan, filterGraph, planCut } from './cut-plan.ts';
import {
  AAC,
  burnPicture,
  type CutTools,
  closing,
  inputsOf,
  type JobBase,
  placeCaptions,
  runBurn,
  x264,
} from './encode.ts';
import { openInputs } from './input.ts';
import { runJob } from './job.ts';
import { loudnessFilter } from './loudness.ts';
import { joinBurned } from './segments.ts';
import { inWorkspace } from './workspace.ts';

type Cut = TemporarySource & { readonly info: MediaInfo };

/** As `Media.cut` describes. */
export async function cut(request: CutRequest, cutTools: CutTools): Promise<Cut> {
  const { options } = cutTools;
  const { signal, ass, burned = [], onProgress } = request;
  const base = { ffmpeg: cutTools.tools.ffmpeg, signal, deadline: Date.now() + request.timeoutMs };
  const { sources, infos } = await measureAll(request.parts, signal);
  const burns = ass !== undefined;
  const planFor = (changesLoudness: boolean) =>
    planCut(request.parts, infos, { endMs: request.endMs, burns, changesLoudness });
  const made = await inWorkspace(options.tempDir, 'out.mp4', async (cwd) => {
    await using open = await openInputs(sources);
    const job: JobBase = { ...base, cwd };
    const loudnorm = options.loudness && (await loudnessFilter(planFor(true), open, job, options.loudness));
    const plan = planFor(loudnorm !== undefined);
    const env = burns ? await placeCaptions(cwd, ass, cutTools, signal) : {};
    if (burns && (await joinBurned({ plan, burned, open, job, env, loudnorm, options, onProgress }))) return;
    const encode = { ...job, env, inputs: inputsOf(plan, open), output: 'out.mp4', frames: plan.frames, onProgress };
    const whole = { ...encode, options: [...streams(plan, burns, loudnorm, cutTools), ...closing(plan)] };
    await (burns ? runBurn(whole, open) : runJob(whole, open));
  });
  return checked(made, planFor(false).frames, signal);
}

/** As `Media.segment` describes. */
export async function segment(request: SegmentRequest, cutTools: CutTools): Promise<Cut> {
  const { signal, onProgress } = request;
  const base = { ffmpeg: cutTools.tools.ffmpeg, signal, deadline: Date.now() + request.timeoutMs };
  const { sources, infos } = await measureAll(request.parts, signal);
  const plan = planCut(request.parts, infos, { burns: true, changesLoudness: false });
  const filmFrame = Math.round((request.startMs * plan.framesPerSecond) / 1000);
  const made = await inWorkspace(cutTools.options.tempDir, 'out.mp4', async (cwd) => {
    await using open = await openInputs(sources);
    const env = await placeCaptions(cwd, request.ass, cutTools, signal);
    await burnPicture(plan, open, { ...base, cwd, env, output: 'out.mp4', filmFrame, onProgress }, cutTools.options);
  });
  return checked(made, plan.frames, signal);
}

async function measureAll(parts: CutRequest['parts'], signal: AbortSignal | undefined) {
  const sources: Source[] = parts.map(({ source }) => source);
  return { sources, infos: await Promise.all(sources.map((source) => measureMp4(source, { signal }))) };
}

function streams(plan: CutPlan, burns: boolean, loudnorm: string | undefined, { options }: CutTools): string[] {
  if (plan.copiesVideo && plan.copiesAudio) return ['-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy'];
  const hasSound = plan.parts.some(({ info }) => info.hasAudio);
  const sound = plan.copiesAudio ? ['-map', '0:a:0', '-c:a', 'copy'] : ['-map', '[a]', ...AAC];
  const graph = filterGraph(plan, { burns, loudnorm });
  return ['-filter_complex', graph, '-map', '[v]', ...(hasSound ? sound : []), ...x264(plan, options)];
}

/** ffmpeg ends with 0 also where it read less than there was. */
async function checked(made: TemporarySource, frames: number, signal: AbortSignal | undefined): Promise<Cut> {
  try {
    const info = await measureMp4(made, { signal });
    if (info.frames === frames) return { ...made, info };
    throw new ReelstateError('retryable', `The cut has ${info.frames} frames in place of ${frames}.`, {
      code: 'cut-incomplete',
      effect: 'none',
      cure: 'Try again; if it stays so, the source is damaged.',
    });
  } catch (error) {
    await made.dispose();
    throw error;
  }
}
