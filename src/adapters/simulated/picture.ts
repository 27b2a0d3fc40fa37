/** The picture of a block: a sky whose light drifts, a sun, hills that pass, and the block's name, drawn with ffmpeg. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { letter } from './lettering.ts';
import type { Colour, Palette } from './palettes.ts';
import { type Bitmap, encodePng, paint } from './png.ts';
import { seeded } from './random.ts';

export interface PictureRequest {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  /** Where in its chain the block begins, so that an extension goes on without a jump. */
  readonly fromSeconds: number;
  readonly block: number;
  readonly take: number;
  readonly palette: Palette;
  /** The same for all blocks of a film. */
  readonly seed: string;
  /** How strong the film grain is, 0 to 100. */
  readonly grain: number;
  /** A picture that the block starts from: a file in `folder`. */
  readonly firstFrame?: string | undefined;
}

export const FRAMES_PER_SECOND = 24;
/** The sky is painted this small and enlarged: smooth, and cheap at any size. */
const SKY_SHORT_SIDE = 45;
const SUN_FRAME = 3.2;
/** Of the short side. */
const TREE_SPACING = 0.042;

/** Hills from the farthest to the nearest: heights in frame heights, pace in pixels per frame of a 720 pixel short side. */
const HILLS = [
  { top: 0.66, swing: 0.05, wave: 0.9, pace: 0.5, trees: 0 },
  { top: 0.76, swing: 0.045, wave: 1.5, pace: 1, trees: 0.045 },
  { top: 0.87, swing: 0.04, wave: 1.1, pace: 2, trees: 0 },
] as const;

/** Writes the parts into `folder` and gives ffmpeg's arguments that make of them a video without sound. */
export async function drawPicture(request: PictureRequest, folder: string, output: string): Promise<string[]> {
  const { width, height } = request;
  const frames = Math.round(request.seconds * FRAMES_PER_SECOND);
  const sky = paintSky(request, frames);
  const layers = [sunLayer(request), ...HILLS.map((_, i) => hillLayer(request, i, frames)), labelLayer(request)];
  await writeFile(join(folder, 'sky.rgb'), sky.bytes);
  await Promise.all(layers.map(({ bitmap }, i) => writeFile(join(folder, `layer-${i}.png`), encodePng(bitmap))));
  const chain = layers.map(({ x, y }, i) => `[v${i}][${i + 1}:v]overlay=x='${x}':y='${y}':eval=frame[v${i + 1}]`);
  const last = layers.length;
  const image = request.firstFrame;
  const fade = `[${last + 1}:v]scale=${width}:${height},setsar=1,format=rgba,fade=t=out:st=0.05:d=0.9:alpha=1[first]`;
  const graph = [
    `[0:v]scale=${width}:${height}:flags=bicubic,setsar=1[v0]`,
    ...chain,
    ...(image
      ? [fade, `[v${last}][first]overlay=eof_action=pass,format=yuv420p[clean]`]
      : [`[v${last}]format=yuv420p[clean]`]),
    grainOver(request),
  ];
  return [
    ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${sky.width}x${sky.height}`, '-r', '24', '-i', 'sky.rgb'],
    ...layers.flatMap((_, i) => ['-i', `layer-${i}.png`]),
    ...(image ? ['-loop', '1', '-framerate', '24', '-t', '1', '-i', image] : []),
    ...['-filter_complex', graph.join(';'), '-map', '[out]', '-frames:v', String(frames), '-r', '24'],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '23', '-g', '48', '-threads', '1'],
    ...['-video_track_timescale', '12288', '-flags:v', '+bitexact', '-fflags', '+bitexact', output],
  ];
}

/** Grain two pixels wide: finer grain is lost to the encoder, and then all at once not. */
function grainOver({ width, height, grain, seed, block, take }: PictureRequest): string {
  if (grain === 0) return '[clean]null[out]';
  const noiseSeed = Math.floor(seeded('grain', seed, block, take)() * 2 ** 30);
  const noise = `noise=c0s=${grain}:c0f=t+u:all_seed=${noiseSeed}`;
  return [
    `color=gray:s=${width / 2}x${height / 2}:r=${FRAMES_PER_SECOND},format=gray,${noise}`,
    `scale=${width}:${height}:flags=bicubic,format=yuv420p[grain];[clean][grain]blend=c0_mode=grainmerge:shortest=1[out]`,
  ].join(',');
}

interface Layer {
  readonly bitmap: Bitmap;
  /** Expressions of ffmpeg's overlay filter; `n` counts frames. */
  readonly x: string;
  readonly y: string;
}

const mix = (a: Colour, b: Colour, share: number): Colour => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];

// ── Sky ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function paintSky({ width, height, fromSeconds, palette, seed }: PictureRequest, frames: number) {
  const shrink = SKY_SHORT_SIDE / Math.min(width, height);
  const skyWidth = Math.round(width * shrink);
  const skyHeight = Math.round(height * shrink);
  const random = seeded('sky', seed);
  const lights = [palette.sun, palette.sky[2], palette.sky[1], palette.sky[1]].map((tint) => ({
    tint,
    pace: 0.25 + 0.35 * random(),
    phase: 2 * Math.PI * random(),
    size: 0.2 + 0.18 * random(),
    height: 0.05 + 0.4 * random(),
  }));
  const bytes = Buffer.alloc(frames * skyWidth * skyHeight * 3);
  let at = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    const time = fromSeconds + frame / FRAMES_PER_SECOND;
    const places = lights.map(({ pace, phase, size, height: middle }) => ({
      x: 0.5 + 0.5 * Math.sin(pace * time + phase),
      y: middle + 0.16 * Math.cos(0.7 * pace * time + phase),
      size: size * (1 + 0.2 * Math.sin(0.9 * time + phase)),
    }));
    for (let y = 0; y < skyHeight; y += 1) {
      const fall = y / (skyHeight * 0.72);
      const base =
        fall < 0.5
          ? mix(palette.sky[0], palette.sky[1], fall * 2)
          : mix(palette.sky[1], palette.sky[2], Math.min(1, fall * 2 - 1));
      for (let x = 0; x < skyWidth; x += 1) {
        let [red, green, blue] = base;
        for (const [i, light] of places.entries()) {
          const away = ((x / skyWidth - light.x) ** 2 + (y / skyHeight - light.y) ** 2) / light.size ** 2;
          if (away > 6) continue;
          const share = 0.26 * Math.exp(-away);
          const tint = (lights[i] as { tint: Colour }).tint;
          red += (tint[0] - red) * share;
          green += (tint[1] - green) * share;
          blue += (tint[2] - blue) * share;
        }
        bytes[at] = red;
        bytes[at + 1] = green;
        bytes[at + 2] = blue;
        at += 3;
      }
    }
  }
  return { bytes, width: skyWidth, height: skyHeight };
}

/** Between the block's name and the captions. */
function sunLayer({ width, height, fromSeconds, palette }: PictureRequest): Layer {
  const radius = 0.11 * Math.min(width, height);
  const size = Math.ceil(2 * SUN_FRAME * radius);
  const bitmap = paint(size, size, (x, y, out) => {
    const away = Math.hypot(x - size / 2, y - size / 2);
    const disc = Math.min(1, Math.max(0, radius - away + 0.5));
    const rim = Math.max(0, 1 - away / (SUN_FRAME * radius));
    [out[0], out[1], out[2]] = palette.sun;
    out[3] = 255 * Math.max(disc * 0.96, 0.5 * rim ** 2.4);
  });
  const time = `(${fromSeconds}+n/${FRAMES_PER_SECOND})`;
  return {
    bitmap,
    x: `${width * 0.72 - size / 2}-${(width * 0.006).toFixed(3)}*${time}`,
    y: `${height * 0.45 - size / 2}-${(height * 0.0014).toFixed(3)}*${time}`,
  };
}

// ── Hills ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function hillLayer(
  { width, height, fromSeconds, palette, seed }: PictureRequest,
  index: number,
  frames: number,
): Layer {
  const hill = HILLS[index] as (typeof HILLS)[number];
  const short = Math.min(width, height);
  const perFrame = (hill.pace * short) / 720;
  const start = Math.round(fromSeconds * FRAMES_PER_SECOND * perFrame);
  const top = Math.floor((hill.top - hill.swing * 1.6 - hill.trees * 1.5) * height);
  const ridge = ridgeLine(seed, index, short, height);
  const layerWidth = width + Math.ceil(frames * perFrame) + 2;
  const ridges = Float64Array.from({ length: layerWidth }, (_, x) => ridge(x + start) - top);
  const edges = ridges.map((y, x) => y - trees(seed, x + start, short * TREE_SPACING, hill.trees * height));
  const ground = palette.hills[index] as Colour;
  const foot = mix(ground, [0, 0, 0], 0.35);
  const bitmap = paint(layerWidth, height - top, (x, y, out) => {
    const depth = (y - (ridges[x] as number)) / (0.3 * height);
    [out[0], out[1], out[2]] = mix(ground, foot, Math.min(1, Math.max(0, depth)));
    out[3] = 255 * Math.min(1, Math.max(0, y - (edges[x] as number) + 0.5));
  });
  return { bitmap, x: `-floor(n*${perFrame})`, y: String(top) };
}

/** The height of a hill's edge, in pixels from the frame's top, for any x: blocks that follow each other share it. */
function ridgeLine(seed: string, index: number, short: number, height: number): (x: number) => number {
  const hill = HILLS[index] as (typeof HILLS)[number];
  const random = seeded('hills', seed, index);
  const waves = [1, 2.3, 4.1].map((factor) => ({
    length: (2 * Math.PI * hill.wave * factor) / short,
    phase: 2 * Math.PI * random(),
    share: 1 / factor,
  }));
  return (x) => {
    const swing = waves.reduce((sum, { length, phase, share }) => sum + share * Math.sin(x * length + phase), 0);
    return (hill.top - (hill.swing * swing) / 1.4) * height;
  };
}

/** Firs on the ridge, one per stretch of it, of their own height and width: how far they stand out at x. */
function trees(seed: string, x: number, spacing: number, tallest: number): number {
  if (tallest === 0) return 0;
  const stretch = Math.floor(x / spacing);
  const random = seeded('tree', seed, stretch);
  if (random() < 0.3) return 0;
  const tall = tallest * (0.5 + 0.9 * random());
  const half = spacing * (0.26 + 0.2 * random());
  const away = Math.abs(x - (stretch + 0.5) * spacing) / half;
  if (away > 1) return 0;
  // Three skirts of branches, each wider than the one above it.
  const tier = Math.floor(away * 3);
  return tall * Math.max(0, 1 - away * 0.62 - (tier + 1) * 0.13 + (1 - (away * 3 - tier)) * 0.06);
}

// ── Label ────────────────────────────────────────────────────────────────────────────────────────────────────────────

function labelLayer({ width, height, block, take }: PictureRequest): Layer {
  const short = Math.min(width, height);
  const lines = [
    { text: `Block ${block}`, capHeight: short * 0.105, weight: Math.max(1.4, short * 0.0185), opacity: 1 },
    { text: `take ${take}`, capHeight: short * 0.05, weight: Math.max(1, short * 0.0085), opacity: 0.92 },
  ];
  const bitmap = letter(lines, short * 0.045);
  return {
    bitmap,
    x: String(Math.round((width - bitmap.width) / 2)),
    y: String(Math.round(height * 0.235 - bitmap.height / 2)),
  };
}
