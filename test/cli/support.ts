import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves as soon as stderr has shown that. */
  said(pattern: RegExp): Promise<void>;
}

/** Tiny pictures and impatient vendors: the film is small, everything else is real. */
export const SMALL = ['--size', '180x320', '--speed-up', '100'];

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

/** Starts the command line as a user does. */
export function start(args: readonly string[], { env, uid }: CliOptions = {}): Running {
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, npm_package_name: '', npm_command: '', NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  const said = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (pattern.test(stderr)) resolve();
      };
      waiting.add(look);
      ended.then(() => reject(new Error(`it ended without saying ${pattern}:\n${stderr}`)), reject);
      look();
    });
  return { child, ended, said };
}

export const cli = (args: readonly string[], options?: CliOptions): Promise<Ended> => start(args, options).ended;

export const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';

/** Folders that are gone after the tests of a file. */
export function scratchFolders(): () => string {
  const made: string[] = [];
  afterAll(() => {
    for (const folder of made) rmSync(folder, { recursive: true, force: true });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), 'reelstate-cli-'));
    made.push(folder);
    return folder;
  };
}
