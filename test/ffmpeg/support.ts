/** Small real clips, made once per machine and kept, and the ffmpegs that this machine has. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';
import { runProcess } from '../../src/adapters/ffmpeg/process.ts';
import { type FfmpegTools, listCandidates, resolveFfmpeg } from '../../src/adapters/ffmpeg/resolve.ts';
import type { Source } from '../../src/core/ports.ts';

export const FPS = 24;

/** Bytes without a path: what a cloud storage hands out. */
export function memorySource(bytes: Uint8Array): Source & { readonly reads: { count: number; bytes: number } } {
  const reads = { count: 0, bytes: 0 };
  return {
    reads,
    size: bytes.length,
    open({ start = 0, end = bytes.length } = {}) {
      const part = bytes.slice(start, end);
      reads.count += 1;
      reads.bytes += part.length;
      return new Blob([part]).stream();
    },
  };
}

export function fileOf(path: string): Source & { readonly path: string } {
  const bytes = readFileSync(path);
  return { ...memorySource(bytes), path };
}

export async function bytesOf(source: Source): Promise<Uint8Array> {
  return new Uint8Array(await new Response(source.open()).arrayBuffer());
}

interface ClipOptions {
  readonly frames: number;
  /** Sine of this pitch; none: no sound. */
  readonly hertz?: number;
  readonly size?: string;
  readonly rate?: string;
  readonly hue?: number;
  /** Further filters of the picture and the sound. */
  readonly picture?: string;
  readonly sound?: string;
  readonly output?: readonly string[];
}

/** The path of a clip; cached by its recipe and the ffmpeg that makes it. */
export async function clip(options: ClipOptions): Promise<string> {
  const { ffmpeg, version } = await resolveFfmpeg();
  const { frames, hertz, size = '180x320', rate = '24', hue = 0, picture, sound, output = [] } = options;
  const key = createHash('sha256')
    .update(JSON.stringify([version, options, 2]))
    .digest('hex')
    .slice(0, 16);
  const folder = join(tmpdir(), 'reelstate-test-clips');
  const path = join(folder, `${key}.mp4`);
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const partial = join(folder, `${key}.${process.pid}.mp4`);
  const [top = 24, below = 1] = rate.split('/').map(Number);
  const seconds = (frames * below) / top;
  await makeMedia(ffmpeg, [
    ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}`],
    ...(hertz ? ['-f', 'lavfi', '-i', `sine=f=${hertz}:r=48000`] : []),
    ...['-t', seconds.toFixed(6), '-frames:v', `${frames}`, '-vf', [`hue=h=${hue}`, picture].filter(Boolean).join(',')],
    ...(hertz
      ? ['-af', [sound, 'aformat=channel_layouts=stereo'].filter(Boolean).join(','), '-c:a', 'aac', '-b:a', '96k']
      : []),
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '24', '-pix_fmt', 'yuv420p', '-threads', '1'],
    ...['-fflags', '+bitexact', ...output, partial],
  ]);
  await rename(partial, path);
  return path;
}

export async function makeMedia(ffmpeg: string, args: readonly string[], cwd?: string): Promise<readonly string[]> {
  const lines: string[] = [];
  await runProcess({
    command: ffmpeg,
    args: ['-hide_banner', '-nostdin', '-y', ...args],
    timeoutMs: 60_000,
    onStderrLine: (line) => void lines.push(line),
    ...(cwd ? { cwd } : {}),
  });
  return lines;
}

/** Raw decoded output: `-f rawvideo` or `-f s16le` to stdout. */
export async function decode(ffmpeg: string, path: string, args: readonly string[]): Promise<Uint8Array> {
  const { stdout } = await runProcess({
    command: ffmpeg,
    args: ['-v', 'error', '-nostdin', '-i', path, ...args, '-'],
    timeoutMs: 60_000,
    maxOutputBytes: 512 * 1024 * 1024,
  });
  return stdout;
}

/** Brightness of each frame, 0 to 255, of a picture scaled to one pixel. */
export async function brightness(ffmpeg: string, path: string, crop?: string): Promise<number[]> {
  const filter = `${crop ? `crop=${crop},` : ''}scale=1:1:flags=area,format=gray`;
  return [...(await decode(ffmpeg, path, ['-map', '0:v:0', '-vf', filter, '-vsync', '0', '-f', 'rawvideo']))];
}

export async function samples(ffmpeg: string, path: string, rate = 48_000): Promise<Int16Array> {
  const raw = await decode(ffmpeg, path, ['-map', '0:a:0', '-ac', '1', '-ar', `${rate}`, '-f', 's16le']);
  return new Int16Array(raw.buffer, raw.byteOffset, raw.byteLength >> 1);
}

/** Runs the same tests on the machine's ffmpeg and on the one from npm; one that is absent is skipped with the reason, in CI it fails. */
export function onEachFfmpeg(
  name: string,
  tests: (tools: () => Promise<FfmpegTools>, kind: 'system' | 'bundled') => void,
): void {
  for (const kind of ['system', 'bundled'] as const) {
    const origin = kind === 'system' ? 'path' : 'npm';
    const found = candidates.some((one) => one.origin === origin);
    if (!found) console.warn(`${name}: skipped, there is no ${kind} ffmpeg here`);
    describe.skipIf(!found && !process.env.CI)(`${name}, ${kind} ffmpeg`, () => {
      tests(() => forced(kind), kind);
    });
  }
}

const candidates = await listCandidates();

export async function forced(kind: 'system' | 'bundled'): Promise<FfmpegTools> {
  const before = process.env.REELSTATE_FFMPEG;
  process.env.REELSTATE_FFMPEG = kind;
  try {
    return await resolveFfmpeg();
  } finally {
    if (before === undefined) delete process.env.REELSTATE_FFMPEG;
    else process.env.REELSTATE_FFMPEG = before;
  }
}

/** A folder that is removed after the test: `await using folder = await temporaryFolder()`. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'reelstate-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A program that stands in for another. */
export async function script(folder: string, name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** Entries of a folder of temporary files that a job should have removed. */
export const leftovers = (folder: string): Promise<string[]> => readdir(folder);

export const ASS = (text: string, startMs = 0, endMs = 10_000): string => `[Script Info]
ScriptType: v4.00+
PlayResX: 180
PlayResY: 320

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Outline, Shadow, Alignment
Style: Default,Inter ExtraBold,30,&H00FFFFFF,0,0,5

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,${assTime(startMs)},${assTime(endMs)},Default,,0,0,0,,${text}
`;

const assTime = (ms: number) => `${Math.floor(ms / 3_600_000)}:${new Date(ms).toISOString().slice(14, 22)}`;

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** A killed process stays in the table until its new parent has collected it. */
export async function untilDead(pid: number): Promise<boolean> {
  for (let look = 0; look < 200 && isAlive(pid); look += 1) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    if (/\) Z /.test(state)) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return !isAlive(pid);
}
