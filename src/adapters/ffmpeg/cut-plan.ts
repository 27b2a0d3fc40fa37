/** Pure: from the parts of a film and their measures to one ffmpeg command line. */
import { ReelstateError } from '../../core/errors.ts';
import type { CutPart, MediaInfo } from '../../core/ports.ts';

/** A part of the film in whole frames of its own source. */
export interface PlannedPart {
  /** Its place among the parts that were asked for. */
  readonly index: number;
  readonly info: MediaInfo;
  /** The first frame that is shown, counted in the source at the film's frame rate. */
  readonly firstFrame: number;
  /** Frames that are shown. */
  readonly frames: number;
}

export interface CutPlan {
  readonly parts: readonly PlannedPart[];
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
  /** Of the whole film. */
  readonly frames: number;
  /** The sound is that of the only part, from its start (or there is none): it is copied and not encoded anew. */
  readonly copiesAudio: boolean;
  /** There is nothing to do to the picture either. */
  readonly copiesVideo: boolean;
}

export interface PlanOptions {
  readonly endMs?: number | undefined;
  readonly burns: boolean;
  readonly changesLoudness: boolean;
}

const SAMPLE_RATE = 48_000;
const FORM = `aformat=sample_fmts=fltp:sample_rates=${SAMPLE_RATE}:channel_layouts=stereo`;
/** Long enough against a click where two sounds meet, too short to be heard as a gap. */
const DECLICK_SECONDS = 0.008;

const sameRate = (a: number, b: number) => Math.abs(a - b) < 1e-4;

/**
 * Counts the frames. The film has the size and the frame rate of its first part.
 *
 * @throws ReelstateError `permanent` `cut-out-of-range` where a part asks for more than half a second that its source lacks.
 */
export function planCut(parts: readonly CutPart[], infos: readonly MediaInfo[], options: PlanOptions): CutPlan {
  const first = infos[0];
  if (!first) throw outOfRange('The film has no parts.');
  const { framesPerSecond, width, height } = first;
  const toFrames = (ms: number) => Math.round((ms * framesPerSecond) / 1000);
  let left = options.endMs === undefined ? Number.POSITIVE_INFINITY : toFrames(options.endMs);
  const planned: PlannedPart[] = [];
  for (const [index, part] of parts.entries()) {
    const info = infos[index] ?? first;
    const available = sameRate(info.framesPerSecond, framesPerSecond) ? info.frames : toFrames(info.durationMs);
    const dropped = part.dropFirstFrame ? 1 : 0;
    const start = toFrames(part.fromMs);
    const wanted = toFrames(part.durationMs);
    if (start + wanted > available + framesPerSecond / 2)
      throw outOfRange(`Part ${index + 1} is shorter than was asked for.`);
    const frames = Math.min(wanted, available - start, left + dropped) - dropped;
    if (frames <= 0) continue;
    left -= frames;
    planned.push({ index, info, firstFrame: start + dropped, frames });
  }
  const only = planned.length === 1 ? planned[0] : undefined;
  if (planned.length === 0) throw outOfRange('Nothing of the film is left to cut.');
  const copiesAudio =
    only?.firstFrame === 0 && ['aac', undefined].includes(only.info.audioCodec) && !options.changesLoudness;
  const whole = only?.firstFrame === 0 && only.frames === only.info.frames;
  return {
    parts: planned,
    framesPerSecond,
    width,
    height,
    frames: planned.reduce((sum, part) => sum + part.frames, 0),
    copiesAudio,
    copiesVideo: whole && !options.burns && only.info.videoCodec === 'h264',
  };
}

/** The plan of what follows the film's first `frames` frames. */
export function planAfter(plan: CutPlan, frames: number): CutPlan {
  let skipped = frames;
  const parts: PlannedPart[] = [];
  for (const part of plan.parts) {
    const gone = Math.min(skipped, part.frames);
    skipped -= gone;
    if (gone < part.frames) parts.push({ ...part, firstFrame: part.firstFrame + gone, frames: part.frames - gone });
  }
  return { ...plan, parts, frames: plan.frames - frames, copiesAudio: false, copiesVideo: false };
}

/** Whether a picture has the film's size and rate, so that the two can be joined by copy. */
export const isAlike = (info: MediaInfo, plan: CutPlan): boolean =>
  info.width === plan.width && info.height === plan.height && sameRate(info.framesPerSecond, plan.framesPerSecond);

const outOfRange = (message: string) => new ReelstateError('permanent', message, { code: 'cut-out-of-range' });

/** A frame rate as ffmpeg likes it: 24, 30000/1001. */
export function rateText(framesPerSecond: number): string {
  if (sameRate(framesPerSecond, Math.round(framesPerSecond))) return `${Math.round(framesPerSecond)}`;
  const thousands = Math.round(framesPerSecond * 1.001) * 1000;
  return sameRate(framesPerSecond, thousands / 1001) ? `${thousands}/1001` : framesPerSecond.toFixed(6);
}

/** Where to begin reading: half a frame early, so that rounding never loses the frame itself. */
export const seekSeconds = ({ firstFrame }: PlannedPart, { framesPerSecond }: CutPlan): number =>
  firstFrame === 0 ? 0 : (firstFrame - 0.5) / framesPerSecond;

export interface GraphOptions {
  readonly burns: boolean;
  readonly loudnorm?: string | undefined;
  /** @default both */
  readonly only?: 'picture' | 'sound';
  /** How far into the film the plan begins, in frames: captions are timed by the film. */
  readonly filmFrame?: number;
  /** Index of the input of the first part. @default 0 */
  readonly firstInput?: number;
}

/** The filter graph; its numbers are ours and its file names constant. Outputs `[v]` and, unless the sound is copied, `[a]`. */
export function filterGraph(plan: CutPlan, options: GraphOptions): string {
  const { only, firstInput = 0 } = options;
  const samplesUntil = (frames: number) => Math.round((frames * SAMPLE_RATE) / plan.framesPerSecond);
  const withVideo = only !== 'sound';
  const withAudio = only !== 'picture' && !plan.copiesAudio && plan.parts.some(({ info }) => info.hasAudio);
  const chains: string[] = [];
  const labels: string[] = [];
  let frames = 0;
  for (const [index, part] of plan.parts.entries()) {
    const input = firstInput + index;
    if (withVideo) chains.push(`[${input}:v:0]${pictureChain(part, plan)}[v${index}]`);
    const samples = samplesUntil(frames + part.frames) - samplesUntil(frames);
    frames += part.frames;
    if (withAudio) chains.push(`${soundChain(part, plan, { input, index, samples })}[a${index}]`);
    labels.push(`${withVideo ? `[v${index}]` : ''}${withAudio ? `[a${index}]` : ''}`);
  }
  const joined = `${withVideo ? '[vj]' : ''}${withAudio ? '[aj]' : ''}`;
  chains.push(`${labels.join('')}concat=n=${plan.parts.length}:v=${Number(withVideo)}:a=${Number(withAudio)}${joined}`);
  if (withVideo) chains.push(`[vj]${burning(plan, options)}format=yuv420p[v]`);
  if (withAudio)
    chains.push(`[aj]${options.loudnorm ? `${options.loudnorm},aresample=${SAMPLE_RATE},` : ''}${FORM}[a]`);
  return chains.join(';');
}

function burning(plan: CutPlan, { burns, filmFrame = 0 }: GraphOptions): string {
  if (!burns) return '';
  const rate = rateText(plan.framesPerSecond);
  const [there, back] = filmFrame > 0 ? [`setpts=(N+${filmFrame})/(${rate})/TB,`, `setpts=N/(${rate})/TB,`] : ['', ''];
  return `${there}ass=c.ass:fontsdir=fonts,${back}`;
}

function pictureChain({ info, frames }: PlannedPart, plan: CutPlan): string {
  const { width, height } = plan;
  const rate = rateText(plan.framesPerSecond);
  const filters = [`trim=end_frame=${frames}`, `setpts=N/(${rate})/TB`, 'setsar=1'];
  if (!sameRate(info.framesPerSecond, plan.framesPerSecond)) filters.unshift(`fps=${rate}`);
  if (info.width !== width || info.height !== height) {
    filters.push(
      `scale=${width}:${height}:force_original_aspect_ratio=decrease`,
      `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2`,
      'setsar=1',
    );
  }
  return filters.join(',');
}

/** Exactly as long as the part's picture, silence where the sound begins late or ends early, faded where it meets another part. */
function soundChain(
  part: PlannedPart,
  plan: CutPlan,
  { input, index, samples }: { readonly input: number; readonly index: number; readonly samples: number },
): string {
  const exact = `atrim=end_sample=${samples},asetpts=N/SR/TB`;
  if (!part.info.hasAudio) return `anullsrc=r=${SAMPLE_RATE}:cl=stereo,${FORM},${exact}`;
  // The seek begins half a frame before the first frame.
  const early = part.firstFrame === 0 ? '' : (0.5 / plan.framesPerSecond).toFixed(6);
  const start = early ? `atrim=start=${early},asetpts=PTS-${early}/TB,` : '';
  const until = (samples / SAMPLE_RATE - DECLICK_SECONDS).toFixed(6);
  const fades = [
    ...(index > 0 ? [`afade=t=in:d=${DECLICK_SECONDS}`] : []),
    ...(index < plan.parts.length - 1 ? [`afade=t=out:st=${until}:d=${DECLICK_SECONDS}`] : []),
  ];
  // The form comes last, or a later filter (loudnorm) would have the samples counted at its own rate.
  const aligned = `aresample=async=1:first_pts=0,${FORM}`;
  return `[${input}:a:0]${start}${aligned},apad,${[exact, ...fades].join(',')}`;
}
