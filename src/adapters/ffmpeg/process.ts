/**
 * The only place in the package that starts processes. No shell, an environment without credentials, a deadline on each, and
 * a kill that takes the whole process tree.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import process from 'node:process';
import { ReelstateError } from '../../core/errors.ts';

/** A program to run. */
export interface ProcessRequest {
  /** A path, or a name on PATH. */
  readonly command: string;
  /** As they are: no shell reads them. */
  readonly args: readonly string[];
  /** @default our own */
  readonly cwd?: string;
  /** Aborting kills the tree and rejects with `cancelled` `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Wall-clock deadline, milliseconds: the tree is killed and the call rejects with `retryable` `process-timeout`. */
  readonly timeoutMs: number;
  /** Each line of stderr, without its line end. */
  readonly onStderrLine?: (line: string) => void;
  /** Each chunk of stdout; with it nothing of stdout is kept. */
  readonly onStdout?: (chunk: Uint8Array) => void;
  /** Stdout beyond this many bytes kills the process. @default 16 MiB kept, unlimited with `onStdout` */
  readonly maxOutputBytes?: number;
  /** Added to the allowed part of our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The running program does not keep our process alive; when we end, it is killed. @default false */
  readonly unref?: boolean | undefined;
}

/** What a program that ended with 0 left. */
export interface ProcessResult {
  /** Empty with `onStdout`. */
  readonly stdout: Uint8Array;
  /** The last 30 lines of stderr. */
  readonly stderrTail: readonly string[];
  /** Wall clock. */
  readonly durationMs: number;
}

const STDERR_LINES = 30;
const MAX_LINE = 2_000;
const DEFAULT_MAX_OUTPUT = 16 * 1024 * 1024;

/** Everything else (keys, tokens, proxies with passwords, NODE_OPTIONS) stays with us. */
const ALLOWED_ENV =
  /^(PATH|PATHEXT|HOME|USERPROFILE|LANG|LC_[A-Z]+|TZ|TMPDIR|TMP|TEMP|SystemRoot|windir|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|XDG_CACHE_HOME|ESPEAK_DATA_PATH|SSL_CERT_FILE|SSL_CERT_DIR)$/i;

/** What of our environment a child may see. */
export function childEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    (entry): entry is [string, string] => ALLOWED_ENV.test(entry[0]) && entry[1] !== undefined,
  );
  return { ...Object.fromEntries(kept), ...extra };
}

type Ending = 'aborted' | 'timeout' | 'too-large' | 'callback';

/**
 * Runs a program to its end and resolves when it exits with 0.
 *
 * @throws ReelstateError `cancelled` `aborted`; `retryable` `process-timeout`, `process-killed` (by someone else: out of memory on Linux)
 * and `process-failed` (`details.exitCode`); `permanent` `process-not-started` (missing or not executable) and
 * `process-output-too-large`. All with `details.stderr`, the last 30 lines, and `effect` none: what a child left behind is in `cwd`.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  if (request.signal?.aborted) throw endingError('aborted', request, []);
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const stderrTail: string[] = [];
    const stdout: Uint8Array[] = [];
    let stdoutBytes = 0;
    let ending: Ending | undefined;
    let callbackError: unknown;
    const child = start(request);
    liveChildren.add(child);
    guardHostSignals();
    if (request.unref) unrefChild(child);

    const end = (why: Ending) => {
      ending ??= why;
      killTree(child);
    };
    const guarded = (run: () => void) => {
      try {
        run();
      } catch (error) {
        callbackError ??= error;
        end('callback');
      }
    };
    const onAbort = () => end('aborted');
    const timer = setTimeout(() => end('timeout'), Math.max(1, request.timeoutMs));
    if (request.unref) timer.unref();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = () => {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      liveChildren.delete(child);
      guardHostSignals();
    };

    child.stdout?.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > (request.maxOutputBytes ?? (request.onStdout ? Number.POSITIVE_INFINITY : DEFAULT_MAX_OUTPUT)))
        return end('too-large');
      if (request.onStdout) guarded(() => request.onStdout?.(chunk));
      else stdout.push(chunk);
    });
    readLines(child, (line) => {
      stderrTail.push(line);
      if (stderrTail.length > STDERR_LINES) stderrTail.shift();
      guarded(() => request.onStderrLine?.(line));
    });
    child.once('error', (error) => {
      // Also emitted where a kill failed; then 'close' still follows.
      if (child.pid !== undefined) return;
      settle();
      reject(notStarted(request, error));
    });
    child.once('close', (code, signal) => {
      settle();
      // Whatever the child started and left behind goes with it.
      killTree(child);
      if (ending === 'callback') return reject(callbackError);
      if (ending) return reject(endingError(ending, request, stderrTail));
      if (signal) return reject(killedError(request, signal, stderrTail));
      if (code !== 0) return reject(failedError(request, code ?? -1, stderrTail));
      resolve({ stdout: Buffer.concat(stdout), stderrTail, durationMs: performance.now() - startedAt });
    });
  });
}

function start(request: ProcessRequest): ChildProcess {
  return spawn(request.command, [...request.args], {
    ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    env: childEnvironment(request.env),
    stdio: ['ignore', 'pipe', 'pipe'],
    shell: false,
    windowsHide: true,
    // A process group of its own, so that one signal reaches the children of a wrapper too.
    detached: process.platform !== 'win32',
  });
}

function unrefChild(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) (pipe as Socket | null)?.unref();
}

function killTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  const decoder = new TextDecoder();
  child.stderr?.on('data', (chunk: Buffer) => {
    // ffmpeg ends its statistics with a bare carriage return.
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '').slice(-MAX_LINE);
    for (const line of lines) if (line !== '') onLine(line.slice(0, MAX_LINE));
  });
  child.stderr?.once('end', () => {
    if (rest !== '') onLine(rest);
  });
}

// ── Errors ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const programName = (request: ProcessRequest) => request.command.split(/[\\/]/).pop() ?? request.command;

function endingError(ending: Exclude<Ending, 'callback'>, request: ProcessRequest, stderr: readonly string[]) {
  const name = programName(request);
  const details = { stderr: [...stderr] };
  switch (ending) {
    case 'aborted':
      return new ReelstateError('cancelled', `${name} was stopped.`, {
        code: 'aborted',
        effect: 'none',
        cause: request.signal?.reason,
        details,
      });
    case 'timeout':
      return new ReelstateError(
        'retryable',
        `${name} was still running after ${request.timeoutMs} ms and was stopped.`,
        {
          code: 'process-timeout',
          effect: 'none',
          cure: 'Try again on a machine with more free CPU, or allow it more time.',
          details,
        },
      );
    case 'too-large':
      return new ReelstateError('permanent', `${name} wrote more than was asked for and was stopped.`, {
        code: 'process-output-too-large',
        details,
      });
  }
}

const killedError = (request: ProcessRequest, signal: string, stderr: readonly string[]) =>
  new ReelstateError('retryable', `${programName(request)} was killed from outside by ${signal}.`, {
    code: 'process-killed',
    effect: 'none',
    cure:
      signal === 'SIGKILL'
        ? 'The machine most likely ran out of memory: give it more, or run less at once.'
        : 'Try again.',
    details: { signal, stderr: [...stderr] },
  });

const failedError = (request: ProcessRequest, exitCode: number, stderr: readonly string[]) =>
  new ReelstateError('retryable', `${programName(request)} ended with exit code ${exitCode}: ${lastWords(stderr)}`, {
    code: 'process-failed',
    effect: 'none',
    details: { exitCode, stderr: [...stderr] },
  });

const notStarted = (request: ProcessRequest, cause: Error) =>
  new ReelstateError('permanent', `${programName(request)} could not be started.`, {
    code: 'process-not-started',
    cure: 'See that the program is installed and executable.',
    cause,
    details: { errno: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
  });

const lastWords = (stderr: readonly string[]) => stderr.slice(-3).join(' | ').slice(0, 300) || 'it said nothing';

// ── Children do not outlive us ───────────────────────────────────────────────────────────────────────────────────────

const liveChildren = new Set<ChildProcess>();
const HOST_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
let guarding = false;

function killAll(): void {
  for (const child of liveChildren) killTree(child);
}

/** A host that handles the signal itself decides alone; otherwise the default action follows once the children are dead. */
function onHostSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  killAll();
  process.removeListener(signal, onHostSignal);
  process.kill(process.pid, signal);
}

/** Children have groups of their own, so neither a terminal's Ctrl-C nor our exit reaches them. Listens only while some live. */
function guardHostSignals(): void {
  const wanted = liveChildren.size > 0;
  if (wanted === guarding) return;
  guarding = wanted;
  const change = wanted ? 'on' : 'removeListener';
  process[change]('exit', killAll);
  for (const signal of HOST_SIGNALS) process[change](signal, onHostSignal);
}
