/**
 * The measures of an MP4 from its box headers and its `moov` alone, by ranged reads: no download, wherever the `moov` lies.
 * The bytes are a stranger's: each read, size and loop has a bound. Box layouts: ISO/IEC 14496-12.
 */
import { ReelstateError } from './errors.ts';
import type { MediaInfo, Signalled, Source } from './ports.ts';

const MAX_TOP_LEVEL_BOXES = 256;
const MAX_MOOV_BYTES = 16 * 1024 * 1024;
const MAX_TRACKS = 16;
const HEADER_BYTES = 16;
/** Enough for `ftyp` and the header of what follows it, and too little to carry pictures through a process that only measures. */
const WINDOW_BYTES = 64;
/** Above this the most frequent frame length is the frame rate; below it, the mean is. */
const REGULAR_SHARE = 0.9;

const CODECS: Readonly<Record<string, string>> = {
  avc1: 'h264',
  avc3: 'h264',
  hvc1: 'hevc',
  hev1: 'hevc',
  av01: 'av1',
  vp09: 'vp9',
  mp4v: 'mpeg4',
  mp4a: 'aac',
  Opus: 'opus',
  fLaC: 'flac',
  'ac-3': 'ac3',
};

const unusable = (what: string): ReelstateError =>
  new ReelstateError('permanent', `This is not a usable MP4: ${what}.`, { code: 'unusable-media' });

/**
 * Measures an MP4. `durationMs` is the picture's, `framesPerSecond` the nominal rate, `width` and `height` the coded size.
 * Where `source.size` is unknown, reads past the end must give nothing.
 *
 * @throws ReelstateError `permanent` `unusable-media` for anything that is not a complete, unfragmented MP4 with a picture. Errors of the source
 * itself pass through.
 */
export async function measureMp4(source: Source, options: Signalled = {}): Promise<MediaInfo> {
  const { moov, bytes } = await findMoov(source, options);
  const tracks = [...children(moov)].filter(({ type }) => type === 'trak').slice(0, MAX_TRACKS);
  if (child(moov, 'mvex')) throw unusable('it is fragmented');
  const movieTimescale = timescaleOf(required(moov, 'mvhd'));
  let picture: Omit<MediaInfo, 'hasAudio' | 'audioCodec'> | undefined;
  let audioCodec: string | undefined;
  for (const { body } of tracks) {
    const media = required(body, 'mdia');
    const handler = text(required(media, 'hdlr'), 8);
    if (handler === 'vide') picture ??= measurePicture(body, media, movieTimescale, bytes ?? Number.POSITIVE_INFINITY);
    if (handler === 'soun') audioCodec ??= codecOf(sampleTable(media));
  }
  if (!picture) throw unusable('it has no picture');
  return { ...picture, hasAudio: audioCodec !== undefined, ...(audioCodec === undefined ? {} : { audioCodec }) };
}

/**
 * How many bytes an MP4 has by its own account; undefined where its last box runs "to the end". For sources without a `size`.
 *
 * @throws ReelstateError as `measureMp4`.
 */
export async function mp4Bytes(source: Source, options: Signalled = {}): Promise<number | undefined> {
  return source.size ?? (await findMoov(source, options)).bytes;
}

// ── The file's own level ─────────────────────────────────────────────────────────────────────────────────────────────

async function findMoov(source: Source, options: Signalled): Promise<{ moov: DataView; bytes: number | undefined }> {
  const read = windowed(source, options);
  let moov: DataView | undefined;
  let offset = 0;
  let isOpen = false;
  for (let count = 0; count < MAX_TOP_LEVEL_BOXES; count += 1) {
    const header = await readHeader(read, offset);
    if (header.byteLength === 0 && count > 0) break;
    const { type, size, headerSize } = boxAt(header, 0, Number.POSITIVE_INFINITY);
    if (count === 0 && type !== 'ftyp') throw unusable('it does not begin like one');
    if (type === 'moof') throw unusable('it is fragmented');
    if (type === 'moov') {
      if (moov || size > MAX_MOOV_BYTES) throw unusable('its index is too large or doubled');
      moov = await read(offset + headerSize, size - headerSize);
      if (moov.byteLength < size - headerSize) throw unusable('it is cut off');
    }
    if (size === Number.POSITIVE_INFINITY) {
      isOpen = true;
      break;
    }
    offset += size;
    if (source.size !== undefined && offset >= source.size) break;
  }
  if (!moov) throw unusable('it has no index');
  const isComplete = source.size === undefined ? (await read(offset - 1, 1)).byteLength > 0 : offset <= source.size;
  if (!isComplete) throw unusable('it is cut off');
  return { moov, bytes: isOpen ? source.size : offset };
}

/** A box's size and type, and its long size only where it has one: what follows may be pictures. */
async function readHeader(
  read: (start: number, length: number) => Promise<DataView>,
  offset: number,
): Promise<DataView> {
  const header = await read(offset, HEADER_BYTES / 2);
  const isLong = header.byteLength === HEADER_BYTES / 2 && header.getUint32(0) === 1;
  return isLong ? read(offset, HEADER_BYTES) : header;
}

/** Reads from the last window where that has it, else a new one. Fewer bytes than asked for: the file ends there. */
function windowed(source: Source, options: Signalled) {
  let from = 0;
  let kept = new Uint8Array();
  return async (start: number, length: number): Promise<DataView> => {
    if (start < from || start + length > from + kept.length) {
      kept = await readRange(source, start, start === 0 ? Math.max(length, WINDOW_BYTES) : length, options);
      from = start;
    }
    const part = kept.subarray(start - from, start - from + length);
    return new DataView(part.buffer, part.byteOffset, part.length);
  };
}

async function readRange(source: Source, start: number, length: number, { signal }: Signalled) {
  const end = Math.min(start + length, source.size ?? Number.POSITIVE_INFINITY);
  const bytes = new Uint8Array(Math.max(0, end - start));
  if (bytes.length === 0) return bytes;
  let filled = 0;
  const reader = source.open({ start, end, signal }).getReader();
  try {
    while (filled < bytes.length) {
      const { done, value } = await reader.read();
      if (done) break;
      const part = value.subarray(0, bytes.length - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
  return bytes.subarray(0, filled);
}

// ── Boxes ────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface Box {
  readonly type: string;
  readonly body: DataView;
}

function boxAt(view: DataView, offset: number, limit: number) {
  if (offset + 8 > view.byteLength) throw unusable('it is cut off');
  const type = text(view, offset + 4);
  let size = view.getUint32(offset);
  let headerSize = 8;
  if (size === 1) {
    if (offset + 16 > view.byteLength) throw unusable('it is cut off');
    size = Number(view.getBigUint64(offset + 8));
    headerSize = 16;
  } else if (size === 0) size = limit - offset;
  if (size < headerSize || offset + size > limit || (size !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(size)))
    throw unusable('a box has an impossible size');
  return { type, size, headerSize };
}

function* children(view: DataView): Generator<Box> {
  for (let offset = 0; offset + 8 <= view.byteLength; ) {
    const { type, size, headerSize } = boxAt(view, offset, view.byteLength);
    yield { type, body: slice(view, offset + headerSize, size - headerSize) };
    offset += size;
  }
}

function child(view: DataView, type: string): DataView | undefined {
  for (const box of children(view)) if (box.type === type) return box.body;
  return undefined;
}

function required(view: DataView, type: string): DataView {
  const found = child(view, type);
  if (!found) throw unusable(`its index lacks ${type}`);
  return found;
}

const slice = (view: DataView, offset: number, length: number) =>
  new DataView(view.buffer, view.byteOffset + offset, length);

function number(view: DataView, offset: number, bytes: 2 | 4 | 8 = 4): number {
  if (offset + bytes > view.byteLength) throw unusable('a box is too short');
  if (bytes === 8) return Number(view.getBigUint64(offset));
  return bytes === 4 ? view.getUint32(offset) : view.getUint16(offset);
}

const text = (view: DataView, offset: number): string => {
  const code = number(view, offset);
  return String.fromCharCode(code >>> 24, (code >>> 16) & 255, (code >>> 8) & 255, code & 255);
};

// ── A track ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const sampleTable = (media: DataView) => required(required(media, 'minf'), 'stbl');

/** `mvhd` and `mdhd`, version 0 or 1: times of 4 or 8 bytes before the time scale. */
function timescaleOf(view: DataView): number {
  const timescale = number(view, number(view, 0) >>> 24 === 1 ? 20 : 12);
  if (timescale === 0) throw unusable('its clock stands still');
  return timescale;
}

function codecOf(table: DataView): string {
  const fourcc = text(required(table, 'stsd'), 12);
  return CODECS[fourcc] ?? fourcc.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function measurePicture(track: DataView, media: DataView, movieTimescale: number, fileEnd: number) {
  const table = sampleTable(media);
  const description = required(table, 'stsd');
  const timescale = timescaleOf(required(media, 'mdhd'));
  const { frames, ticks, frameTicks } = readTimes(required(table, 'stts'));
  if (frames === 0 || ticks === 0) throw unusable('it has no frames');
  if (frames !== sampleCount(table)) throw unusable('its index contradicts itself');
  if (firstChunk(table) >= fileEnd) throw unusable('it is cut off');
  const [width, height] = [number(description, 40, 2), number(description, 42, 2)];
  if (width === 0 || height === 0) throw unusable('its picture has no size');
  const durationMs = Math.round((editedTicks(track) * 1000) / movieTimescale || (ticks * 1000) / timescale);
  const framesPerSecond = timescale / (frameTicks ?? ticks / frames);
  return { durationMs, width, height, framesPerSecond, frames, videoCodec: codecOf(table) };
}

/** `stts`: how many frames, how long all of them, and how long one of them where nearly all are alike. */
function readTimes(view: DataView) {
  const entries = number(view, 4);
  if (entries * 8 + 8 > view.byteLength) throw unusable('a box is too short');
  const counts = new Map<number, number>();
  let frames = 0;
  let ticks = 0;
  for (let entry = 0; entry < entries; entry += 1) {
    const count = number(view, 8 + entry * 8);
    const delta = number(view, 12 + entry * 8);
    counts.set(delta, (counts.get(delta) ?? 0) + count);
    frames += count;
    ticks += count * delta;
  }
  const [delta, count] = [...counts].reduce((most, entry) => (entry[1] > most[1] ? entry : most), [0, 0]);
  return { frames, ticks, frameTicks: delta > 0 && count >= frames * REGULAR_SHARE ? delta : undefined };
}

function sampleCount(table: DataView): number {
  const plain = child(table, 'stsz');
  const sizes = plain ?? required(table, 'stz2');
  const count = number(sizes, 8);
  const listed = plain && number(plain, 4) === 0 ? count * 4 : 0;
  if (listed + 12 > sizes.byteLength) throw unusable('a box is too short');
  return count;
}

function firstChunk(table: DataView): number {
  const short = child(table, 'stco');
  const offsets = short ?? required(table, 'co64');
  if (number(offsets, 4) === 0) throw unusable('it has no frames');
  return number(offsets, 8, short ? 4 : 8);
}

/** The length that the edit list gives the track, in the movie's ticks; 0 where there is none. */
function editedTicks(track: DataView): number {
  const edits = child(track, 'edts');
  const list = edits && child(edits, 'elst');
  if (!list) return 0;
  const wide = number(list, 0) >>> 24 === 1;
  const entrySize = wide ? 20 : 12;
  const entries = number(list, 4);
  if (entries * entrySize + 8 > list.byteLength) throw unusable('a box is too short');
  let ticks = 0;
  for (let entry = 0; entry < entries; entry += 1) ticks += number(list, 8 + entry * entrySize, wide ? 8 : 4);
  return ticks;
}
