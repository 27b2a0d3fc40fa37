/** Small MP4s made by hand, with every choice that the format leaves open. */
export interface Mp4Shape {
  readonly frames: number;
  readonly timescale: number;
  readonly frameTicks: number;
  readonly movieTimescale: number;
  /** Version 1 headers: 64-bit times. */
  readonly wideTimes: boolean;
  /** 64-bit box size of `mdat`. */
  readonly wideSizes: boolean;
  readonly moovLast: boolean;
  /** `mdat` with size 0: to the end of the file. */
  readonly openEnd: boolean;
  readonly fixedSampleSize: boolean;
  readonly wideOffsets: boolean;
  readonly width: number;
  readonly height: number;
  readonly videoCodec: string;
  /** Four characters of the sound's codec. */
  readonly audio?: string | undefined;
  /** Length that an edit list gives the picture, in the movie's ticks. */
  readonly edit?: number | undefined;
}

export const PLAIN: Mp4Shape = {
  frames: 192,
  timescale: 12_288,
  frameTicks: 512,
  movieTimescale: 1_000,
  wideTimes: false,
  wideSizes: false,
  moovLast: false,
  openEnd: false,
  fixedSampleSize: false,
  wideOffsets: false,
  width: 720,
  height: 1280,
  videoCodec: 'avc1',
  audio: 'mp4a',
};

const MEDIA_BYTES = 256;

export function buildMp4(shape: Partial<Mp4Shape> = {}): Uint8Array {
  const whole = { ...PLAIN, ...shape };
  const ftyp = box('ftyp', ascii('isom'), u32(512), ascii('isomavc1'));
  const moov = moovOf(whole, 4_000);
  const media = new Uint8Array(MEDIA_BYTES);
  const mdat = whole.openEnd
    ? join(u32(0), ascii('mdat'), media)
    : whole.wideSizes
      ? join(u32(1), ascii('mdat'), u64(16 + media.length), media)
      : box('mdat', media);
  // Room, so that sample offsets lie inside.
  const free = box('free', new Uint8Array(4_000));
  return whole.moovLast ? join(ftyp, free, mdat, moov) : join(ftyp, moov, free, mdat);
}

export function moovOf(shape: Mp4Shape, offset: number): Uint8Array {
  const ticks = shape.frames * shape.frameTicks;
  const header = shape.wideTimes
    ? (scale: number) => join(u32(1 << 24), u64(0), u64(0), u32(scale), u64(ticks))
    : (scale: number) => join(u32(0), u32(0), u32(0), u32(scale), u32(ticks));
  const track = (handler: string, entry: Uint8Array, edit: number | undefined) =>
    box(
      'trak',
      box('tkhd', new Uint8Array(84)),
      ...(edit === undefined ? [] : [box('edts', box('elst', u32(0), u32(1), u32(edit), u32(0), u32(1 << 16)))]),
      box(
        'mdia',
        box('mdhd', header(shape.timescale), u32(0)),
        box('hdlr', u32(0), u32(0), ascii(handler), new Uint8Array(13)),
        box(
          'minf',
          box(
            'stbl',
            box('stsd', u32(0), u32(1), entry),
            box('stts', u32(0), u32(1), u32(shape.frames), u32(shape.frameTicks)),
            shape.fixedSampleSize
              ? box('stsz', u32(0), u32(1), u32(shape.frames))
              : box('stsz', u32(0), u32(0), u32(shape.frames), new Uint8Array(4 * shape.frames)),
            shape.wideOffsets ? box('co64', u32(0), u32(1), u64(offset)) : box('stco', u32(0), u32(1), u32(offset)),
          ),
        ),
      ),
    );
  const picture = box(shape.videoCodec, new Uint8Array(24), u16(shape.width), u16(shape.height), new Uint8Array(50));
  return box(
    'moov',
    box('mvhd', header(shape.movieTimescale), new Uint8Array(76)),
    ...(shape.audio ? [track('soun', box(shape.audio, new Uint8Array(28)), undefined)] : []),
    track('vide', picture, shape.edit),
  );
}

export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = join(...parts);
  return join(u32(body.length + 8), ascii(type), body);
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

function u16(value: number): Uint8Array {
  const bytes = new Uint8Array(2);
  new DataView(bytes.buffer).setUint16(0, value);
  return bytes;
}

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

export function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value));
  return bytes;
}
