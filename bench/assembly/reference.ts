/** How the functions before us assembled a film, and the bare limits: plain ffmpeg on the same files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { resolveFfmpeg, runProcess } from '../../src/adapters/ffmpeg/index.ts';

const TIMEOUT_MS = 900_000;

export type Ffmpeg = (cwd: string, args: readonly string[]) => Promise<void>;

export async function plainFfmpeg(): Promise<Ffmpeg> {
  const { ffmpeg } = await resolveFfmpeg();
  return async (cwd, args) => {
    await runProcess({ command: ffmpeg, args: ['-v', 'error', '-nostdin', '-y', ...args], cwd, timeoutMs: TIMEOUT_MS });
  };
}

/** One input for ffmpeg: the file of the only chain, or a list of those of all chains. */
export function input(cwd: string, files: readonly string[]): readonly string[] {
  if (files.length === 1 && files[0] !== undefined) return ['-i', files[0]];
  writeFileSync(join(cwd, 'list.txt'), files.map((file) => `file '${file}'`).join('\n'));
  return ['-f', 'concat', '-safe', '0', '-i', 'list.txt'];
}

/** Wav out, transcription (left out of all ways), subtitles in with x264 medium, all of it anew. */
export async function referenceWay(run: Ffmpeg, cwd: string, files: readonly string[], ass: string): Promise<void> {
  writeFileSync(join(cwd, 'c.ass'), ass);
  await run(cwd, [...input(cwd, files), '-vn', '-ac', '1', '-ar', '16000', 'audio.wav']);
  await run(cwd, [
    ...input(cwd, files),
    '-vf',
    'ass=c.ass',
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-crf',
    '23',
    '-c:a',
    'copy',
    'final.mp4',
  ]);
}

/** The bare limit: the same preset and quality as ours, no captions at all. */
export async function bareEncode(run: Ffmpeg, cwd: string, files: readonly string[]): Promise<void> {
  const video = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '21', '-pix_fmt', 'yuv420p'];
  await run(cwd, [...input(cwd, files), ...video, '-c:a', 'copy', '-movflags', '+faststart', 'bare.mp4']);
}
