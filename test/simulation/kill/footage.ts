/**
 * Real footage in small: one chain of blocks, encoded once per machine and kept. Each take gets a note of its own at the end of the file: which
 * operation made it, and what is said in it, since the sound itself is a tone.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveFfmpeg, runProcess } from '../../../src/adapters/ffmpeg/index.ts';
import { readAll } from '../../../src/core/bytes.ts';
import type { Source } from '../../../src/core/ports.ts';
import { MAX_BLOCKS, SIZE, secondsOf } from './setting.ts';

const CACHE = fileURLToPath(new URL('../../../.cache/kill/', import.meta.url));
const FPS = 24;
const SYNC_FRAMES = ['-g', '24', '-bf', '0', '-sc_threshold', '0', '-threads', '1'];
const CHAIN = [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${SIZE.width}x${SIZE.height}:r=${FPS}`],
  ...['-f', 'lavfi', '-i', 'sine=frequency=300:sample_rate=48000'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', '-pix_fmt', 'yuv420p', ...SYNC_FRAMES],
  ...['-c:a', 'aac', '-b:a', '32k', '-ac', '1', '-t', `${secondsOf(MAX_BLOCKS)}`, '-movflags', '+faststart'],
];

export interface Said {
  readonly text: string;
  readonly fromMs: number;
  readonly toMs: number;
}

interface TakeNote {
  readonly operation: string;
  readonly said: readonly Said[];
}

/** A chain of so many blocks; a longer one begins with the same packets as a shorter one, as an extension does. */
async function chain(blocks: number): Promise<string> {
  const { ffmpeg, version } = await resolveFfmpeg();
  const key = createHash('sha256')
    .update(JSON.stringify([version, CHAIN]))
    .digest('hex')
    .slice(0, 12);
  const path = join(CACHE, `${key}-${blocks}.mp4`);
  if (existsSync(path)) return path;
  const seconds = secondsOf(blocks);
  const cut = ['-c', 'copy', '-frames:v', `${seconds * FPS}`, '-t', `${seconds}`, '-movflags', '+faststart'];
  const recipe = blocks === MAX_BLOCKS ? CHAIN : ['-i', await chain(MAX_BLOCKS), ...cut];
  await mkdir(CACHE, { recursive: true });
  const partial = join(CACHE, `${process.pid}-${crypto.randomUUID()}.mp4`);
  try {
    await runProcess({ command: ffmpeg, args: ['-y', '-nostdin', ...recipe, partial], timeoutMs: 60_000 });
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
}

export interface Footage {
  /** The file that shows the first so many blocks. */
  take(blocks: number, note: TakeNote): Uint8Array;
}

export async function openFootage(): Promise<Footage> {
  const films: Buffer[] = [];
  for (let blocks = 1; blocks <= MAX_BLOCKS; blocks += 1) films.push(readFileSync(await chain(blocks)));
  return {
    take: (blocks, note) => {
      const film = films[blocks - 1];
      if (film === undefined) throw new RangeError(`no footage of ${blocks} blocks`);
      return Buffer.concat([film, box('free', Buffer.from(JSON.stringify(note)))]);
    },
  };
}

function box(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

/** The note of a take; undefined for any other file. */
export function noteIn(bytes: Uint8Array): TakeNote | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= buffer.length; at += Math.max(8, buffer.readUInt32BE(at))) {
    const body = buffer.subarray(at + 8, at + buffer.readUInt32BE(at)).toString();
    if (buffer.toString('latin1', at + 4, at + 8) === 'free' && body.startsWith('{')) return JSON.parse(body);
  }
  return undefined;
}

/** What is said in a stretch of a take, its times counted from there. */
export async function saidWithin(source: Source, fromMs: number, durationMs: number): Promise<readonly Said[]> {
  const said = noteIn(await readAll(source.open()))?.said ?? [];
  return said
    .filter((line) => line.fromMs < fromMs + durationMs && line.toMs > fromMs)
    .map(({ text, ...line }) => ({ text, fromMs: line.fromMs - fromMs, toMs: line.toMs - fromMs }));
}
