/** Sound and single frames of a video. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { measureMp4 } from '../../core/mp4.ts';
import type { Media, TemporarySource } from '../../core/ports.ts';
import { openInputs } from './input.ts';
import { runJob } from './job.ts';
import type { FfmpegTools } from './resolve.ts';
import { inWorkspace } from './workspace.ts';

const SAMPLE_RATE = 16_000;
/** Uncompressed, with room for headers: FLAC never needs more. */
const MAX_BYTES_PER_SECOND = SAMPLE_RATE * 2.2;
/** Where the last frame is not where the index has it, the last of this many seconds is. */
const LAST_RESORT_SECONDS = 3;

interface Context {
  readonly tools: FfmpegTools;
  readonly tempDir: string | undefined;
}

/** Mono 16 kHz FLAC, exactly as long as the stretch: its own time 0 is `fromMs`, with silence where there is no sound. */
export async function extractAudio(
  ...[source, options, { tools, tempDir }]: [...Parameters<Media['audio']>, Context]
): Promise<TemporarySource> {
  const deadline = Date.now() + options.timeoutMs;
  const { signal } = options;
  const { hasAudio } = await measureMp4(source, { signal });
  if (!hasAudio) throw new ReelstateError('permanent', 'This video has no sound.', { code: 'no-audio' });
  const seconds = options.durationMs / 1000;
  const samples = Math.round(seconds * SAMPLE_RATE);
  return inWorkspace(tempDir, 'a.flac', async (cwd) => {
    await using open = await openInputs([source]);
    const seek = options.fromMs > 0 ? ['-ss', (options.fromMs / 1000).toFixed(3)] : [];
    const form = `aformat=sample_fmts=s16:sample_rates=${SAMPLE_RATE}:channel_layouts=mono`;
    const filters = `aresample=async=1:first_pts=0,${form},apad,atrim=end_sample=${samples}`;
    const caps = ['-t', seconds.toFixed(3), '-fs', `${Math.ceil(65_536 + seconds * MAX_BYTES_PER_SECOND)}`];
    const job = {
      ffmpeg: tools.ffmpeg,
      cwd,
      signal,
      deadline,
      inputs: open.inputs.map((input) => ({ ...input, seek })),
      output: 'a.flac',
    };
    await runJob(
      {
        ...job,
        options: [
          '-map',
          '0:a:0',
          '-vn',
          '-af',
          filters,
          '-c:a',
          'flac',
          ...caps,
          '-fflags',
          '+bitexact',
          '-flags:a',
          '+bitexact',
        ],
      },
      open,
    );
  });
}

/** The frame that is seen at that moment, past the end the last one. */
export async function extractFrame(
  ...[source, options, { tools, tempDir }]: [...Parameters<Media['frame']>, Context]
): Promise<TemporarySource> {
  const deadline = Date.now() + options.timeoutMs;
  const { signal } = options;
  const { frames, framesPerSecond, durationMs } = await measureMp4(source, { signal });
  const last = frames - 1;
  // Half a millisecond later, because moments on a frame are rounded to milliseconds.
  const index =
    options.atMs === 'last'
      ? last
      : Math.min(last, Math.max(0, Math.floor(((options.atMs + 0.5) * framesPerSecond) / 1000)));
  const output = options.format === 'png' ? 'frame.png' : 'frame.jpg';
  const quality = options.format === 'png' ? [] : ['-q:v', '3'];
  const attempts = [
    { seconds: (index - 0.5) / framesPerSecond, count: ['-frames:v', '1'] },
    ...(index === last ? [{ seconds: durationMs / 1000 - LAST_RESORT_SECONDS, count: [] }] : []),
  ];
  return inWorkspace(tempDir, output, async (cwd) => {
    await using open = await openInputs([source]);
    for (const { seconds, count } of attempts) {
      const seek = seconds > 0 ? ['-ss', seconds.toFixed(6)] : [];
      const job = {
        ffmpeg: tools.ffmpeg,
        cwd,
        signal,
        deadline,
        inputs: open.inputs.map((input) => ({ ...input, seek })),
        output,
      };
      await runJob(
        {
          ...job,
          options: [
            '-map',
            '0:v:0',
            '-an',
            ...count,
            ...quality,
            '-update',
            '1',
            '-fflags',
            '+bitexact',
            '-flags:v',
            '+bitexact',
          ],
        },
        open,
      );
      if (await isFilled(join(cwd, output))) return;
    }
  });
}

const isFilled = async (path: string) => ((await stat(path).catch(() => undefined))?.size ?? 0) > 0;
