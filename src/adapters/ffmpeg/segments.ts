/** Incremental cutting: pictures burned ahead of time, joined by copy when the rest is there. */
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { MediaInfo, Source } from '../../core/ports.ts';
import { type CutPlan, filterGraph, isAlike, planAfter } from './cut-plan.ts';
import { AAC, burnPicture, closing, inputsOf, type JobBase } from './encode.ts';
import { type OpenInputs, openInputs } from './input.ts';
import { runJob } from './job.ts';
import type { FfmpegOptions } from './options.ts';
import { streamHeader } from './stream-header.ts';
import { fileSource } from './workspace.ts';

/** The tail is the work; the join that follows takes a fifth of a second. */
const TAIL_SHARE = 0.95;

export interface Joining {
  readonly plan: CutPlan;
  readonly burned: readonly Source[];
  /** Of the captions, which are in the work folder already. */
  readonly env: Readonly<Record<string, string>>;
  /** The parts' inputs. */
  readonly open: OpenInputs;
  readonly job: JobBase;
  readonly loudnorm: string | undefined;
  readonly options: FfmpegOptions;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/**
 * Burns what the segments lack and joins all by copy into `out.mp4`. Segments that do not fit (another size, rate, encoder, or
 * beyond the film's end) are left out from the first one on.
 *
 * @returns false, with nothing made, where no segment fits: the film needs the one pass.
 */
export async function joinBurned(joining: Joining): Promise<boolean> {
  const { plan, open, job, env, options, onProgress } = joining;
  const { segments, frames } = await fittingSegments(joining);
  if (frames === 0) return false;
  if (frames < plan.frames) {
    const tail = planAfter(plan, frames);
    const share = onProgress && ((fraction: number) => onProgress(Math.min(fraction * TAIL_SHARE, TAIL_SHARE)));
    await burnPicture(tail, open, { ...job, env, output: 'tail.mp4', filmFrame: frames, onProgress: share }, options);
    const path = join(job.cwd, 'tail.mp4');
    const source = fileSource(path, (await stat(path)).size);
    segments.push({ source, info: await measureMp4(source) });
  }
  if (!(await fitByCopy(segments, job))) return false;
  await using pieces = await openInputs(segments.map(({ source }) => source));
  await writeFile(join(job.cwd, 'list.txt'), concatList(pieces, segments));
  await runJob(
    {
      ...job,
      inputs: [
        {
          options: ['-protocol_whitelist', 'file,http,tcp', '-f', 'concat', '-safe', '0', '-auto_convert', '0'],
          url: 'list.txt',
        },
        ...inputsOf(plan, open),
      ],
      options: [...sound(joining), ...closing(plan)],
      output: 'out.mp4',
      onProgress: onProgress && ((fraction) => fraction === 1 && onProgress(1)),
    },
    { ...open, sourceError: () => open.sourceError() ?? pieces.sourceError() },
  );
  return true;
}

/** What a segment may be that its maker left whole: gone, or something else. */
const DAMAGED = ['object-not-found', 'unusable-media'];

interface Segment {
  readonly source: Source;
  readonly info: MediaInfo;
}

async function fittingSegments({ burned, plan, job }: Joining): Promise<{ segments: Segment[]; frames: number }> {
  const segments: Segment[] = [];
  let frames = 0;
  for (const source of burned) {
    const info = await measureMp4(source, { signal: job.signal }).catch((error: unknown) => {
      if (ReelstateError.is(error) && DAMAGED.includes(error.code)) return undefined;
      throw error;
    });
    if (!info || !isAlike(info, plan) || info.videoCodec !== 'h264' || frames + info.frames > plan.frames) break;
    segments.push({ source, info });
    frames += info.frames;
  }
  return { segments, frames };
}

/** A player sets its decoder up once: the pieces must have the same stream header and clock. Other builds of x264 may differ. */
async function fitByCopy(segments: readonly Segment[], { signal }: JobBase): Promise<boolean> {
  const headers = await Promise.all(segments.map(({ source }) => streamHeader(source, signal)));
  return headers.every((header) => header !== undefined && header === headers[0]);
}

function concatList(pieces: OpenInputs, segments: readonly Segment[]): string {
  const entries = pieces.inputs.map(({ url }, index) => {
    const info = segments[index]?.info;
    const seconds = info ? info.frames / info.framesPerSecond : 0;
    return `file '${url.replaceAll("'", "'\\''")}'\nduration ${seconds.toFixed(6)}\n`;
  });
  return `ffconcat version 1.0\n${entries.join('')}`;
}

function sound({ plan, loudnorm }: Joining): string[] {
  const picture = ['-map', '0:v:0', '-c:v', 'copy'];
  if (plan.copiesAudio) return [...picture, '-map', '1:a:0?', '-c:a', 'copy'];
  if (!plan.parts.some(({ info }) => info.hasAudio)) return picture;
  const graph = filterGraph(plan, { burns: false, only: 'sound', loudnorm, firstInput: 1 });
  return ['-filter_complex', graph, ...picture, '-map', '[a]', ...AAC];
}
