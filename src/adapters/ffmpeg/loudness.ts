/** Loudness in two passes: measure the joined sound, then one linear gain (EBU R 128, ffmpeg's loudnorm). */

import { type CutPlan, filterGraph } from './cut-plan.ts';
import { inputsOf } from './encode.ts';
import type { OpenInputs } from './input.ts';
import { type FfmpegJob, runJob } from './job.ts';
import type { Loudness } from './options.ts';

const MEASURED = ['input_i', 'input_tp', 'input_lra', 'input_thresh', 'target_offset'] as const;
const RANGE_LU = 11;

/** The filter that brings the film to its target; undefined where it is near enough, silent or without sound. */
export async function loudnessFilter(
  plan: CutPlan,
  open: OpenInputs,
  job: Pick<FfmpegJob, 'ffmpeg' | 'cwd' | 'signal' | 'deadline'>,
  { target = -14, tolerance = 1, truePeak = -1 }: Loudness,
): Promise<string | undefined> {
  if (!plan.parts.some(({ info }) => info.hasAudio)) return undefined;
  const aim = `loudnorm=I=${target}:TP=${truePeak}:LRA=${RANGE_LU}`;
  const lines: string[] = [];
  const graph = filterGraph(plan, { burns: false, loudnorm: `${aim}:print_format=json`, only: 'sound' });
  await runJob(
    {
      ...job,
      inputs: inputsOf(plan, open),
      options: ['-filter_complex', graph, '-map', '[a]', '-f', 'null'],
      output: '-',
      onStderrLine: (line) => void lines.push(line),
    },
    open,
  );
  const read = (name: string) =>
    Number(new RegExp(`"${name}" : "(-?[\\d.]+)"`).exec(lines.join('\n'))?.[1] ?? Number.NaN);
  const [i, tp, lra, threshold, offset] = MEASURED.map(read);
  if (i === undefined || ![i, tp, lra, threshold, offset].every(Number.isFinite)) return undefined;
  if (Math.abs(i - target) <= tolerance) return undefined;
  return `${aim}:measured_I=${i}:measured_TP=${tp}:measured_LRA=${lra}:measured_thresh=${threshold}:offset=${offset}:linear=true`;
}
