/** Black, frozen and silent stretches, found by ffmpeg's detectors while the take is still cheap to replace. */
import { measureMp4 } from '../../core/mp4.ts';
import type { Inspection, Interval, Media } from '../../core/ports.ts';
import { openInputs } from './input.ts';
import { runJob } from './job.ts';
import type { FfmpegTools } from './resolve.ts';
import { inPassing } from './workspace.ts';

/** A picture this small tells black and frozen as well, at a tenth of the work. */
const SMALL = 'scale=160:-2:flags=fast_bilinear';
/** 98 % of the pixels below a tenth of full brightness, for four frames. */
const BLACK = 'blackdetect=d=0.16:pic_th=0.98:pix_th=0.10';
/** Measured: a still picture encoded anew stays below -60 dB (x264, crf 18 to 34), a slowly drifting sky above -55 dB. */
const FROZEN = 'freezedetect=n=-60dB:d=0.4';
/** Speech is above -35 dBFS; the noise floor of generated sound is below -50. */
const SILENT = 'silencedetect=n=-45dB:d=0.3';

/** Detectors report the start of the last frame or block of sound as the end. */
const LAST_BIT_MS = 60;

/** As `Media.inspect` describes. */
export async function inspectStretch(
  ...[source, options, { tools, tempDir }]: [
    ...Parameters<NonNullable<Media['inspect']>>,
    { readonly tools: FfmpegTools; readonly tempDir: string | undefined },
  ]
): Promise<Inspection> {
  const deadline = Date.now() + options.timeoutMs;
  const { signal, fromMs } = options;
  const { hasAudio, durationMs } = await measureMp4(source, { signal });
  const lengthMs = Math.max(0, Math.min(options.durationMs, durationMs - fromMs));
  const seconds = (lengthMs / 1000).toFixed(3);
  const lines: string[] = [];
  await inPassing(tempDir, async (cwd) => {
    await using open = await openInputs([source]);
    const seek = fromMs > 0 ? ['-ss', (fromMs / 1000).toFixed(3)] : [];
    const picture = ['-map', '0:v:0', '-vf', [SMALL, BLACK, FROZEN].join(',')];
    const sound = hasAudio
      ? ['-map', '0:a:0', '-af', `aresample=async=1:first_pts=0,apad,atrim=end=${seconds},${SILENT}`]
      : [];
    await runJob(
      {
        ...{ ffmpeg: tools.ffmpeg, cwd, signal, deadline, output: '-' },
        inputs: open.inputs.map((input) => ({ ...input, seek })),
        options: [...picture, ...sound, '-t', seconds, '-f', 'null'],
        onStderrLine: (line) => void lines.push(line),
      },
      open,
    );
  });
  const read = (start: RegExp, end: RegExp) => intervals(lines, start, end, lengthMs).map((one) => shift(one, fromMs));
  return {
    hasAudio,
    black: read(/black_start:\s*(-?[\d.]+)/, /black_end:\s*(-?[\d.]+)/),
    frozen: read(/freeze_start:\s*(-?[\d.]+)/, /freeze_end:\s*(-?[\d.]+)/),
    silent: read(/silence_start:\s*(-?[\d.]+)/, /silence_end:\s*(-?[\d.]+)/),
  };
}

/** One that is still open when the stretch ends has no end on stderr, in some versions. */
function intervals(lines: readonly string[], start: RegExp, end: RegExp, lengthMs: number): Interval[] {
  const found: Interval[] = [];
  let startMs: number | undefined;
  const toMs = (seconds: string | undefined) => Math.min(lengthMs, Math.max(0, Math.round(Number(seconds) * 1000)));
  const close = (at: number) => {
    const endMs = lengthMs - at < LAST_BIT_MS ? lengthMs : at;
    if (startMs !== undefined && endMs > startMs) found.push({ startMs, endMs });
    startMs = undefined;
  };
  for (const line of lines) {
    const begins = start.exec(line);
    if (begins) startMs = toMs(begins[1]);
    const ends = end.exec(line);
    if (ends) close(toMs(ends[1]));
  }
  close(lengthMs);
  return found;
}

const shift = ({ startMs, endMs }: Interval, byMs: number): Interval => ({
  startMs: startMs + byMs,
  endMs: endMs + byMs,
});
