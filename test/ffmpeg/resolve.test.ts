import { existsSync } from 'node:fs';
import { chmod, readFile, rm, stat, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inspectFfmpeg } from '../../src/adapters/ffmpeg/doctor.ts';
import { ffmpeg } from '../../src/adapters/ffmpeg/media.ts';
import { makeExecutable, resolveFfmpeg } from '../../src/adapters/ffmpeg/resolve.ts';
import { clip, fileOf, forced, onEachFfmpeg, script, temporaryFolder } from './support.ts';

const NAMES = ['PATH', 'FFMPEG_PATH', 'FFPROBE_PATH', 'REELSTATE_FFMPEG', 'XDG_CACHE_HOME'] as const;
let before: (string | undefined)[];

beforeEach(() => {
  before = NAMES.map((name) => process.env[name]);
  for (const name of NAMES.slice(1, 4)) delete process.env[name];
});

afterEach(() => {
  for (const [index, name] of NAMES.entries()) {
    const value = before[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

/** Answers like an old or slim build: a version, but no such filter. */
const SLIM = `echo "ffmpeg version 2.8.17 Copyright (c) 2000-2020" >&2
case "$*" in
  *-encoders*) echo " V..... libx264 x"; echo " A..... aac x"; exit 0;;
  *) echo "No such filter: 'ass'" >&2; exit 1;;
esac`;

describe('resolveFfmpeg', () => {
  test('without any ffmpeg the error says how to get one', async () => {
    process.env.PATH = '/nowhere';
    process.env.REELSTATE_FFMPEG = 'system';
    await expect(resolveFfmpeg()).rejects.toMatchObject({
      kind: 'permanent',
      code: 'ffmpeg-missing',
      cure: expect.stringMatching(/apt-get install ffmpeg.*brew install ffmpeg.*npm i @ffmpeg-installer\/ffmpeg/),
    });
  });

  test('a path that is given and wrong is an error, not a reason to look elsewhere', async () => {
    await expect(resolveFfmpeg({ ffmpegPath: '/nowhere/ffmpeg' })).rejects.toMatchObject({
      code: 'ffmpeg-missing',
      cure: expect.stringContaining('ffmpegPath'),
    });
    process.env.FFMPEG_PATH = '/nowhere/ffmpeg';
    await expect(resolveFfmpeg()).rejects.toMatchObject({
      code: 'ffmpeg-missing',
      cure: expect.stringContaining('FFMPEG_PATH'),
    });
  });

  test.each([
    ['too old, without the ass filter', SLIM, /ass filter/],
    ['not an ffmpeg at all', 'echo hello; exit 0', /does not answer like ffmpeg|lacks/],
    ['broken', 'exit 127', /does not answer like ffmpeg/],
  ])('one that is %s is refused with the reason', async (_name, body, reason) => {
    await using folder = await temporaryFolder();
    const ffmpegPath = await script(folder.path, 'ffmpeg', body);
    await expect(resolveFfmpeg({ ffmpegPath })).rejects.toMatchObject({
      kind: 'permanent',
      code: 'ffmpeg-unsuitable',
      message: expect.stringMatching(reason),
      cure: expect.stringContaining('apt-get install ffmpeg'),
    });
  });

  test('an unsuitable one on PATH gives way to the package', async () => {
    const bundled = await forced('bundled');
    await using folder = await temporaryFolder();
    await script(folder.path, 'ffmpeg', SLIM);
    process.env.PATH = [folder.path, '/usr/bin', '/bin'].join(delimiter);
    expect(await resolveFfmpeg()).toMatchObject({ ffmpeg: bundled.ffmpeg, origin: 'npm' });
  });

  test('one without HarfBuzz on PATH gives way to the package, and is good enough without it', async () => {
    const bundled = await forced('bundled');
    await using folder = await temporaryFolder();
    const onPath = join(folder.path, 'ffmpeg');
    await symlink(bundled.ffmpeg, onPath);
    process.env.PATH = folder.path;
    expect(await resolveFfmpeg()).toMatchObject({ ffmpeg: bundled.ffmpeg, origin: 'npm' });
    process.env.REELSTATE_FFMPEG = 'system';
    expect(await resolveFfmpeg()).toMatchObject({ ffmpeg: onPath, origin: 'path', hasHarfBuzz: false });
  });

  test('the answer is remembered until the file changes', async () => {
    await using folder = await temporaryFolder();
    const counter = join(folder.path, 'runs');
    const good = await forced('bundled');
    const ffmpegPath = await script(folder.path, 'ffmpeg', `echo x >> ${counter}\nexec ${good.ffmpeg} "$@"`);
    const runs = async () => (await readFile(counter, 'utf8')).trim().split('\n').length;
    const [first] = await Promise.all([resolveFfmpeg({ ffmpegPath }), resolveFfmpeg({ ffmpegPath })]);
    expect(first.origin).toBe('option');
    await resolveFfmpeg({ ffmpegPath });
    expect(await runs()).toBe(1);
    await script(folder.path, 'ffmpeg', `${SLIM}\n# now another one`);
    await expect(resolveFfmpeg({ ffmpegPath })).rejects.toMatchObject({ code: 'ffmpeg-unsuitable' });
  });

  test('a packaged binary that arrived without its x bit is made to run', async () => {
    await using folder = await temporaryFolder();
    const path = await script(folder.path, 'ffprobe', 'exit 0');
    await chmod(path, 0o644);
    expect(await makeExecutable(path)).toBe(path);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
  });

  test('where it cannot be changed, a private copy is run', async (context) => {
    await using folder = await temporaryFolder();
    const path = await script(folder.path, 'ffprobe', 'exit 0');
    await chmod(path, 0o644);
    // Not even root may change the mode of what /proc shows; elsewhere an immutable file is not to be had.
    const fixed = '/proc/version';
    if (!existsSync(fixed)) context.skip('this system has no file that its owner cannot change');
    process.env.XDG_CACHE_HOME = folder.path;
    const copy = await makeExecutable(fixed);
    expect(copy).toMatch(/reelstate\/bin\/version-/);
    expect((await stat(copy ?? '')).mode & 0o777).toBe(0o755);
    expect((await stat(join(folder.path, 'reelstate', 'bin'))).mode & 0o777).toBe(0o700);
    expect(await makeExecutable(fixed)).toBe(copy);
  });

  test('gone after a first good run: a clean error, and the host lives', async () => {
    await using folder = await temporaryFolder();
    const good = await forced('bundled');
    const ffmpegPath = await script(folder.path, 'ffmpeg', `exec ${good.ffmpeg} "$@"`);
    const media = ffmpeg({ ffmpegPath });
    const source = fileOf(await clip({ frames: 24, hertz: 440 }));
    const request = { fromMs: 0, durationMs: 500, timeoutMs: 10_000 };
    await (await media.audio(source, request)).dispose();
    await rm(ffmpegPath);
    await expect(media.audio(source, request)).rejects.toMatchObject({ code: 'ffmpeg-missing', kind: 'permanent' });
    await script(folder.path, 'ffmpeg', `exec ${good.ffmpeg} "$@"`);
    await (await media.audio(source, request)).dispose();
  });
});

onEachFfmpeg('a real ffmpeg', (tools, kind) => {
  test('passes the trial and tells its shaper', async () => {
    const found = await tools();
    expect(found.origin).toBe(kind === 'system' ? 'path' : 'npm');
    expect(found.version).not.toBe('unknown');
    expect(found.shaper).toMatch(/FriBidi/);
    expect(found.hasHarfBuzz).toBe(/HarfBuzz/.test(found.shaper));
  });

  test('doctor has its data', async () => {
    process.env.REELSTATE_FFMPEG = kind;
    const report = await inspectFfmpeg();
    expect(report).toMatchObject({
      path: expect.any(String),
      hasAss: true,
      encoders: expect.arrayContaining(['libx264', 'aac', 'flac']),
    });
    expect(report.fonts[0]).toMatch(/\.ttf$/);
    expect(report.problems.filter(({ blocking }) => blocking)).toEqual([]);
    if (!report.hasHarfBuzz) expect(report.problems[0]?.message).toMatch(/HarfBuzz/);
  });
});

describe('inspectFfmpeg', () => {
  test('names a cure for each finding', async () => {
    await using folder = await temporaryFolder();
    const ffmpegPath = await script(folder.path, 'ffmpeg', SLIM);
    const report = await inspectFfmpeg({ ffmpegPath });
    expect(report).toMatchObject({ hasAss: false, version: '2.8.17', source: 'option', path: ffmpegPath });
    expect(report.problems).toMatchObject([
      { blocking: true, message: expect.stringMatching(/ass filter/), cure: expect.any(String) },
    ]);
    process.env.PATH = '/nowhere';
    process.env.REELSTATE_FFMPEG = 'system';
    expect(await inspectFfmpeg()).toMatchObject({
      problems: [{ blocking: true, cure: expect.stringMatching(/apt-get/) }],
    });
  });
});
