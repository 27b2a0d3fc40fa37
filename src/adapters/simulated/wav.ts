/** Speech as numbers: mono, 22,050 Hz, 16 bit, as espeak-ng makes it. */

export const SAMPLE_RATE = 22_050;
const HEADER_BYTES = 44;

export const samplesIn = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000);
export const msOf = (samples: number): number => (samples * 1000) / SAMPLE_RATE;

/** The samples of a WAV file of that form; what its header says of lengths is not trusted (espeak-ng cannot seek in a pipe). */
export function readWav(bytes: Uint8Array): Int16Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (bytes.byteLength < HEADER_BYTES || text(0) !== 'RIFF' || text(8) !== 'WAVE')
    throw new RangeError('Not a WAV file.');
  if (view.getUint16(22, true) !== 1 || view.getUint32(24, true) !== SAMPLE_RATE || view.getUint16(34, true) !== 16) {
    throw new RangeError('Not mono speech of 22,050 Hz and 16 bit.');
  }
  const samples = new Int16Array(Math.floor((bytes.byteLength - HEADER_BYTES) / 2));
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(HEADER_BYTES + i * 2, true);
  return samples;
}

export function writeWav(samples: Int16Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES + samples.length * 2);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(36 + samples.length * 2, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(SAMPLE_RATE, 24);
  bytes.writeUInt32LE(SAMPLE_RATE * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(samples.length * 2, 40);
  for (const [i, sample] of samples.entries()) bytes.writeInt16LE(sample, HEADER_BYTES + i * 2);
  return bytes;
}

const QUIET = 180;

/** Without the silence before and after. */
export function trimSilence(samples: Int16Array): Int16Array {
  let from = 0;
  let to = samples.length;
  while (from < to && Math.abs(samples[from] ?? 0) < QUIET) from += 1;
  while (to > from && Math.abs(samples[to - 1] ?? 0) < QUIET) to -= 1;
  return samples.subarray(from, to);
}
