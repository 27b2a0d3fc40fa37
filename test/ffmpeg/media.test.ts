import { readFileSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/media.ts';
import type { FfmpegOptions } from '../../src/adapters/ffmpeg/options.ts';
import { resolveFfmpeg } from '../../src/adapters/ffmpeg/resolve.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Source } from '../../src/core/ports.ts';
import {
  ASS,
  brightness,
  bytesOf,
  clip,
  FPS,
  fileOf,
  leftovers,
  memorySource,
  onEachFfmpeg,
  samples,
  script,
  temporaryFolder,
  untilDead,
} from './support.ts';

const ramp = (frames: number) => clip({ frames, hertz: 440, picture: "geq=lum='40+2*N':cb=128:cr=128" });

onEachFfmpeg('media', (tools) => {
  const media = async (options: FfmpegOptions = {}) => ffmpeg({ ffmpegPath: (await tools()).ffmpeg, ...options });

  test('probe tells what is in the file', async () => {
    const path = await clip({ frames: 48, hertz: 440 });
    for (const source of [fileOf(path), memorySource(readFileSync(path))]) {
      expect(await (await media()).probe(source)).toEqual({
        ...{ durationMs: 2_000, width: 180, height: 320, framesPerSecond: 24, frames: 48 },
        ...{ hasAudio: true, videoCodec: 'h264', audioCodec: 'aac' },
      });
    }
  });

  test('probe refuses an index without a picture behind it', async () => {
    const bytes = new Uint8Array(readFileSync(await clip({ frames: 48, output: ['-movflags', '+faststart'] })));
    const mdat = Buffer.from(bytes).indexOf('mdat');
    bytes.fill(0, mdat + 4);
    await expect((await media()).probe(memorySource(bytes))).rejects.toMatchObject({
      kind: 'permanent',
      code: 'unusable-media',
    });
  });

  test('a codec that no video model writes, and a picture above 4K, are not even decoded', async () => {
    const old = await clip({ frames: 24, output: ['-c:v', 'mpeg2video'] });
    const huge = await clip({ frames: 2, size: '4096x3072' });
    for (const path of [old, huge]) {
      await expect((await media()).probe(fileOf(path))).rejects.toMatchObject({
        kind: 'permanent',
        code: 'unusable-media',
      });
      await expect(
        (await media()).cut({
          ...{ parts: [{ source: fileOf(path), fromMs: 0, durationMs: 80, dropFirstFrame: false }], ass: ASS('x') },
          timeoutMs: 20_000,
        }),
      ).rejects.toMatchObject({ kind: 'permanent', code: 'unusable-media' });
    }
  });

  test('audio is mono 16 kHz FLAC, exactly as long as asked, its time 0 at fromMs', async () => {
    const sound = "volume=0:enable='not(between(t,1,1.2))',atrim=end=1.6";
    const path = await clip({ frames: 48, hertz: 900, sound });
    const { ffmpeg: command } = await tools();
    const onset = (heard: Int16Array) => heard.findIndex((sample) => Math.abs(sample) > 600) / 16_000;
    const own = onset(await samples(command, path, 16_000));
    await using folder = await temporaryFolder();
    for (const source of [fileOf(path), memorySource(readFileSync(path))]) {
      for (const fromMs of [0, 700]) {
        const port = await media({ tempDir: folder.path });
        const made = await port.audio(source, { fromMs, durationMs: 1_300, timeoutMs: 20_000 });
        expect(
          Buffer.from(await bytesOf(made))
            .subarray(0, 4)
            .toString(),
        ).toBe('fLaC');
        const heard = await samples(command, made.path ?? '', 16_000);
        expect(heard).toHaveLength(20_800);
        expect(Math.abs(onset(heard) - (own - fromMs / 1000))).toBeLessThan(0.003);
        await made.dispose();
      }
    }
    expect(await leftovers(folder.path)).toEqual([]);
  });

  test('audio of a silent video is refused', async () => {
    const source = fileOf(await clip({ frames: 24 }));
    await expect((await media()).audio(source, { fromMs: 0, durationMs: 500, timeoutMs: 9_000 })).rejects.toMatchObject(
      {
        kind: 'permanent',
        code: 'no-audio',
      },
    );
  });

  test('a frame is the one that is seen at that moment', async () => {
    const path = await ramp(36);
    const { ffmpeg: command } = await tools();
    const greys = await brightness(command, path);
    const port = await media();
    const moments = [
      [0, 0],
      [41, 0],
      [42, 1],
      [82, 1],
      [83, 2],
      [500, 12],
      [(17 * 1000) / FPS, 17],
      [1_499, 35],
      [99_999, 35],
      ['last', 35],
    ] as const;
    for (const [atMs, frame] of moments) {
      const made = await port.frame(fileOf(path), { atMs, format: 'png', timeoutMs: 20_000 });
      const [grey = 0] = await brightness(command, made.path ?? '');
      expect(Math.abs(grey - (greys[frame] ?? 0)), `${atMs}`).toBeLessThan(1.5);
      await made.dispose();
    }
    const poster = await port.frame(memorySource(readFileSync(path)), {
      atMs: 'last',
      format: 'jpeg',
      timeoutMs: 20_000,
    });
    expect([...(await bytesOf(poster)).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    await poster.dispose();
  });

  test('canRender draws the characters and knows where a shaper is lacking', async () => {
    const { hasHarfBuzz } = await tools();
    const port = await media({ systemFonts: false });
    expect(await port.canRender('Déjà vu, Жук! 😀👍🏽 “quotes” — 50 % {x}\\N')).toEqual({
      ok: true,
      missing: [],
      needsShaper: false,
    });
    expect(await port.canRender('Hello 漢字')).toEqual({ ok: false, missing: ['字', '漢'], needsShaper: false });
    const arabic = await port.canRender('مرحبا');
    expect(arabic).toMatchObject({ ok: false, needsShaper: !hasHarfBuzz });
    expect(arabic.missing.length).toBeGreaterThan(0);
    expect(await port.canRender('')).toEqual({ ok: true, missing: [], needsShaper: false });
    const any = await (await media()).canRender('مرحبا');
    expect(any).toMatchObject({ ok: hasHarfBuzz && any.missing.length === 0, needsShaper: !hasHarfBuzz });
  });

  test('inspect finds black, frozen and silent stretches, also those that last to the end', async () => {
    const path = await clip({
      frames: 96,
      hertz: 440,
      picture: "drawbox=t=fill:color=black:enable='between(t,1,1.99)'",
      sound: "volume=0:enable='gt(t,3)'",
    });
    const port = await media();
    const found = await port.inspect(fileOf(path), { fromMs: 500, durationMs: 3_500, timeoutMs: 20_000 });
    expect(found.hasAudio).toBe(true);
    expect(found.black).toHaveLength(1);
    expect(Math.abs((found.black[0]?.startMs ?? 0) - 1_000)).toBeLessThan(45);
    expect(Math.abs((found.black[0]?.endMs ?? 0) - 2_000)).toBeLessThan(45);
    expect(found.silent).toHaveLength(1);
    expect(Math.abs((found.silent[0]?.startMs ?? 0) - 3_000)).toBeLessThan(60);
    expect(found.silent[0]?.endMs).toBe(4_000);
    const frozen = await clip({ frames: 72, picture: "geq=lum='if(lt(N,36),3*N+X,108+X)':cb=128:cr=128" });
    const still = await port.inspect(fileOf(frozen), { fromMs: 0, durationMs: 3_000, timeoutMs: 20_000 });
    expect(still).toMatchObject({ hasAudio: false, black: [], silent: [] });
    expect(still.frozen).toHaveLength(1);
    expect(Math.abs((still.frozen[0]?.startMs ?? 0) - 1_500)).toBeLessThan(90);
    expect(still.frozen[0]?.endMs).toBe(3_000);
  });

  test('sound that ends before the picture is silence', async () => {
    const path = await clip({ frames: 48, hertz: 440, sound: 'atrim=end=1' });
    const found = await (await media()).inspect(fileOf(path), { fromMs: 0, durationMs: 2_000, timeoutMs: 20_000 });
    expect(found.silent).toHaveLength(1);
    expect(Math.abs((found.silent[0]?.startMs ?? 0) - 1_000)).toBeLessThan(60);
    expect(found.silent[0]?.endMs).toBe(2_000);
  });

  test('nothing is found where nothing is odd', async () => {
    const found = await (await media()).inspect(fileOf(await clip({ frames: 48, hertz: 440 })), {
      fromMs: 0,
      durationMs: 2_000,
      timeoutMs: 20_000,
    });
    expect(found).toEqual({ hasAudio: true, black: [], frozen: [], silent: [] });
  });
});

describe.skipIf(process.platform === 'win32')('when things go wrong', () => {
  const source = async () => fileOf(await clip({ frames: 48, hertz: 440 }));
  const cutOf = async (port: ReturnType<typeof ffmpeg>, rest: { signal?: AbortSignal; timeoutMs?: number } = {}) =>
    port.cut({
      parts: [{ source: await source(), fromMs: 0, durationMs: 2_000, dropFirstFrame: false }],
      ass: ASS('x'),
      timeoutMs: 20_000,
      ...rest,
    });

  /** An ffmpeg that passes every look at it and then does as told in the job itself. */
  const pretender = async (folder: string, inJob: string) => {
    const { ffmpeg: real } = await resolveFfmpeg();
    return script(folder, 'ffmpeg', `case "$*" in *-progress*out.mp4*) ${inJob};; *) exec ${real} "$@";; esac`);
  };

  test('a hung ffmpeg ends at its deadline, tree and files with it', async () => {
    await using folder = await temporaryFolder();
    await using temp = await temporaryFolder();
    const pidFile = join(folder.path, 'pid');
    const ffmpegPath = await pretender(folder.path, `sleep 60 & echo $! > ${pidFile}; echo half > out.mp4; wait`);
    const failed = cutOf(ffmpeg({ ffmpegPath, tempDir: temp.path }), { timeoutMs: 1_500 });
    await expect(failed).rejects.toMatchObject({ kind: 'retryable', code: 'process-timeout', effect: 'none' });
    expect(await leftovers(temp.path)).toEqual([]);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    expect(await untilDead(pid)).toBe(true);
  });

  test('an ffmpeg that is killed in the middle is a retryable error with its last words', async () => {
    await using folder = await temporaryFolder();
    await using temp = await temporaryFolder();
    const ffmpegPath = await pretender(folder.path, 'echo half > out.mp4; echo working >&2; kill -9 $$');
    await expect(cutOf(ffmpeg({ ffmpegPath, tempDir: temp.path }))).rejects.toMatchObject({
      kind: 'retryable',
      code: 'process-killed',
      details: { signal: 'SIGKILL', stderr: ['working'] },
    });
    expect(await leftovers(temp.path)).toEqual([]);
  });

  test('a full disk is told from a bad video', async () => {
    await using folder = await temporaryFolder();
    const ffmpegPath = await pretender(
      folder.path,
      'echo "av_interleaved_write_frame(): No space left on device" >&2; exit 1',
    );
    await expect(cutOf(ffmpeg({ ffmpegPath }))).rejects.toMatchObject({ kind: 'retryable', code: 'disk-full' });
  });

  test('a real file size limit ends as a full disk', async () => {
    await using folder = await temporaryFolder();
    const { ffmpeg: real } = await resolveFfmpeg();
    const limited = await script(
      folder.path,
      'ffmpeg',
      `case "$*" in *out.mp4*) ulimit -f 16;; esac\nexec ${real} "$@"`,
    );
    await expect(cutOf(ffmpeg({ ffmpegPath: limited }))).rejects.toMatchObject({
      kind: 'retryable',
      code: 'disk-full',
    });
  });

  test('an ffmpeg that stops early and says nothing is caught by the frame count', async () => {
    await using folder = await temporaryFolder();
    const { ffmpeg: real } = await resolveFfmpeg();
    const early = await script(
      folder.path,
      'ffmpeg',
      `case "$*" in
        *out.mp4*) exec ${real} -v error -f lavfi -i testsrc2=s=180x320:r=24:d=1 -y out.mp4;;
        *) exec ${real} "$@";;
      esac`,
    );
    await expect(cutOf(ffmpeg({ ffmpegPath: early }))).rejects.toMatchObject({
      kind: 'retryable',
      code: 'cut-incomplete',
    });
  });

  test('a folder for temporary files that is not there is a clear error', async () => {
    await using folder = await temporaryFolder();
    const failed = cutOf(ffmpeg({ tempDir: join(folder.path, 'nowhere') }));
    await expect(failed).rejects.toMatchObject({
      kind: 'permanent',
      code: 'temp-dir-unusable',
      cure: expect.stringMatching(/tempDir/),
    });
  });

  test('what a killed process left behind a day ago is cleared away, and nothing else', async () => {
    await using temp = await temporaryFolder();
    const old = new Date(Date.now() - 25 * 3_600_000);
    for (const name of ['reelstate-media-old', 'reelstate-media-new', 'somebody-else']) {
      await mkdir(join(temp.path, name));
      if (name !== 'reelstate-media-new') await utimes(join(temp.path, name), old, old);
    }
    await (await cutOf(ffmpeg({ tempDir: temp.path }))).dispose();
    expect((await leftovers(temp.path)).sort()).toEqual(['reelstate-media-new', 'somebody-else']);
  });

  test.each([0, 1, 30])('an abort after %d ms ends everything and leaves nothing', async (delay) => {
    await using temp = await temporaryFolder();
    const controller = new AbortController();
    const running = cutOf(ffmpeg({ tempDir: temp.path }), { signal: controller.signal });
    if (delay === 0) controller.abort();
    else setTimeout(() => controller.abort(), delay);
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await leftovers(temp.path)).toEqual([]);
  });

  test('an error of the source comes out as it is, whatever ffmpeg made of it', async () => {
    const bytes = readFileSync(await clip({ frames: 48, hertz: 440, output: ['-movflags', '+faststart'] }));
    const lost = new ReelstateError('retryable', 'The bucket is away.', { code: 'storage-unavailable' });
    const broken: Source = {
      size: bytes.length,
      open({ start = 0, end = bytes.length } = {}) {
        if (end - start < 70_000 && end <= 70_000) return new Blob([bytes.subarray(start, end)]).stream();
        let sent = start;
        return new ReadableStream<Uint8Array>({
          pull(controller) {
            if (sent > 70_000) return controller.error(lost);
            controller.enqueue(new Uint8Array(bytes.subarray(sent, sent + 4_096)));
            sent += 4_096;
          },
        });
      },
    };
    expect(bytes.length).toBeGreaterThan(90_000);
    const cutting = ffmpeg().cut({
      parts: [{ source: broken, fromMs: 0, durationMs: 2_000, dropFirstFrame: false }],
      ass: ASS('x'),
      timeoutMs: 20_000,
    });
    await expect(cutting).rejects.toBe(lost);
  });

  test.each<[string, Uint8Array | string]>([
    ['an ffconcat script', "ffconcat version 1.0\nfile 'victim.mp4'\n"],
    ['an HLS playlist', '#EXTM3U\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\nvictim.mp4\n#EXT-X-ENDLIST\n'],
    [
      'a DASH manifest',
      '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>victim.mp4</BaseURL></MPD>',
    ],
    ['an SDP session', 'v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n'],
    ['subtitles', '[Script Info]\nScriptType: v4.00+\n'],
    ['nothing', ''],
    ['HTML', '<!DOCTYPE html><title>403</title>'],
  ])('a "video" that is %s is refused by every method', async (_name, content) => {
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, 'victim.mp4'), readFileSync(await clip({ frames: 24, hertz: 440 })));
    await writeFile(join(folder.path, 'block_1.mp4'), content);
    const forged = fileOf(join(folder.path, 'block_1.mp4'));
    const good = await source();
    const port = ffmpeg();
    const stretch = { fromMs: 0, durationMs: 1_000, timeoutMs: 9_000 };
    const parts = [{ source: forged, fromMs: 0, durationMs: 1_000, dropFirstFrame: false }];
    const refused = { kind: 'permanent', code: 'unusable-media' };
    await expect(port.probe(forged)).rejects.toMatchObject(refused);
    await expect(port.audio(forged, stretch)).rejects.toMatchObject(refused);
    await expect(port.frame(forged, { atMs: 0, format: 'png', timeoutMs: 9_000 })).rejects.toMatchObject(refused);
    await expect(port.cut({ parts, timeoutMs: 9_000 })).rejects.toMatchObject(refused);
    await expect(port.inspect(forged, stretch)).rejects.toMatchObject(refused);
    await expect(port.compareHead(good, forged, { timeoutMs: 9_000 })).rejects.toMatchObject(refused);
    // A burned part is only ever a help: one that is no video is left out, and the film is the same.
    const cut = await port.cut({
      parts: [{ ...stretch, source: good, dropFirstFrame: false }],
      burned: [forged],
      ass: ASS('x'),
      timeoutMs: 9_000,
    });
    expect(cut.info).toMatchObject({ frames: 24 });
    await cut.dispose();
  });
});
