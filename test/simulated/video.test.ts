import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readJournal, simulatedModel, type VideoFault } from '../../src/adapters/simulated/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { LaunchRequest } from '../../src/core/ports.ts';
import { extension, ffmpegOutput, inputFrom, LONG_ENOUGH_MS, packets, videoSetting } from './support.ts';

const measure = async (path: string) => measureMp4(sourceOf(await readFile(path)));
const journalOf = (folder: string) => readJournal(join(folder, 'vendor'));

describe('a video', () => {
  test('is an mp4 of the asked length with picture and sound, and carries its journal id', async () => {
    const setting = await videoSetting();
    const { path, operation } = await setting.make();
    const info = await measure(path);
    expect(info).toMatchObject({ durationMs: 4000, frames: 96, framesPerSecond: 24, width: 180, height: 320 });
    expect(info).toMatchObject({ hasAudio: true });
    expect(await ffmpegOutput('-i', path, '-f', 'ffmetadata', '-')).toContain(`comment=${operation}`);
    expect(path).toMatch(/\/takes\/1-1\/\d{19,20}\/sample_0\.mp4$/);
  });

  test('swaps width and height for landscape', async () => {
    const setting = await videoSetting();
    const { path } = await setting.make({ aspectRatio: '16:9' });
    expect(await measure(path)).toMatchObject({ width: 320, height: 180 });
  });

  test('moves, and looks different for each block and take', async () => {
    const setting = await videoSetting();
    const frame = (path: string, at: string) =>
      ffmpegOutput('-ss', at, '-i', path, '-frames:v', '1', '-f', 'framemd5', '-');
    const one = await setting.make();
    const two = await setting.make({ labels: { film: 'film', block: '1', take: '2' } });
    expect(await frame(one.path, '1')).not.toBe(await frame(one.path, '1.5'));
    expect(await frame(one.path, '1')).not.toBe(await frame(two.path, '1'));
  });

  test('is the same bytes for the same seed and request', async () => {
    const [one, two] = await Promise.all([videoSetting(), videoSetting()]);
    const place = { outputPlace: 'elsewhere://films/' };
    const [first, second] = [await one.make(place), await two.make(place)];
    expect(first.operation).toBe(second.operation);
    expect(Buffer.compare(await readFile(first.path), await readFile(second.path))).toBe(0);
  });

  test('starts from a given first frame', async () => {
    const setting = await videoSetting();
    const red = join(setting.folder, 'red.png');
    await ffmpegOutput('-f', 'lavfi', '-i', 'color=red:s=180x320', '-frames:v', '1', red);
    const source = sourceOf(await readFile(red));
    const { path } = await setting.make({
      firstFrame: { uri: pathToFileURL(red).href, source, contentType: 'image/png' },
    });
    const pixel = (at: string) =>
      ffmpegOutput('-ss', at, '-i', path, '-frames:v', '1', '-vf', 'scale=1:1,format=rgb24', '-f', 'framemd5', '-');
    const raw = join(setting.folder, 'first.rgb');
    await ffmpegOutput('-i', path, '-frames:v', '1', '-vf', 'scale=1:1', '-pix_fmt', 'rgb24', '-f', 'rawvideo', raw);
    const [red8 = 0, green8 = 255] = await readFile(raw);
    expect(red8).toBeGreaterThan(220);
    expect(green8).toBeLessThan(40);
    expect(await pixel('0')).not.toBe(await pixel('2'));
  });
});

describe('an extension', () => {
  test('comes back with the very packets of what it extends', async () => {
    const setting = await videoSetting();
    const first = await setting.make();
    const second = await setting.make(extension(first, 4000));
    expect(await measure(second.path)).toMatchObject({ durationMs: 11_000, frames: 264 });
    const [before, after] = await Promise.all([packets(first.path, 'v'), packets(second.path, 'v')]);
    expect(before).toHaveLength(96);
    expect(after.slice(0, before.length)).toEqual(before);
    const [heard, heardAfter] = await Promise.all([packets(first.path, 'a'), packets(second.path, 'a')]);
    // The encoder knew what follows only the second time.
    expect(heardAfter.slice(0, heard.length - 2)).toEqual(heard.slice(0, -2));
  });

  test('comes back by itself where the vendor is told so', async () => {
    const setting = await videoSetting({ extension: 'new-only' });
    const first = await setting.make();
    const second = await setting.make(extension(first, 4000));
    expect(await measure(second.path)).toMatchObject({ durationMs: 7000, frames: 168 });
  });

  test('goes by the file that it is given: a copy of the video will do', async () => {
    const setting = await videoSetting();
    const first = await setting.make();
    const copy = join(setting.folder, 'block_1.mp4');
    await writeFile(copy, await readFile(first.path));
    const uri = pathToFileURL(copy).href;
    const second = await setting.make({ ...extension(first, 4000), extends: inputFrom({ ...first, uri }, 4000) });
    expect(await measure(second.path)).toMatchObject({ durationMs: 11_000 });
  });
});

describe('operations', () => {
  test('are not ready before their time, and another process sees them through', async () => {
    const setting = await videoSetting();
    const { operation } = await setting.video.launch(setting.request());
    expect(await setting.video.look(operation)).toEqual({ status: 'running' });
    await setting.clock.advance(LONG_ENOUGH_MS);
    expect(await setting.another().look(operation)).toMatchObject({ status: 'done', chargeMicroUsd: 400_000 });
  });

  test('two looks at once render once', async () => {
    const setting = await videoSetting();
    const { operation } = await setting.video.launch(setting.request());
    await setting.clock.advance(LONG_ENOUGH_MS);
    const other = setting.another();
    const looks = await Promise.all([
      setting.video.look(operation),
      setting.video.look(operation),
      other.look(operation),
    ]);
    // One of the two renders; the other one does not wait for it.
    expect(looks[0]).toEqual(looks[1]);
    expect([looks[0]?.status, looks[2]?.status].sort()).toEqual(['done', 'running']);
    expect(await other.look(operation)).toEqual(await setting.video.look(operation));
    const entries = await journalOf(setting.folder);
    expect(entries.filter(({ event }) => event === 'delivered')).toHaveLength(1);
  });

  test('a look that is aborted leaves at once, and the rendering goes on', async () => {
    const setting = await videoSetting();
    const { operation } = await setting.video.launch(setting.request());
    await setting.clock.advance(LONG_ENOUGH_MS);
    const signal = AbortSignal.timeout(30);
    await expect(setting.video.look(operation, { signal })).rejects.toMatchObject({ kind: 'cancelled' });
    expect(await setting.video.look(operation)).toMatchObject({ status: 'done' });
    const entries = await journalOf(setting.folder);
    expect(entries.filter(({ event }) => event === 'delivered')).toHaveLength(1);
  });

  test('the lock and the leftovers of a dead process do not hold anybody up', async () => {
    const setting = await videoSetting();
    const { operation } = await setting.video.launch(setting.request());
    const place = join(setting.folder, 'vendor', 'operations', '000001');
    // No process has this number.
    await writeFile(join(place, 'lock'), '4194999');
    await writeFile(join(place, 'work-dead'), 'half a file');
    await setting.clock.advance(LONG_ENOUGH_MS);
    expect(await setting.video.look(operation)).toMatchObject({ status: 'done' });
    expect((await readdir(place)).sort()).toEqual(['draft.json', 'segment.mp4', 'speech.wav']);
  });

  test('whoever died after the file and before the journal has delivered: the file stays as it is', async () => {
    const setting = await videoSetting();
    const { path, operation } = await setting.make();
    const journal = join(setting.folder, 'vendor', 'journal.jsonl');
    const lines = (await readFile(journal, 'utf8')).split('\n').filter((line) => !line.includes('"delivered"'));
    await writeFile(journal, lines.join('\n'));
    const before = await stat(path);
    expect(await setting.another().look(operation)).toMatchObject({ status: 'done' });
    expect((await stat(path)).ino).toBe(before.ino);
  });

  test('latencies come from the seed and spread like the real ones', async () => {
    const setting = await videoSetting({ speedUp: 1 });
    for (let i = 0; i < 200; i += 1) await setting.video.launch(setting.request());
    const entries = await journalOf(setting.folder);
    const seconds = entries
      .flatMap((entry) => (entry.event === 'launched' ? [(entry.readyAt - entry.at) / 1000] : []))
      .sort((a, b) => a - b);
    expect(seconds).toHaveLength(200);
    expect(seconds[0]).toBeGreaterThanOrEqual(11);
    expect(seconds[100]).toBeGreaterThan(45);
    expect(seconds[100]).toBeLessThan(65);
    expect(seconds[190]).toBeGreaterThan(100);
    expect(seconds[190]).toBeLessThan(170);
  });

  test('speeding up scales the times, but not below what a launch and a rendering need', () => {
    const real = simulatedModel({ speedUp: 1 }).timing;
    expect(real).toMatchObject({ floorMs: 11_000, worstMs: 480_000, deadlineMs: 900_000, giveUpMs: 86_400_000 });
    expect(real).toMatchObject({ launchTimeoutMs: 60_000, launchWithinMs: 30_000, lookDelayMs: 2000 });
    const { timing } = simulatedModel({ speedUp: 1000 });
    expect(timing).toMatchObject({ floorMs: 11, worstMs: 20_000, deadlineMs: 25_000, giveUpMs: 300_000 });
    expect(timing).toMatchObject({ launchTimeoutMs: 5000, launchWithinMs: 5000, lookDelayMs: 2 });
  });

  test('a video that nobody looks at is delivered too', async () => {
    const setting = await videoSetting({ misbehave: [{ when: 1, fault: { type: 'response-lost' } }] });
    await expect(setting.video.launch(setting.request())).rejects.toMatchObject({
      kind: 'retryable',
      effect: 'unknown',
    });
    await setting.clock.advance(LONG_ENOUGH_MS);
    await setting.another().deliverDue();
    const place = fileURLToPath(setting.request().outputPlace);
    const found = (await readdir(place, { recursive: true })).filter((name) => /sample_\d+\.mp4$/.test(name));
    expect(found).toHaveLength(1);
  });
});

describe('the journal', () => {
  test('has a line per launch and per charge, priced like the model', async () => {
    const setting = await videoSetting();
    const first = await setting.make();
    await setting.make(extension(first, 4000));
    const entries = await journalOf(setting.folder);
    const events = entries.map(({ event }) => event);
    expect(events).toEqual(['launched', 'charged', 'delivered', 'launched', 'charged', 'delivered']);
    expect(entries.flatMap((entry) => (entry.event === 'charged' ? [entry.microUsd] : []))).toEqual([400_000, 700_000]);
  });

  test('survives a line that was cut short', async () => {
    const setting = await videoSetting();
    await setting.video.launch(setting.request());
    const path = join(setting.folder, 'vendor', 'journal.jsonl');
    await writeFile(path, `${await readFile(path, 'utf8')}{"event":"laun`);
    const { operation } = await setting.video.launch(setting.request());
    const launched = (await journalOf(setting.folder)).filter(({ event }) => event === 'launched');
    expect(launched).toHaveLength(2);
    expect(launched[1]).toMatchObject({ operation, number: 2 });
  });

  test('knows each of many launches at once', async () => {
    const setting = await videoSetting();
    const [one, two] = [setting.video, setting.another()];
    const operations = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? one : two).launch(setting.request())),
    );
    expect(new Set(operations.map(({ operation }) => operation)).size).toBe(20);
    const launched = (await journalOf(setting.folder)).filter(({ event }) => event === 'launched');
    expect(launched).toHaveLength(20);
  });
});

describe('a launch that the vendor turns down', () => {
  const cases: readonly [string, VideoFault, Record<string, unknown>][] = [
    ['429', { type: 'throttled' }, { kind: 'throttled', effect: 'none', retryAfterMs: undefined }],
    ['429 with a time', { type: 'throttled', retryAfterMs: 9000 }, { kind: 'throttled', retryAfterMs: 9000 }],
    ['no quota', { type: 'quota-zero' }, { kind: 'permanent', code: 'quota-exhausted', effect: 'none' }],
    ['a retired model', { type: 'retired' }, { kind: 'permanent', code: 'model-retired', effect: 'none' }],
    ['no connection', { type: 'not-connected' }, { kind: 'retryable', code: 'not-connected', effect: 'none' }],
    ['503', { type: 'unavailable' }, { kind: 'retryable', effect: 'unknown' }],
    [
      'a refused prompt',
      { type: 'refused-at-launch' },
      { kind: 'refused', effect: 'none', details: { supportCodes: ['64151117'] } },
    ],
  ];
  test.each(cases)('%s', async (_, fault, expected) => {
    const setting = await videoSetting({ misbehave: [{ when: 1, fault }] });
    await expect(setting.video.launch(setting.request())).rejects.toMatchObject(expected);
    const entries = await journalOf(setting.folder);
    expect(entries.filter(({ event }) => event === 'launched' || event === 'charged')).toEqual([]);
    await expect(setting.video.launch(setting.request())).resolves.toBeDefined();
  });

  const impossible: readonly [string, (setting: Awaited<ReturnType<typeof videoSetting>>) => Partial<LaunchRequest>][] =
    [
      ['a start of 5 s', () => ({ seconds: 5 })],
      ['an aspect ratio that the model lacks', () => ({ aspectRatio: '1:1' as '9:16' })],
      ['a resolution that the model lacks', () => ({ resolution: '4k' })],
      ['an output place without a slash', ({ request }) => ({ outputPlace: request().outputPlace.slice(0, -1) })],
      ['a label with a blank', () => ({ labels: { film: 'a b' } })],
    ];
  test.each(impossible)('%s', async (_, change) => {
    const setting = await videoSetting();
    await expect(setting.video.launch(setting.request(change(setting)))).rejects.toMatchObject({
      kind: 'permanent',
      code: 'launch-impossible',
      effect: 'none',
    });
  });

  test('extensions beyond the limits, of files that are not there, of files of others', async () => {
    const setting = await videoSetting();
    const first = await setting.make();
    const foreign = join(setting.folder, 'foreign.mp4');
    await ffmpegOutput('-f', 'lavfi', '-i', 'testsrc2=s=180x320:r=24:d=2', foreign);
    const base = extension(first, 4000);
    const wrong: Partial<LaunchRequest>[] = [
      { ...base, seconds: 8 },
      { ...base, extends: inputFrom(first, 500) },
      { ...base, extends: inputFrom(first, 36_000) },
      { ...base, aspectRatio: '16:9' },
      { ...base, resolution: '1080p' },
      { ...base, extends: inputFrom({ ...first, uri: `${first.uri}.gone` }, 4000) },
      { ...base, extends: inputFrom({ ...first, uri: pathToFileURL(foreign).href }, 2000) },
    ];
    for (const changes of wrong) {
      await expect(setting.video.launch(setting.request(changes))).rejects.toMatchObject({ code: 'launch-impossible' });
    }
    const launched = (await journalOf(setting.folder)).filter(({ event }) => event === 'launched');
    expect(launched).toHaveLength(1);
  });
});

describe('an operation that goes wrong', () => {
  const endings: readonly [string, VideoFault, Record<string, unknown>, boolean][] = [
    ['is refused', { type: 'refused' }, { status: 'refused', audio: false, supportCodes: ['64151117'] }, false],
    ['has its sound refused', { type: 'refused', audio: true }, { status: 'refused', audio: true }, false],
    ['fails with 8', { type: 'failed', code: 8 }, { status: 'failed', code: 'vendor-overloaded' }, false],
    ['fails with 13', { type: 'failed', code: 13 }, { status: 'failed', code: 'vendor-internal' }, false],
    ['fails with 14', { type: 'failed', code: 14 }, { status: 'failed', code: 'vendor-unavailable' }, false],
    ['ends without a video', { type: 'without-video' }, { status: 'failed', code: 'no-video' }, false],
    ['never ends', { type: 'never-done' }, { status: 'running' }, false],
    ['is forgotten', { type: 'gone' }, { status: 'gone' }, true],
  ];
  test.each(endings)('%s', async (_, fault, expected, charged) => {
    const setting = await videoSetting({ misbehave: [{ when: 1, fault }] });
    const { operation } = await setting.video.launch(setting.request());
    expect(await setting.video.look(operation)).toEqual({ status: 'running' });
    await setting.clock.advance(LONG_ENOUGH_MS);
    // The journal has it: a process with other options sees the same.
    expect(await setting.another({ misbehave: [] }).look(operation)).toMatchObject(expected);
    const entries = await journalOf(setting.folder);
    expect(entries.some(({ event }) => event === 'charged')).toBe(charged);
  });

  test('is late by what the rule says', async () => {
    const fault = { type: 'late', byMs: 1_000_000 } as const;
    const setting = await videoSetting({ misbehave: [{ when: ({ block }) => block === 1, fault }] });
    const { operation } = await setting.video.launch(setting.request());
    await setting.clock.advance(LONG_ENOUGH_MS);
    expect(await setting.video.look(operation)).toEqual({ status: 'running' });
    await setting.clock.advance(LONG_ENOUGH_MS);
    expect(await setting.video.look(operation)).toMatchObject({ status: 'done' });
  });

  test.each(['zero-bytes', 'truncated', 'html'] as const)('delivers a file that is none: %s', async (type) => {
    const setting = await videoSetting({ misbehave: [{ when: [1], fault: { type } }] });
    const { path } = await setting.make();
    const { size } = await stat(path);
    if (type === 'zero-bytes') expect(size).toBe(0);
    if (type === 'html') expect(await readFile(path, 'utf8')).toContain('<!doctype html>');
    if (type === 'truncated') {
      const whole = await (await videoSetting()).make();
      expect(size).toBeLessThan((await stat(whole.path)).size * 0.7);
    }
  });

  test('delivers the video twice', async () => {
    const setting = await videoSetting({ misbehave: [{ when: 1, fault: { type: 'duplicate-output' } }] });
    const { path } = await setting.make();
    const second = path.replace('sample_0', 'sample_1');
    expect(Buffer.compare(await readFile(path), await readFile(second))).toBe(0);
  });

  test('delivers another shape or length than was asked for', async () => {
    const setting = await videoSetting({
      misbehave: [
        { when: 1, fault: { type: 'wrong-aspect' } },
        { when: 2, fault: { type: 'wrong-duration' } },
      ],
    });
    const [wide, short] = [await setting.make(), await setting.make()];
    expect(await measure(wide.path)).toMatchObject({ width: 320, height: 180 });
    expect(await measure(short.path)).toMatchObject({ durationMs: 2000 });
  });

  test('gives its bytes slowly', async () => {
    const setting = await videoSetting({ misbehave: [{ when: 1, fault: { type: 'slow-body', delayMs: 60_000 } }] });
    const { uri, path } = await setting.make();
    const source = await setting.video.open({ uri });
    const reading = new Response(source.open()).arrayBuffer();
    let done = false;
    void reading.then(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(done).toBe(false);
    while (!done) {
      await setting.clock.advanceToNext();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect((await reading).byteLength).toBe((await stat(path)).size);
  });
});
