/**
 * fluent-ffmpeg 2.1.3 as the backend of jobs: it builds the command line and reports its end, while our own `runProcess` runs it. Left to itself
 * it starts ffmpeg with all of our environment, outside of a process group, and with these faults, each closed here by
 * replacing its inner starter (the package is archived, so that stays as it is): a binary that vanished after a first run ends the
 * host with a TypeError, a kill before the child exists is lost, its capability check runs ffmpeg twice, keeps the answers of one binary for
 * another and does not know `lavfi` on newer ones, its percentages need an ffprobe of its own, and its errors keep a single line.
 */
import type { FfmpegCommandOptions } from 'fluent-ffmpeg';
import type { ProcessResult } from './process.ts';

/** A command line by its groups, and how to run it. */
export interface JobParts {
  readonly inputs: readonly { readonly options: readonly string[]; readonly url: string }[];
  readonly options: readonly string[];
  readonly output: string;
  readonly run: (args: readonly string[]) => Promise<ProcessResult>;
}

/** The arguments as they are, in the order in which fluent-ffmpeg puts them. */
export function runDirect({ inputs, options, output, run }: JobParts): Promise<ProcessResult> {
  return run([...inputs.flatMap((input) => [...input.options, '-i', input.url]), '-y', ...options, output]);
}

type Fluent = typeof import('fluent-ffmpeg');

let loading: Promise<Fluent | undefined> | undefined;

/** An optional peer: undefined where it is not installed. */
function load(): Promise<Fluent | undefined> {
  loading ??= import('fluent-ffmpeg').then(
    (module) => module.default,
    () => undefined,
  );
  return loading;
}

/** Runs the job by fluent-ffmpeg, or as it is where that is not installed. */
export async function runFluent(parts: JobParts): Promise<ProcessResult> {
  const fluent = await load();
  return fluent ? runWith(fluent, parts) : runDirect(parts);
}

function runWith(fluent: Fluent, { inputs, options, output, run }: JobParts): Promise<ProcessResult> {
  return new Promise((resolve, reject) => {
    const settings: FfmpegCommandOptions = { stdoutLines: 0 };
    const command = fluent(settings);
    // Spread: an array, or a single argument, has its strings split at a blank.
    for (const input of inputs) command.input(input.url).inputOptions(...input.options);
    command.output(output).outputOptions(...options);
    let result: ProcessResult | undefined;
    Object.assign(command, {
      _checkCapabilities: (done: () => void) => done(),
      availableEncoders: (done: (error: null, encoders: object) => void) => done(null, {}),
      _spawnFfmpeg(
        args: readonly string[],
        _options: unknown,
        _started: unknown,
        done: (error: unknown, ...rings: Ring[]) => void,
      ) {
        run(args).then(
          (ended) => {
            result = ended;
            done(null, silent, silent);
          },
          (error: unknown) => done(error, silent, silent),
        );
      },
    });
    command.once('end', () => (result ? resolve(result) : reject(new Error('fluent-ffmpeg ended without running'))));
    command.once('error', reject);
    command.run();
  });
}

interface Ring {
  get(): string;
}

const silent: Ring = { get: () => '' };
