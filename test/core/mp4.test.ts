import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import { measureMp4, mp4Bytes } from '../../src/core/mp4.ts';
import type { Source } from '../../src/core/ports.ts';
import { ascii, box, buildMp4, join, type Mp4Shape, u32, u64 } from './mp4-builder.ts';

/** Counts what is read; `size` may be kept secret. */
function sourceOf(bytes: Uint8Array, sized = true) {
  const reads = { count: 0, bytes: 0 };
  const source: Source = {
    ...(sized ? { size: bytes.length } : {}),
    open({ start = 0, end = bytes.length } = {}) {
      const part = bytes.slice(start, end);
      reads.count += 1;
      reads.bytes += part.length;
      return new Blob([part]).stream();
    },
  };
  return { source, reads };
}

const measure = (bytes: Uint8Array, sized = true) => measureMp4(sourceOf(bytes, sized).source);

const shapes: fc.Arbitrary<Mp4Shape> = fc.record({
  frames: fc.integer({ min: 1, max: 3_600 }),
  timescale: fc.constantFrom(600, 12_288, 24_000, 90_000),
  frameTicks: fc.constantFrom(25, 512, 1_001, 3_750),
  movieTimescale: fc.constantFrom(1_000, 600, 90_000),
  wideTimes: fc.boolean(),
  wideSizes: fc.boolean(),
  moovLast: fc.boolean(),
  openEnd: fc.constant(false),
  fixedSampleSize: fc.boolean(),
  wideOffsets: fc.boolean(),
  width: fc.integer({ min: 2, max: 4_096 }),
  height: fc.integer({ min: 2, max: 4_096 }),
  videoCodec: fc.constantFrom('avc1', 'hvc1', 'av01'),
  audio: fc.constantFrom('mp4a', 'Opus', undefined),
  edit: fc.constant(undefined),
});

const unusable = { kind: 'permanent', code: 'unusable-media' };

describe('measureMp4', () => {
  test('reads what every form of the format says', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, fc.boolean(), async (shape, sized) => {
        const info = await measure(buildMp4(shape), sized);
        expect(info).toEqual({
          durationMs: Math.round((shape.frames * shape.frameTicks * 1000) / shape.timescale),
          width: shape.width,
          height: shape.height,
          framesPerSecond: shape.timescale / shape.frameTicks,
          frames: shape.frames,
          videoCodec: { avc1: 'h264', hvc1: 'hevc', av01: 'av1' }[shape.videoCodec],
          hasAudio: shape.audio !== undefined,
          ...(shape.audio ? { audioCodec: { mp4a: 'aac', Opus: 'opus' }[shape.audio] } : {}),
        });
      }),
      { numRuns: 200 },
    );
  });

  test('knows its own size where the source does not', async () => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const bytes = buildMp4(shape);
        expect(await mp4Bytes(sourceOf(bytes, false).source)).toBe(bytes.length);
      }),
      { numRuns: 50 },
    );
    expect(await mp4Bytes(sourceOf(buildMp4({ openEnd: true }), false).source)).toBeUndefined();
    expect(await mp4Bytes(sourceOf(new Uint8Array(7)).source)).toBe(7);
  });

  test('an edit list gives the length that is shown', async () => {
    expect(await measure(buildMp4({ frames: 192, edit: 7_500 }))).toMatchObject({ durationMs: 7_500, frames: 192 });
  });

  test('an empty edit list is passed over', async () => {
    expect(await measure(buildMp4({ frames: 192, edit: 0 }))).toMatchObject({ durationMs: 8_000 });
  });

  test('an mdat that runs to the end is read', async () => {
    expect(await measure(buildMp4({ openEnd: true }))).toMatchObject({ durationMs: 8_000 });
  });

  test('never reads the film itself, wherever the index lies', async () => {
    for (const moovLast of [false, true]) {
      const media = 8_000_000;
      const start = buildMp4({ moovLast });
      const { source, reads } = sourceOf(join(start, box('free', new Uint8Array(media))));
      await measureMp4(source);
      expect(reads.bytes).toBeLessThan(start.length + 500);
      expect(reads.count).toBeLessThanOrEqual(6);
    }
  });

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['one byte', new Uint8Array(1)],
    ['HTML', ascii('<!DOCTYPE html><html><body>Sign in to continue</body></html>')],
    ['an ffconcat script', ascii('ffconcat version 1.0\nfile /etc/passwd\n')],
    ['an HLS playlist', ascii('#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:8,\nfile:///etc/passwd\n')],
    ['JSON of an error', ascii('{"error":{"code":403,"message":"denied"}}')],
    ['a WebM header', join(u32(0x1a45dfa3), new Uint8Array(60))],
    ['only the first box', box('ftyp', ascii('isom'))],
    ['a fragmented file', join(box('ftyp', ascii('iso5')), box('moof', new Uint8Array(32)))],
    ['sound alone', soundAlone()],
    [
      'an index of sixteen exabytes',
      join(box('ftyp', ascii('isom')), u32(1), ascii('moov'), u64(2 ** 53), new Uint8Array(64)),
    ],
    [
      'an index that is too large',
      join(box('ftyp', ascii('isom')), u32(0x7fffffff), ascii('moov'), new Uint8Array(64)),
    ],
    ['a box smaller than its header', join(box('ftyp', ascii('isom')), u32(4), ascii('moov'), new Uint8Array(64))],
    ['a picture without size', buildMp4({ width: 0 })],
    ['a picture without frames', buildMp4({ frames: 0 })],
    ['a clock that stands still', buildMp4({ timescale: 0 })],
  ])('refuses %s', async (_name, bytes) => {
    await expect(measure(bytes)).rejects.toMatchObject(unusable);
    await expect(measure(bytes, false)).rejects.toMatchObject(unusable);
  });

  test('refuses a file that is cut off at any byte', async () => {
    for (const moovLast of [false, true]) {
      const whole = buildMp4({ frames: 10, moovLast });
      for (let length = 0; length < whole.length; length += 7) {
        await expect(measure(whole.slice(0, length)), `${length} bytes`).rejects.toMatchObject(unusable);
      }
      await expect(measure(whole.slice(0, -1), false)).rejects.toMatchObject(unusable);
    }
  });

  test('says what a fragmented file is', async () => {
    const bytes = join(box('ftyp', ascii('iso5')), box('moof', new Uint8Array(32)));
    await expect(measure(bytes)).rejects.toThrow(/fragmented/);
  });

  test('survives any damage: a measure or a clear refusal, few and small reads', async () => {
    const whole = buildMp4({ frames: 40 });
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = whole.slice();
        for (const [at, value] of changes) bytes[at] = value;
        const { source, reads } = sourceOf(bytes);
        const outcome = await measureMp4(source).catch((error: unknown) => error);
        expect(reads.count).toBeLessThanOrEqual(300);
        expect(reads.bytes).toBeLessThan(300 * whole.length);
        if (ReelstateError.is(outcome)) expect(outcome.code).toBe('unusable-media');
        else expect(outcome).toMatchObject({ frames: expect.any(Number), durationMs: expect.any(Number) });
      }),
      { numRuns: 500 },
    );
  });

  test('survives a file of many tiny boxes', async () => {
    const { source, reads } = sourceOf(
      join(box('ftyp', ascii('isom')), ...Array.from({ length: 50_000 }, () => box('free'))),
    );
    await expect(measureMp4(source)).rejects.toMatchObject(unusable);
    expect(reads.count).toBeLessThan(300);
  });

  test('an error of the source passes as it is, and the signal reaches it', async () => {
    const lost = new ReelstateError('retryable', 'The bucket is away.', { code: 'storage-unavailable' });
    const source: Source = {
      size: 1_000,
      open: () => new ReadableStream({ pull: (controller) => controller.error(lost) }),
    };
    await expect(measureMp4(source)).rejects.toBe(lost);
    const signals: unknown[] = [];
    const { signal } = new AbortController();
    const watched: Source = {
      size: 1,
      open: (range) => {
        signals.push(range?.signal);
        return new Blob(['x']).stream();
      },
    };
    await expect(measureMp4(watched, { signal })).rejects.toMatchObject(unusable);
    expect(signals).toEqual([signal]);
  });

  test('a source that ignores its range does not fill the memory', async () => {
    const bytes = buildMp4();
    let given = 0;
    const source: Source = {
      size: bytes.length,
      open: ({ start = 0 } = {}) => {
        let sent = false;
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            given += 1;
            controller.enqueue(sent ? new Uint8Array(65_536) : bytes.slice(start));
            sent = true;
          },
        });
      },
    };
    expect(await measureMp4(source)).toMatchObject({ frames: 192 });
    expect(given).toBeLessThan(10);
  });
});

function soundAlone(): Uint8Array {
  const bytes = buildMp4();
  const text = new TextDecoder('latin1').decode(bytes);
  bytes.set(ascii('meta'), text.indexOf('vide'));
  return bytes;
}
