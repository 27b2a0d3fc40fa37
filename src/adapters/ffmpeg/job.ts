/** Runs one ffmpeg job: the same arguments by fluent-ffmpeg where it is installed and by a plain spawn where not. */
import { ReelstateError } from '../../core/errors.ts';
import { type JobParts, runDirect, runFluent } from './fluent.ts';
import type { OpenInputs, VideoInput } from './input.ts';
import { type ProcessResult, runProcess } from './process.ts';
import { INSTALL_CURE } from './resolve.ts';
import { diskFull } from './workspace.ts';

export interface FfmpegJob {
  readonly ffmpeg: string;
  /** Each with options of its own before it, such as `-ss`. */
  readonly inputs: readonly (VideoInput & { readonly seek?: readonly string[] })[];
  readonly options: readonly string[];
  /** A file name in `cwd`, or `-` for none. */
  readonly output: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Epoch milliseconds. */
  readonly deadline: number;
  readonly onStderrLine?: (line: string) => void;
  /** Frames that the result will have: with it `onProgress` gets true fractions, never falling, 1 at the end. */
  readonly frames?: number;
  readonly onProgress?: ((fraction: number) => void) | undefined;
}

/** @throws ReelstateError those of `runProcess`, or `ffmpeg-missing`, `disk-full`, `unusable-media`; a source's own error as it is. */
export async function runJob(job: FfmpegJob, open?: OpenInputs): Promise<ProcessResult> {
  const progress = progressReader(job);
  const parts: JobParts = {
    inputs: job.inputs.map(({ options, url, seek }, index) => ({
      options: [
        ...(index === 0 ? ['-hide_banner', '-nostdin', '-nostats', '-progress', 'pipe:1'] : []),
        ...(seek ?? []),
        ...options,
      ],
      url,
    })),
    options: job.options,
    output: job.output,
    run: (args) =>
      runProcess({
        command: job.ffmpeg,
        args,
        cwd: job.cwd,
        signal: job.signal,
        timeoutMs: Math.max(1, job.deadline - Date.now()),
        onStdout: progress,
        ...(job.env ? { env: job.env } : {}),
        ...(job.onStderrLine ? { onStderrLine: job.onStderrLine } : {}),
      }),
  };
  try {
    const result = await (job.output === '-' ? runDirect(parts) : runFluent(parts));
    const broken = open?.sourceError();
    if (broken) throw broken;
    job.onProgress?.(1);
    return result;
  } catch (error) {
    if (ReelstateError.is(error) && error.kind === 'cancelled') throw error;
    throw open?.sourceError() ?? explain(error);
  }
}

function progressReader({ frames, onProgress }: FfmpegJob): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  let best = 0;
  return (chunk) => {
    if (!frames || !onProgress) return;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(-200);
    for (const line of lines) {
      const frame = Number(/^frame=\s*(\d+)$/.exec(line)?.[1] ?? 0);
      // 1 is said once, when the file is complete.
      const fraction = Math.min(frame / frames, 0.999);
      if (fraction <= best) continue;
      best = fraction;
      onProgress(fraction);
    }
  };
}

/** What ffmpeg says of a file that is not what it should be, or holds what `openInputs` does not allow. */
const UNREADABLE =
  /Invalid data found when processing input|moov atom not found|not on whitelist|Picture size \d+x\d+ (?:is invalid|exceeds)/;

function explain(error: unknown): unknown {
  if (!ReelstateError.is(error)) return error;
  const { details } = error;
  const stderr = Array.isArray(details.stderr) ? details.stderr.join('\n') : '';
  if (error.code === 'process-not-started') {
    return new ReelstateError('permanent', 'ffmpeg was here before and is gone.', {
      code: 'ffmpeg-missing',
      cure: INSTALL_CURE,
      cause: error,
    });
  }
  if (/No space left on device|Disk quota exceeded|File too large/.test(stderr) || details.signal === 'SIGXFSZ') {
    return diskFull(error, details);
  }
  if (error.code === 'process-failed' && UNREADABLE.test(stderr)) {
    return new ReelstateError('permanent', 'ffmpeg cannot read this video.', {
      code: 'unusable-media',
      cause: error,
      details,
    });
  }
  return error;
}
