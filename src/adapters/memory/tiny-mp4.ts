import { readAll } from '../../core/bytes.ts';
import type { Source } from '../../core/ports.ts';

export const FRAMES_PER_SECOND = 24;
const AUDIO_RATE = 48_000;
const AUDIO_FRAME = 1024;
const MOVIE_TICKS = 1000;

/** What is said when, milliseconds: a tiny film keeps it as text, since it has no real sound. */
export interface Said {
  /** The line. */
  readonly text: string;
  /** Its start. */
  readonly fromMs: number;
  /** Its end. */
  readonly toMs: number;
}

/** What a tiny film is like. */
export interface TinyFilm {
  /** Rounded to whole frames of 24 per second. */
  readonly durationMs: number;
  /** @default 720 */
  readonly width?: number;
  /** @default 1280 */
  readonly height?: number;
  /** Whether there is a soundtrack. @default true */
  readonly audio?: boolean;
  /** @default nothing */
  readonly said?: readonly Said[];
}

const utf8 = new TextEncoder();

/**
 * A structurally complete MP4 of a few kilobytes with `moov` first: every box that a reader needs to measure it, and one byte per
 * frame in the place of pictures. What is said lies in a `free` box. Nothing can be seen in it.
 */
export function tinyMp4({ durationMs, width = 720, height = 1280, audio = true, said = [] }: TinyFilm): Uint8Array {
  const frames = Math.max(1, Math.round((durationMs * FRAMES_PER_SECOND) / 1000));
  const exactMs = Math.round((frames * 1000) / FRAMES_PER_SECOND);
  const audioFrames = audio ? Math.max(1, Math.ceil((exactMs * AUDIO_RATE) / 1000 / AUDIO_FRAME)) : 0;
  const start = box('ftyp', 'isom', u32(512), 'isomiso2avc1mp41');
  const notes = box('free', utf8.encode(JSON.stringify({ said })));
  const moov = (offset: number) => {
    const picture = pictureTrack({ frames, exactMs, width, height, offset });
    const sound = audio ? [soundTrack({ audioFrames, exactMs, offset: offset + frames })] : [];
    return box('moov', movieHeader(exactMs), picture, ...sound);
  };
  // Offsets do not change the size of the index, so that its size is known before they are.
  const offset = start.length + notes.length + moov(0).length + 8;
  return join([start, notes, moov(offset), box('mdat', new Uint8Array(frames + audioFrames))]);
}

/** What is said in such a film; nothing for any other file. */
export async function saidIn(source: Source): Promise<readonly Said[]> {
  const bytes = await readAll(source.open());
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.length && view.getUint32(at) >= 8; at += view.getUint32(at)) {
    const body = bytes.subarray(at + 8, at + view.getUint32(at));
    if (text(bytes.subarray(at + 4, at + 8)) === 'free') return (JSON.parse(text(body)) as { said: Said[] }).said;
  }
  return [];
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

// ── Boxes (ISO/IEC 14496-12) ─────────────────────────────────────────────────────────────────────────────────────────

type Part = Uint8Array | string;

const u32 = (...values: number[]) =>
  join(values.map((value) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value)));
const u16 = (...values: number[]) => join(values.map((value) => Uint8Array.of(value >>> 8, value)));
const zeros = (count: number) => new Uint8Array(count);

function join(parts: readonly Part[]): Uint8Array {
  const chunks = parts.map((part) => (typeof part === 'string' ? utf8.encode(part) : part));
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function box(type: string, ...parts: Part[]): Uint8Array {
  const body = join(parts);
  return join([u32(body.length + 8), type, body]);
}

const full = (type: string, flags: number, ...parts: Part[]) => box(type, u32(flags), ...parts);

const UNITY = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

const movieHeader = (durationMs: number) =>
  full('mvhd', 0, u32(0, 0, MOVIE_TICKS, durationMs, 0x10000), u16(0x100), zeros(10), UNITY, zeros(24), u32(3));

interface Track {
  readonly id: number;
  readonly kind: 'vide' | 'soun';
  readonly exactMs: number;
  readonly timescale: number;
  readonly samples: number;
  readonly ticksEach: number;
  readonly offset: number;
  readonly width: number;
  readonly height: number;
  readonly header: Uint8Array;
  readonly description: Uint8Array;
}

function track(of: Track): Uint8Array {
  const volume = of.kind === 'soun' ? 0x100 : 0;
  const head = full(
    'tkhd',
    3,
    u32(0, 0, of.id, 0, of.exactMs),
    zeros(8),
    u16(0, 0, volume, 0),
    UNITY,
    u32(of.width << 16, of.height << 16),
  );
  const edit = box('edts', full('elst', 0, u32(1, of.exactMs, 0, 0x10000)));
  const table = box(
    'stbl',
    full('stsd', 0, u32(1), of.description),
    full('stts', 0, u32(1, of.samples, of.ticksEach)),
    full('stsc', 0, u32(1, 1, of.samples, 1)),
    full('stsz', 0, u32(1, of.samples)),
    full('stco', 0, u32(1, of.offset)),
  );
  const data = box('dinf', full('dref', 0, u32(1), full('url ', 1)));
  const media = box(
    'mdia',
    full('mdhd', 0, u32(0, 0, of.timescale, of.samples * of.ticksEach), u16(0x55c4, 0)),
    full('hdlr', 0, u32(0), of.kind, zeros(12), 'tiny\0'),
    box('minf', of.header, data, table),
  );
  return box('trak', head, edit, media);
}

function pictureTrack(of: {
  frames: number;
  exactMs: number;
  width: number;
  height: number;
  offset: number;
}): Uint8Array {
  const { frames, exactMs, width, height, offset } = of;
  // Baseline profile, level 3.1, no parameter sets: enough to say what it is.
  const config = box('avcC', Uint8Array.of(1, 0x42, 0xc0, 0x1f, 0xff, 0xe0, 0));
  const description = box(
    'avc1',
    zeros(6),
    u16(1),
    zeros(16),
    u16(width, height),
    u32(0x480000, 0x480000, 0),
    u16(1),
    zeros(32),
    u16(24, 0xffff),
    config,
  );
  const timing = { timescale: FRAMES_PER_SECOND * 512, samples: frames, ticksEach: 512 };
  const header = full('vmhd', 1, zeros(8));
  return track({ id: 1, kind: 'vide', exactMs, ...timing, offset, width, height, header, description });
}

function soundTrack({
  audioFrames,
  exactMs,
  offset,
}: {
  audioFrames: number;
  exactMs: number;
  offset: number;
}): Uint8Array {
  // An elementary stream descriptor for AAC LC, 48 kHz, one channel.
  const esds = full(
    'esds',
    0,
    Uint8Array.of(3, 25, 0, 1, 0, 4, 17, 0x40, 0x15, 0, 0, 0, 0, 0, 0xfa, 0, 0, 0, 0xfa, 0, 5, 2, 0x11, 0x88, 6, 1, 2),
  );
  const description = box('mp4a', zeros(6), u16(1), zeros(8), u16(1, 16, 0, 0), u32(AUDIO_RATE << 16), esds);
  const timing = { timescale: AUDIO_RATE, samples: audioFrames, ticksEach: AUDIO_FRAME };
  const header = full('smhd', 0, zeros(4));
  return track({ id: 2, kind: 'soun', exactMs, ...timing, offset, width: 0, height: 0, header, description });
}
