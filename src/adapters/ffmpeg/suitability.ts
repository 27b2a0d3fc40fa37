/** One small run that shows whether an ffmpeg can burn captions, and what its libass can shape. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { runProcess } from './process.ts';
import { inPassing } from './workspace.ts';

/** What a trial run of an ffmpeg showed. */
export interface Findings {
  /** As it names itself; `unknown` where it did not answer. */
  readonly version: string;
  /** Captions can be burned in. */
  readonly hasAss: boolean;
  /** Scripts that need shaping come out right. */
  readonly hasHarfBuzz: boolean;
  /** libass's own line, such as `FriBidi 1.0.8 (SIMPLE) HarfBuzz-ng 6.0.0 (COMPLEX)`; empty where unknown. */
  readonly shaper: string;
  /** Which of the encoders that we use are there. */
  readonly encoders: readonly string[];
  /** Why it cannot be used; empty where it can. */
  readonly problems: readonly string[];
}

const ENCODERS = ['libx264', 'aac', 'flac', 'mjpeg', 'png'];
const DEADLINE_MS = 20_000;
// An old libass takes a file without a style for no subtitles at all.
const EMPTY_ASS = `[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Sans,20

[Events]
Format: Layer, Start, End, Style, Text
`;

/** Renders half a second of captioned black with sound through the very filter and encoders that a cut needs. */
export function probeFfmpeg(ffmpeg: string): Promise<Findings> {
  return inPassing(undefined, async (workDir) => {
    await mkdir(join(workDir, 'fonts'));
    await writeFile(join(workDir, 'c.ass'), EMPTY_ASS);
    // The machine's fonts are not asked for: listing them costs an old libass ten seconds.
    await writeFile(
      join(workDir, 'fonts.conf'),
      '<?xml version="1.0"?><fontconfig><cachedir>fc</cachedir></fontconfig>',
    );
    const run = (args: readonly string[]) => {
      const lines: string[] = [];
      const onStderrLine = (line: string) => void lines.push(line);
      const env = { FONTCONFIG_FILE: join(workDir, 'fonts.conf') };
      const request = { command: ffmpeg, args, cwd: workDir, timeoutMs: DEADLINE_MS, onStderrLine, env };
      return runProcess(request).then(
        ({ stdout }) => ({ lines, stdout: new TextDecoder().decode(stdout), error: undefined }),
        (error: unknown) => {
          if (ReelstateError.is(error)) return { lines, stdout: '', error };
          throw error;
        },
      );
    };
    const trial = await run(TRIAL);
    const isProven = trial.error === undefined && trial.lines.some((line) => line.includes(ASS_FILTER));
    const list = isProven ? undefined : (await run(['-hide_banner', '-nostdin', '-encoders'])).stdout;
    return conclude(trial.lines, list, trial.error);
  });
}

const ASS_FILTER = 'Parsed_ass';
const TRIAL = [
  ...['-nostdin', '-loglevel', 'debug'],
  ...['-f', 'lavfi', '-i', 'color=black:s=64x64:r=24:d=0.5', '-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=mono'],
  ...['-t', '0.5', '-vf', 'ass=c.ass:fontsdir=fonts', '-c:v', 'libx264', '-c:a', 'aac', '-f', 'null', '-'],
  ...['-frames:v', '1', '-c:v', 'mjpeg', '-pix_fmt', 'yuvj420p', '-t', '0.1', '-c:a', 'flac', '-f', 'null', '-'],
  ...['-frames:v', '1', '-c:v', 'png', '-an', '-f', 'null', '-'],
];

function conclude(
  lines: readonly string[],
  encoderList: string | undefined,
  error: ReelstateError | undefined,
): Findings {
  const text = lines.join('\n');
  const version = /^ffmpeg version (\S+)/m.exec(text)?.[1] ?? 'unknown';
  const shaper = /Shaper: (.+)$/m.exec(text)?.[1]?.trim() ?? '';
  const isListed = (name: string) => new RegExp(`^ [A-Z.]{6} ${name} `, 'm').test(encoderList ?? '');
  const encoders = encoderList === undefined ? ENCODERS : ENCODERS.filter(isListed);
  const hasAss = text.includes(ASS_FILTER);
  const problems = encoderList === undefined ? [] : explain(error, version, hasAss, encoders);
  return { version, hasAss, hasHarfBuzz: /HarfBuzz/i.test(shaper), shaper, encoders, problems };
}

function explain(
  error: ReelstateError | undefined,
  version: string,
  hasAss: boolean,
  encoders: readonly string[],
): string[] {
  if (error?.code === 'process-not-started') return ['it does not start'];
  if (error?.code === 'process-timeout')
    return [`it did not finish half a second of video within ${DEADLINE_MS / 1000} s`];
  if (version === 'unknown') return ['it does not answer like ffmpeg'];
  const problems: string[] = [];
  if (!hasAss) problems.push('it has no ass filter (libass)');
  for (const name of ENCODERS) if (!encoders.includes(name)) problems.push(`it lacks the encoder ${name}`);
  return problems.length > 0 ? problems : [`version ${version} failed to burn a test caption`];
}
