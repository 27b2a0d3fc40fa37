import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/media.ts';
import type { FfmpegOptions } from '../../src/adapters/ffmpeg/options.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { CutPart, Source, TemporarySource } from '../../src/core/ports.ts';
import {
  ASS,
  brightness,
  bytesOf,
  clip,
  decode,
  FPS,
  fileOf,
  leftovers,
  makeMedia,
  memorySource,
  onEachFfmpeg,
  samples,
  temporaryFolder,
} from './support.ts';

const part = (source: Source, frames: number, rest: Partial<CutPart> = {}): CutPart => ({
  source,
  fromMs: 0,
  durationMs: (frames * 1000) / FPS,
  dropFirstFrame: false,
  ...rest,
});

const pathOf = (made: TemporarySource): string => made.path ?? '';

/** Packets of one track as they are in the file. */
async function packets(command: string, path: string, track: 'a' | 'v'): Promise<string> {
  const text = new TextDecoder().decode(
    await decode(command, path, ['-map', `0:${track}:0`, '-c', 'copy', '-f', 'framemd5']),
  );
  return text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim())
    .join('\n');
}

/** A grey that grows with each frame: doubled, lost and swapped frames all show. */
const ramp = (frames: number, from: number) =>
  clip({ frames, hertz: 300 + from, picture: `geq=lum='40+2*(N+${from})':cb=128:cr=128` });

/** A tone of 100 ms in silence. */
const beep = (atSeconds: number, more = '') =>
  `volume=0:enable='not(between(t,${atSeconds},${atSeconds + 0.1}))'${more}`;

/** Where a silence ends, seconds. */
function onsets(sound: Int16Array, rate = 48_000): number[] {
  const found: number[] = [];
  let quietSince = -rate;
  for (let index = 0; index < sound.length; index += 1) {
    if (Math.abs(sound[index] ?? 0) < 600) continue;
    if (index - quietSince > rate * 0.2) found.push(index / rate);
    quietSince = index;
  }
  return found;
}

onEachFfmpeg('cut', (tools, kind) => {
  const media = async (options: FfmpegOptions = {}) => ffmpeg({ ffmpegPath: (await tools()).ffmpeg, ...options });

  test('burns captions exactly while they are due, keeps every frame and copies the sound', async () => {
    const path = await clip({ frames: 48, hertz: 440, picture: 'eq=brightness=-0.4' });
    const source = fileOf(path);
    await using folder = await temporaryFolder();
    const fractions: number[] = [];
    const made = await (await media({ tempDir: folder.path })).cut({
      parts: [part(source, 48)],
      ass: ASS('IIIIIII', 500, 1_500),
      timeoutMs: 60_000,
      onProgress: (fraction) => fractions.push(fraction),
    });
    const { ffmpeg: command } = await tools();
    expect(made.info).toEqual({
      ...{ durationMs: 2_000, width: 180, height: 320, framesPerSecond: 24, frames: 48 },
      ...{ hasAudio: true, videoCodec: 'h264', audioCodec: 'aac' },
    });
    expect(made.info).toEqual(await measureMp4(made));
    const middle = '120:30:30:145';
    const [before, after] = [await brightness(command, path, middle), await brightness(command, pathOf(made), middle)];
    const captioned = after.map((value, index) => value - (before[index] ?? 0) > 15);
    expect(captioned).toEqual(captioned.map((_value, frame) => frame >= 12 && frame < 36));
    expect(await packets(command, pathOf(made), 'a')).toBe(await packets(command, path, 'a'));
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.filter((fraction) => fraction === 1)).toHaveLength(1);
    const file = Buffer.from(await bytesOf(made));
    expect(file.indexOf('moov')).toBeLessThan(file.indexOf('mdat'));
    expect(file.includes('Lavf')).toBe(false);
    expect(await makeMedia(command, ['-v', 'warning', '-i', pathOf(made), '-f', 'null', '-'])).toEqual([]);
    await made.dispose();
    expect(await leftovers(folder.path)).toEqual([]);
  });

  test('the same input gives the same bytes, from a file and from a bucket', async () => {
    const path = await clip({ frames: 48, hertz: 440 });
    const digests = new Set<string>();
    const { open } = memorySource(readFileSync(path));
    for (const source of [fileOf(path), fileOf(path), memorySource(readFileSync(path)), { open }]) {
      const made = await (await media()).cut({ parts: [part(source, 48)], ass: ASS('same'), timeoutMs: 60_000 });
      digests.add(
        createHash('sha256')
          .update(await bytesOf(made))
          .digest('hex'),
      );
      await made.dispose();
    }
    expect(digests.size).toBe(1);
  });

  test('joins without a doubled, lost or frozen frame, the doubled one of a last-frame joint dropped', async () => {
    const [first, second] = [fileOf(await ramp(36, 0)), fileOf(await ramp(37, 35))];
    const made = await (await media()).cut({
      parts: [part(first, 36), part(second, 37, { dropFirstFrame: true })],
      timeoutMs: 60_000,
    });
    expect(made.info).toMatchObject({ frames: 72, durationMs: 3_000 });
    const greys = await brightness((await tools()).ffmpeg, pathOf(made));
    expect(greys).toHaveLength(72);
    for (let frame = 1; frame < 72; frame += 1)
      expect(greys[frame], `frame ${frame}`).toBeGreaterThan(greys[frame - 1] ?? 0);
    await made.dispose();
  });

  test('begins a part in the middle of its source, on the frame', async () => {
    const [path, source] = [await ramp(36, 0), fileOf(await ramp(36, 0))];
    const made = await (await media()).cut({
      parts: [part(source, 12, { fromMs: (7 * 1000) / FPS }), part(source, 5, { fromMs: (30 * 1000) / FPS })],
      timeoutMs: 60_000,
    });
    const { ffmpeg: command } = await tools();
    const all = await brightness(command, path);
    const wanted = [...all.slice(7, 19), ...all.slice(30, 35)];
    const got = await brightness(command, pathOf(made));
    expect(got).toHaveLength(17);
    for (const [frame, grey] of got.entries())
      expect(Math.abs(grey - (wanted[frame] ?? 0)), `frame ${frame}`).toBeLessThan(2);
    await made.dispose();
  });

  test('sound stays with its picture when a part has less or more of it, or none', async () => {
    const short = fileOf(await clip({ frames: 36, hertz: 900, sound: beep(0.5, ',atrim=end=1.1') }));
    const late = fileOf(await clip({ frames: 36, hertz: 900, sound: beep(0.5) }));
    const silent = fileOf(await clip({ frames: 36 }));
    const made = await (await media()).cut({
      parts: [part(short, 36), part(silent, 36), part(late, 36), part(late, 36, { dropFirstFrame: true })],
      timeoutMs: 60_000,
    });
    expect(made.info).toMatchObject({ frames: 143, hasAudio: true });
    const sound = await samples((await tools()).ffmpeg, pathOf(made));
    // ffmpeg switches a filter with whole blocks of sound: the source's own onset is what counts.
    const [own = 0] = onsets(await samples((await tools()).ffmpeg, late.path));
    const expected = [own, own + 3, own + 4.5 - 1 / FPS];
    const heard = onsets(sound);
    expect(heard).toHaveLength(3);
    for (const [index, at] of expected.entries()) expect(Math.abs((heard[index] ?? 0) - at)).toBeLessThan(0.004);
    await made.dispose();
  });

  test('no click where two sounds meet', async () => {
    const [low, high] = [
      fileOf(await clip({ frames: 25, hertz: 317 })),
      fileOf(await clip({ frames: 25, hertz: 443 })),
    ];
    // Both waves are near their peak there.
    const parts = [part(low, 25), part(high, 18, { fromMs: (7 * 1000) / FPS })];
    const made = await (await media()).cut({ parts, timeoutMs: 60_000 });
    const sound = await samples((await tools()).ffmpeg, pathOf(made));
    const steepest = (from: number, to: number) => {
      let most = 0;
      for (let index = from; index < to; index += 1)
        most = Math.max(most, Math.abs((sound[index + 1] ?? 0) - (sound[index] ?? 0)));
      return most;
    };
    const joint = 50_000;
    expect(steepest(joint - 2_000, joint + 2_000)).toBeLessThan(steepest(joint + 10_000, joint + 20_000) * 1.3);
    await made.dispose();
  });

  test('parts of another size and frame rate take the form of the first', async () => {
    const first = fileOf(await clip({ frames: 24, hertz: 440 }));
    const other = fileOf(await clip({ frames: 30, rate: '30', size: '320x180', hertz: 440 }));
    const made = await (await media()).cut({ parts: [part(first, 24), part(other, 24)], timeoutMs: 60_000 });
    expect(made.info).toMatchObject({ width: 180, height: 320, framesPerSecond: 24, frames: 48, durationMs: 2_000 });
    await made.dispose();
  });

  test('keeps an odd frame rate', async () => {
    const source = fileOf(await clip({ frames: 45, rate: '30000/1001', hertz: 440 }));
    const made = await (await media()).cut({
      parts: [{ ...part(source, 0), durationMs: 1501.5 }],
      ass: ASS('x'),
      timeoutMs: 60_000,
    });
    expect(made.info.frames).toBe(45);
    expect(made.info.framesPerSecond).toBeCloseTo(29.97003, 4);
    await made.dispose();
  });

  test('endMs cuts picture and sound', async () => {
    const [first, second] = [fileOf(await ramp(36, 0)), fileOf(await ramp(36, 36))];
    const made = await (await media()).cut({
      parts: [part(first, 36), part(second, 36)],
      endMs: 2_000,
      timeoutMs: 60_000,
    });
    expect(made.info).toMatchObject({ frames: 48, durationMs: 2_000 });
    const sound = await samples((await tools()).ffmpeg, pathOf(made));
    expect(Math.abs(sound.length / 48_000 - 2)).toBeLessThan(0.03);
    await made.dispose();
  });

  test('one part without captions is copied, bit by bit', async () => {
    const path = await clip({ frames: 48, hertz: 440 });
    const made = await (await media()).cut({ parts: [part(fileOf(path), 48)], timeoutMs: 60_000 });
    const { ffmpeg: command } = await tools();
    for (const track of ['v', 'a'] as const) {
      expect(await packets(command, pathOf(made), track)).toBe(await packets(command, path, track));
    }
    await made.dispose();
  });

  test('a silent film stays silent', async () => {
    const source = fileOf(await clip({ frames: 24 }));
    for (const ass of [undefined, ASS('x')]) {
      const made = await (await media()).cut({ parts: [part(source, 24)], ...(ass ? { ass } : {}), timeoutMs: 60_000 });
      expect(made.info).toMatchObject({ frames: 24, hasAudio: false });
      await made.dispose();
    }
  });

  test('loudness comes to its target, and is left alone where it is near', async () => {
    const path = await clip({ frames: 96, hertz: 1_000, sound: 'volume=-6dB' });
    const cutAt = async (target: number) =>
      (await media({ loudness: { target, tolerance: 1 } })).cut({
        parts: [part(fileOf(path), 96)],
        ass: ASS('x'),
        timeoutMs: 60_000,
      });
    const { ffmpeg: command } = await tools();
    const loudness = async (file: string) => {
      const lines = await makeMedia(command, ['-i', file, '-map', '0:a:0', '-af', 'ebur128', '-f', 'null', '-']);
      return Number(/I:\s+(-[\d.]+) LUFS/.exec(lines.slice(-12).join('\n'))?.[1]);
    };
    const was = await loudness(path);
    const louder = await cutAt(-18);
    expect(Math.abs((await loudness(pathOf(louder))) + 18)).toBeLessThan(1);
    expect((await samples(command, pathOf(louder))).length / 48_000).toBeCloseTo(4, 1);
    const kept = await cutAt(Math.round(was));
    expect(await packets(command, pathOf(kept), 'a')).toBe(await packets(command, path, 'a'));
    await louder.dispose();
    await kept.dispose();
  });

  test('characters that no font has fail before the encode, with their list', async () => {
    await using folder = await temporaryFolder();
    const source = fileOf(await clip({ frames: 24, hertz: 440 }));
    const strict = await media({ systemFonts: false, tempDir: folder.path });
    const fractions: number[] = [];
    await expect(
      strict.cut({
        parts: [part(source, 24)],
        ass: ASS('Good {\\b1}漢{\\b0} and \\Nbad ጀ'),
        timeoutMs: 60_000,
        onProgress: (fraction) => fractions.push(fraction),
      }),
    ).rejects.toMatchObject({ kind: 'permanent', code: 'caption-glyphs-missing', details: { missing: ['ጀ', '漢'] } });
    expect(fractions).toEqual([]);
    expect(await leftovers(folder.path)).toEqual([]);
  });

  test('what is never drawn needs no glyph: joiners, soft hyphens, odd spaces, emoji', async () => {
    const source = fileOf(await clip({ frames: 24, hertz: 440 }));
    const strict = await media({ systemFonts: false });
    const text = 'a\\\u2060N b\u200dc\u200bd\ufe0f\u00ad e\u2009\u202f\u3000f \u{1f600}';
    const made = await strict.cut({ parts: [part(source, 24)], ass: ASS(text), timeoutMs: 60_000 });
    expect(made.info.frames).toBe(24);
    await made.dispose();
  });

  test('a part that asks for more than there is, and a film of nothing, are refused', async () => {
    const source = fileOf(await clip({ frames: 24, hertz: 440 }));
    const cut = (await media()).cut;
    await expect(cut({ parts: [part(source, 60)], timeoutMs: 60_000 })).rejects.toMatchObject({
      code: 'cut-out-of-range',
    });
    await expect(cut({ parts: [], timeoutMs: 60_000 })).rejects.toMatchObject({ code: 'cut-out-of-range' });
  });

  describe('with pictures burned ahead', () => {
    const ass = ASS('IIIIIII', 500, 2_500);
    const film = async () => fileOf(await clip({ frames: 72, hertz: 440, picture: 'eq=brightness=-0.4' }));
    const middle = '120:30:30:145';

    test('is the film of one pass: frames, captions across the seam, sound', async () => {
      const source = await film();
      const port = await media();
      const first = await port.segment({ parts: [part(source, 31)], startMs: 0, ass, timeoutMs: 60_000 });
      expect(first.info).toMatchObject({ frames: 31, hasAudio: false });
      const second = await port.segment({
        ...{ parts: [part(source, 12, { fromMs: (31 * 1000) / FPS })], startMs: (31 * 1000) / FPS },
        ...{ ass, timeoutMs: 60_000 },
      });
      const fractions: number[] = [];
      const onProgress = (fraction: number) => fractions.push(fraction);
      const remote = memorySource(await bytesOf(second));
      const made = await port.cut({
        parts: [part(source, 72)],
        burned: [first, remote],
        ass,
        timeoutMs: 60_000,
        onProgress,
      });
      const whole = await port.cut({ parts: [part(source, 72)], ass, timeoutMs: 60_000 });
      expect(made.info).toEqual(whole.info);
      expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
      expect(fractions.at(-1)).toBe(1);
      const { ffmpeg: command } = await tools();
      const firstPackets = (await packets(command, pathOf(first), 'v')).trim();
      expect((await packets(command, pathOf(made), 'v')).startsWith(firstPackets)).toBe(true);
      expect(await packets(command, pathOf(made), 'a')).toBe(await packets(command, pathOf(whole), 'a'));
      const [joined, single] = [
        await brightness(command, pathOf(made), middle),
        await brightness(command, pathOf(whole), middle),
      ];
      expect(joined).toHaveLength(72);
      for (const [frame, value] of joined.entries())
        expect(Math.abs(value - (single[frame] ?? 0)), `frame ${frame}`).toBeLessThan(4);
      expect(await makeMedia(command, ['-v', 'warning', '-i', pathOf(made), '-f', 'null', '-'])).toEqual([]);
      for (const one of [first, second, made, whole]) await one.dispose();
    });

    test('joins several parts, a dropped frame between them', async () => {
      const [one, two] = [fileOf(await ramp(36, 0)), fileOf(await ramp(37, 35))];
      const parts = [part(one, 36), part(two, 37, { dropFirstFrame: true })];
      const port = await media();
      const captions = ASS('x', 2_900, 3_000);
      const burned = await port.segment({ parts: parts.slice(0, 1), startMs: 0, ass: captions, timeoutMs: 60_000 });
      const made = await port.cut({ parts, burned: [burned], ass: captions, timeoutMs: 60_000 });
      expect(made.info).toMatchObject({ frames: 72, durationMs: 3_000, hasAudio: true });
      const greys = await brightness((await tools()).ffmpeg, pathOf(made), '180:40:0:0');
      for (let frame = 1; frame < 72; frame += 1)
        expect(greys[frame], `frame ${frame}`).toBeGreaterThan(greys[frame - 1] ?? 0);
      await burned.dispose();
      await made.dispose();
    });

    test('what does not fit is left out, and the film is right all the same', async () => {
      const source = await film();
      const port = await media();
      const request = { parts: [part(source, 72)], ass, timeoutMs: 60_000 };
      const segmentOf = async (options: FfmpegOptions, frames: number) =>
        (await media(options)).segment({ parts: [part(source, frames)], startMs: 0, ass, timeoutMs: 60_000 });
      const otherEncoder = await segmentOf({ preset: 'ultrafast' }, 24);
      const tooLong = await segmentOf({}, 72);
      const otherSize = memorySource(readFileSync(await clip({ frames: 24, size: '90x160' })));
      for (const [burned, endMs] of [
        [otherEncoder, undefined],
        [tooLong, 2_000],
        [otherSize, undefined],
      ] as const) {
        const made = await port.cut({ ...request, burned: [burned], ...(endMs ? { endMs } : {}) });
        expect(made.info.frames).toBe(endMs ? 48 : 72);
        const { ffmpeg: command } = await tools();
        const [bright, dark] = [
          await brightness(command, pathOf(made), middle),
          await brightness(command, source.path, middle),
        ];
        const captioned = bright.map((value, frame) => value - (dark[frame] ?? 0) > 15);
        expect(captioned).toEqual(captioned.map((_value, frame) => frame >= 12 && frame < 60));
        expect(await makeMedia(command, ['-v', 'warning', '-i', pathOf(made), '-f', 'null', '-'])).toEqual([]);
        await made.dispose();
      }
      await otherEncoder.dispose();
      await tooLong.dispose();
    });
  });

  test(`${kind}: threads, preset and quality are passed on`, async () => {
    const source = fileOf(await clip({ frames: 24, hertz: 440 }));
    const sizeAt = async (options: FfmpegOptions) => {
      const made = await (await media(options)).cut({ parts: [part(source, 24)], ass: ASS('x'), timeoutMs: 60_000 });
      const { size = 0 } = made;
      await made.dispose();
      return size;
    };
    expect(await sizeAt({ crf: 40, threads: 1 })).toBeLessThan(await sizeAt({ crf: 10, preset: 'veryfast' }));
  });
});

describe('options of ffmpeg()', () => {
  test.each<FfmpegOptions>([{ crf: 52 }, { threads: 0 }, { preset: '-vf' as 'fast' }, { loudness: { target: 3 } }])(
    'an impossible one is refused at once: %j',
    (options) => {
      expect(() => ffmpeg(options)).toThrow(/not possible/);
    },
  );
});
