/** What a player sets its decoder up with, read from a piece's index without starting ffmpeg. */
import { readAll } from '../../core/bytes.ts';
import type { Source } from '../../core/ports.ts';

/** The index of a piece stands at its start and needs some 20 bytes per frame. */
const MAX_INDEX_BYTES = 1024 * 1024;

/** Parameter sets and clock of an H.264 picture; undefined where the file is not of our making (index first, H.264). Equal ones can be joined by copy. */
export async function streamHeader(source: Source, signal: AbortSignal | undefined): Promise<string | undefined> {
  const size = source.size ?? MAX_INDEX_BYTES;
  const bytes = Buffer.from(await readAll(source.open({ start: 0, end: Math.min(size, MAX_INDEX_BYTES), signal })));
  const index = indexIn(bytes);
  const parameters = index && contentOf(index, 'avcC');
  const clock = index && contentOf(index, 'mdhd');
  if (!parameters || !clock) return undefined;
  // Full box: version, flags, two dates (of 4 or 8 bytes), then ticks per second.
  const ticks = clock.readUInt32BE(clock[0] === 1 ? 20 : 12);
  return `${ticks} ${parameters.toString('hex')}`;
}

/** The `moov` box; undefined where something as large as film comes before it. */
function indexIn(bytes: Buffer): Buffer | undefined {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    if (size < 8 || at + size > bytes.length) return undefined;
    if (bytes.toString('latin1', at + 4, at + 8) === 'moov') return bytes.subarray(at, at + size);
    at += size;
  }
  return undefined;
}

/** The first box of this kind, wherever it lies: the kinds sought here occur once in a file with a picture alone. */
function contentOf(index: Buffer, kind: string): Buffer | undefined {
  const at = index.indexOf(kind, 0, 'latin1');
  if (at < 4) return undefined;
  const end = at - 4 + index.readUInt32BE(at - 4);
  return end > at + 4 && end <= index.length ? index.subarray(at + 4, end) : undefined;
}
