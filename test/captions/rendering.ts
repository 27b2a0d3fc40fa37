import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { alignWords, type CaptionStyle, type Cue, layoutCues, toAss } from '../../src/core/captions/index.ts';
import type { AspectRatio, HeardWord } from '../../src/core/ports.ts';

const run = promisify(execFile);

/** Whether the tests of a tool are to be skipped; in CI they never are, so that its absence fails. */
export function isMissing(tool: string, args: readonly string[], holds: RegExp, cure: string): boolean {
  if (process.env.CI) return false;
  let answer = '';
  try {
    answer = execFileSync(tool, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    // Not there at all: as if it had said nothing.
  }
  if (holds.test(answer)) return false;
  console.log(`skipped: ${tool} is missing or lacks ${holds.source}; ${cure}`);
  return true;
}

export const noFfmpeg = (): boolean =>
  isMissing(
    'ffmpeg',
    ['-hide_banner', '-buildconf'],
    /enable-libass[\s\S]*enable-libx264|enable-libx264[\s\S]*enable-libass/,
    'apt-get install ffmpeg',
  );

export const FRAMES_PER_SECOND = 24;
const SECOND = 1000;

export interface Film {
  readonly cues: readonly Cue[];
  readonly ass: string;
  readonly durationMs: number;
  readonly aspectRatio: AspectRatio;
}

/** A dialogue as it would be captioned: heard word for word, 60 ms a letter, a pause after each sentence. */
export function caption(
  dialogue: string,
  language: string,
  style: CaptionStyle,
  aspectRatio: AspectRatio = '9:16',
): Film {
  const segmenter = new Intl.Segmenter(language, { granularity: 'word' });
  const words: HeardWord[] = [];
  let at = 300;
  for (const { segment, isWordLike } of segmenter.segment(dialogue)) {
    if (/[.!?。]/u.test(segment)) at += 700;
    if (isWordLike !== true) continue;
    const endMs = at + 100 + [...segment].length * 60;
    words.push({ text: segment, startMs: at, endMs });
    at = endMs + 30;
  }
  const durationMs = Math.ceil((at + 400) / SECOND) * SECOND;
  const blocks = [{ block: 1, dialogue, fromMs: 0, toMs: durationMs }];
  const aligned = alignWords({ blocks, heard: { words, segments: [] }, language, durationMs });
  const options = { language, style, aspectRatio, blockCutsMs: [], durationMs, framesPerSecond: FRAMES_PER_SECOND };
  const cues = layoutCues(aligned.words, options);
  return { cues, ass: toAss(cues, options), durationMs, aspectRatio };
}

/** A folder of its own for each use, so that filter arguments are plain names. */
async function inFolder<T>(files: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'captions-'));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    mkdirSync(join(folder, 'fonts'));
    symlinkSync(FONT, join(folder, 'fonts/font.ttf'));
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const FONT = resolve('assets/fonts/Inter-ExtraBold.ttf');
const ass = (name: string): string => `ass=${name}:fontsdir=fonts`;
const sizeOf = (aspectRatio: AspectRatio, short: number): string => {
  const long = (short * 16) / 9;
  return aspectRatio === '9:16' ? `${short}x${long}` : `${long}x${short}`;
};

const ffmpeg = async (folder: string, args: readonly string[]): Promise<string> =>
  (await run('ffmpeg', ['-hide_banner', '-nostdin', '-v', 'warning', ...args], { cwd: folder, maxBuffer: 1 << 26 }))
    .stdout;

/** Runs ffmpeg and gives what it warned of. */
export const warningsOf = (film: Film): Promise<string> =>
  inFolder({ 'c.ass': film.ass }, async (folder) => {
    const source = `color=gray:s=${sizeOf(film.aspectRatio, 180)}:r=4:d=${film.durationMs / SECOND}`;
    const args = ['-hide_banner', '-nostdin', '-v', 'warning', '-f', 'lavfi', '-i', source, '-vf', ass('c.ass')];
    return (await run('ffmpeg', [...args, '-f', 'null', '-'], { cwd: folder })).stderr;
  });

export interface Box {
  readonly atMs: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const BOX_SHORT_SIDE = 360;

/**
 * For each frame the pixels that the captions change on a grey ground, soft shadows included, on the canvas whose short side is 1080.
 * Frames without captions have none.
 */
export const boxesOf = (film: Film): Promise<ReadonlyMap<number, Box>> =>
  inFolder({ 'c.ass': film.ass }, async (folder) => {
    const source = `color=gray:s=${sizeOf(film.aspectRatio, BOX_SHORT_SIDE)}:r=${FRAMES_PER_SECOND}:d=${film.durationMs / SECOND}`;
    const graph = `format=yuv444p,split[a][b];[b]${ass('c.ass')}[c];[a][c]blend=all_mode=difference,format=gray,bbox=min_val=10,metadata=print:file=-`;
    const printed = await ffmpeg(folder, ['-f', 'lavfi', '-i', source, '-vf', graph, '-an', '-f', 'null', '-']);
    const scale = 1080 / BOX_SHORT_SIDE;
    const boxes = new Map<number, Box>();
    for (const frame of printed.split(/^frame:/m).slice(1)) {
      const value = (name: string) => Number(new RegExp(`${name}[=:](-?[\\d.]+)`).exec(frame)?.[1]);
      if (!frame.includes('lavfi.bbox.x1')) continue;
      const atMs = value('pts_time') * SECOND;
      boxes.set(Number.parseInt(frame, 10), {
        atMs,
        left: value('bbox.x1') * scale,
        right: (value('bbox.x2') + 1) * scale,
        top: value('bbox.y1') * scale,
        bottom: (value('bbox.y2') + 1) * scale,
      });
    }
    return boxes;
  });

/** Start and end of every cue that ffmpeg's own demuxer finds in a subtitle file, milliseconds. */
export const cueTimesIn = (
  content: string,
  extension: 'srt' | 'vtt' | 'ass',
): Promise<readonly (readonly number[])[]> =>
  inFolder({ [`c.${extension}`]: content }, async (folder) => {
    const entries = ['-show_entries', 'packet=pts_time,duration_time', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', ['-v', 'error', ...entries, `c.${extension}`], { cwd: folder });
    const rows = stdout.split('\n').filter((row) => row !== '');
    return rows.map((row) => {
      const [from = 0, length = 0] = row.split(',').map((value) => Math.round(Number(value) * SECOND));
      return [from, from + length];
    });
  });

/** Grey values of one frame on a grey ground, row by row. */
export const frameOf = (assText: string, aspectRatio: AspectRatio, atMs: number, short = 540): Promise<Buffer> =>
  inFolder({ 'c.ass': assText }, async (folder) => {
    const source = `color=gray:s=${sizeOf(aspectRatio, short)}:r=24:d=1`;
    const filter = `setpts=PTS+${atMs / SECOND}/TB,${ass('c.ass')},format=gray`;
    const args = ['-v', 'error', '-f', 'lavfi', '-i', source, '-vf', filter, '-frames:v', '1', '-f', 'rawvideo', '-'];
    return (await run('ffmpeg', args, { cwd: folder, encoding: 'buffer', maxBuffer: 1 << 26 })).stdout;
  });

/** Dark enough and moving, as films are; never as bright as a caption. */
const GROUND =
  'gradients=s=720x1280:r=24:d=30:c0=0x17324d:c1=0x7a4a2a:c2=0x2d5a3a:n=3:seed=7:speed=0.05,noise=alls=14:allf=t:all_seed=11';
const TESSERACT_BLOCK = '6';

/** What tesseract reads of one frame's white fill. `encoded`: after a trip through x264 as the final cut makes it. */
export const read = (film: Film, atMs: number, languages: string, encoded = false): Promise<string> =>
  inFolder({ 'c.ass': film.ass }, async (folder) => {
    const at = (atMs / SECOND).toFixed(3);
    const mask =
      "blend=all_expr='if(gt(B,165)*gt(abs(A-B),40),0,255)',crop=720:560:0:400,scale=iw*2:-1:flags=lanczos,format=gray";
    const graph = encoded
      ? `[0:v]format=gray[c];[1:v]format=gray[d];[c][d]${mask}`
      : `setpts=PTS+${at}/TB,format=yuv420p,split[a][b];[b]${ass('c.ass')},format=gray[d];[a]format=gray[c];[c][d]${mask}`;
    if (encoded) {
      const split = `setpts=PTS+${at}/TB,format=yuv420p,split[a][b];[b]${ass('c.ass')}[c]`;
      const cut = ['-map', '[c]', '-c:v', 'libx264', '-preset', 'superfast', '-crf', '21', 'cut.mp4'];
      const args = [
        '-f',
        'lavfi',
        '-i',
        GROUND,
        '-filter_complex',
        split,
        '-map',
        '[a]',
        '-frames:v',
        '6',
        '-c:v',
        'ffv1',
        'film.mkv',
      ];
      await ffmpeg(folder, [...args, ...cut.slice(0, 2), '-frames:v', '6', ...cut.slice(2)]);
      await ffmpeg(folder, ['-i', 'film.mkv', '-i', 'cut.mp4', '-filter_complex', graph, '-frames:v', '1', 'x.png']);
    } else await ffmpeg(folder, ['-f', 'lavfi', '-i', GROUND, '-vf', graph, '-frames:v', '1', 'x.png']);
    const { stdout } = await run('tesseract', ['x.png', '-', '--psm', TESSERACT_BLOCK, '-l', languages], {
      cwd: folder,
    });
    return stdout;
  });

/** How alike two texts are in letters and digits alone, 0 to 1. */
export function similarity(a: string, b: string): number {
  const [one, other] = [a, b].map((text) => [
    ...text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, ''),
  ]);
  if (one === undefined || other === undefined) return 0;
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  one.forEach((letter, i) => {
    const next = [i + 1];
    other.forEach((against, j) => {
      next.push(Math.min((row[j] ?? 0) + (letter === against ? 0 : 1), (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    });
    row = next;
  });
  return 1 - (row.at(-1) ?? 0) / Math.max(1, one.length, other.length);
}
