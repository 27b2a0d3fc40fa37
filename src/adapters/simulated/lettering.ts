/** The few letters and digits that the simulated vendor writes into its picture, as strokes: no font is needed. */
import { type Bitmap, paint } from './png.ts';

type Point = readonly [x: number, y: number];
/** x and y in cap heights, y down. */
type Stroke = readonly Point[];

interface Glyph {
  readonly width: number;
  readonly strokes: readonly Stroke[];
}

/** Degrees clockwise from three o'clock. */
function arc(centreX: number, centreY: number, radiusX: number, radiusY: number, from: number, to: number): Stroke {
  const steps = Math.max(2, Math.ceil(Math.abs(to - from) / 12));
  return Array.from({ length: steps + 1 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / steps) * Math.PI) / 180;
    return [centreX + radiusX * Math.cos(angle), centreY + radiusY * Math.sin(angle)] as const;
  });
}

const bowl = (from: number, to: number) => arc(0.31, 0.68, 0.31, 0.32, from, to);
const stem = (x: number, from = 0, to = 1): Stroke => [
  [x, from],
  [x, to],
];

const GLYPHS: Readonly<Record<string, Glyph>> = {
  ' ': { width: 0.3, strokes: [] },
  B: {
    width: 0.6,
    strokes: [
      stem(0),
      [[0, 0], ...arc(0.3, 0.24, 0.24, 0.24, -90, 90), [0, 0.48]],
      [[0, 0.48], ...arc(0.34, 0.74, 0.26, 0.26, -90, 90), [0, 1]],
    ],
  },
  l: { width: 0, strokes: [stem(0)] },
  o: { width: 0.62, strokes: [bowl(0, 360)] },
  c: { width: 0.54, strokes: [bowl(-48, -312)] },
  k: {
    width: 0.48,
    strokes: [
      stem(0),
      [
        [0, 0.74],
        [0.43, 0.37],
      ],
      [
        [0.17, 0.6],
        [0.48, 1],
      ],
    ],
  },
  t: {
    width: 0.36,
    strokes: [
      [[0.13, 0.1], ...arc(0.31, 0.82, 0.18, 0.18, 180, 80)],
      [
        [0, 0.37],
        [0.35, 0.37],
      ],
    ],
  },
  a: { width: 0.62, strokes: [bowl(0, 360), stem(0.62, 0.36)] },
  e: { width: 0.62, strokes: [[[0.02, 0.68], ...bowl(0, -312)]] },
  '0': { width: 0.62, strokes: [arc(0.31, 0.5, 0.31, 0.5, 0, 360)] },
  '1': {
    width: 0.26,
    strokes: [
      [
        [0, 0.2],
        [0.24, 0],
        [0.24, 1],
      ],
    ],
  },
  '2': { width: 0.58, strokes: [[...arc(0.29, 0.29, 0.29, 0.29, -170, 38), [0, 1], [0.6, 1]]] },
  '3': {
    width: 0.58,
    strokes: [arc(0.28, 0.25, 0.25, 0.25, -155, 90), arc(0.28, 0.74, 0.29, 0.26, -90, 155)],
  },
  '4': {
    width: 0.62,
    strokes: [
      [
        [0.45, 1],
        [0.45, 0],
        [0, 0.7],
        [0.62, 0.7],
      ],
    ],
  },
  '5': { width: 0.58, strokes: [[[0.52, 0], [0.1, 0], [0.06, 0.45], ...arc(0.27, 0.68, 0.31, 0.32, -130, 145)]] },
  '6': {
    width: 0.62,
    strokes: [
      bowl(0, 360),
      [
        [0.42, 0],
        [0.06, 0.52],
      ],
    ],
  },
  '7': {
    width: 0.56,
    strokes: [
      [
        [0, 0],
        [0.56, 0],
        [0.18, 1],
      ],
    ],
  },
  '8': { width: 0.6, strokes: [arc(0.3, 0.24, 0.24, 0.24, 0, 360), arc(0.3, 0.74, 0.3, 0.26, 0, 360)] },
  '9': {
    width: 0.62,
    strokes: [
      arc(0.31, 0.32, 0.31, 0.32, 0, 360),
      [
        [0.56, 0.48],
        [0.2, 1],
      ],
    ],
  },
};

const LETTER_GAP = 0.27;

export interface Line {
  readonly text: string;
  /** Pixels. */
  readonly capHeight: number;
  /** Of the stroke, pixels. */
  readonly weight: number;
  /** 0 to 1. */
  readonly opacity: number;
}

/** Centred lines, white on a soft shadow. */
export function letter(lines: readonly Line[], lineGap: number): Bitmap {
  const margin = Math.ceil(Math.max(...lines.map((line) => line.capHeight)) * 0.45);
  const laidOut = lines.map((line) => ({ ...line, ...measure(line) }));
  const width = Math.ceil(Math.max(...laidOut.map((line) => line.width)) + 2 * margin);
  const height = Math.ceil(laidOut.reduce((sum, line) => sum + line.capHeight + lineGap, 2 * margin - lineGap));
  const distance = laidOut.map(() => new Float32Array(width * height).fill(Number.POSITIVE_INFINITY));
  let top = margin;
  for (const [i, line] of laidOut.entries()) {
    const left = (width - line.width) / 2;
    for (const stroke of line.strokes)
      trace(stroke, left, top, line.capHeight, distance[i] as Float32Array, width, height);
    top += line.capHeight + lineGap;
  }
  return paint(width, height, (x, y, out) => {
    let cover = 0;
    let shade = 0;
    for (const [i, line] of laidOut.entries()) {
      const away = (distance[i]?.[y * width + x] ?? Number.POSITIVE_INFINITY) - line.weight / 2;
      cover = Math.max(cover, line.opacity * Math.min(1, Math.max(0, 0.5 - away)));
      shade = Math.max(shade, 0.24 * line.opacity * Math.exp(-((Math.max(0, away) / (0.2 * line.capHeight)) ** 2)));
    }
    const alpha = cover + shade * (1 - cover);
    const white = alpha === 0 ? 0 : (255 * cover) / alpha;
    out[0] = out[1] = out[2] = white;
    out[3] = 255 * alpha;
  });
}

function measure({ text, capHeight }: Line): { readonly width: number; readonly strokes: readonly Stroke[] } {
  const strokes: Stroke[] = [];
  let at = 0;
  for (const character of text) {
    const glyph = GLYPHS[character];
    if (!glyph) throw new RangeError(`No strokes for ${character}.`);
    strokes.push(...glyph.strokes.map((stroke) => stroke.map(([x, y]) => [x + at, y] as const)));
    at += glyph.width + LETTER_GAP;
  }
  return { width: (at - LETTER_GAP) * capHeight, strokes };
}

/** Lowers the distance of the pixels around a stroke to their distance from it. */
function trace(
  stroke: Stroke,
  left: number,
  top: number,
  scale: number,
  distance: Float32Array,
  width: number,
  height: number,
): void {
  const reach = scale * 0.45;
  for (let i = 1; i < stroke.length; i += 1) {
    const [ax, ay] = place(stroke[i - 1] as Point, left, top, scale);
    const [bx, by] = place(stroke[i] as Point, left, top, scale);
    const fromX = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
    const toX = Math.min(width - 1, Math.ceil(Math.max(ax, bx) + reach));
    const fromY = Math.max(0, Math.floor(Math.min(ay, by) - reach));
    const toY = Math.min(height - 1, Math.ceil(Math.max(ay, by) + reach));
    const squared = (bx - ax) ** 2 + (by - ay) ** 2 || 1;
    for (let y = fromY; y <= toY; y += 1) {
      for (let x = fromX; x <= toX; x += 1) {
        const along = Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / squared));
        const away = Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
        const at = y * width + x;
        if (away < (distance[at] as number)) distance[at] = away;
      }
    }
  }
}

const place = ([x, y]: Point, left: number, top: number, scale: number): Point => [left + x * scale, top + y * scale];
