import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Hearing, readJournal, simulatedTranscriber } from '../../src/adapters/simulated/index.ts';
import type { HeardWord } from '../../src/core/ports.ts';
import { extension, ffmpegOutput, fileSource, type Made, videoSetting } from './support.ts';

const FIRST = ['Look', 'up', 'the', 'sky', 'is', 'blue'];
const SECOND = ['Light', 'bends', 'and', 'blue', 'bends', 'most'];

let root = '';
let made: ReturnType<typeof makeTwoBlocks> | undefined;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'reelstate-heard-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The same two blocks for all tests: they only listen. */
const twoBlocks = () => {
  made ??= makeTwoBlocks();
  return made;
};

async function makeTwoBlocks() {
  const setting = await videoSetting({}, root);
  const first = await setting.make();
  const second = await setting.make(extension(first, 4000));
  const vendor = join(setting.folder, 'vendor');
  const sound = async (made: Made, ...args: readonly string[]) => {
    const audio = join(setting.folder, `${randomUUID()}.flac`);
    await ffmpegOutput('-i', made.path, ...args, '-vn', '-ac', '1', '-ar', '16000', audio);
    return audio;
  };
  const hear = async (audio: string, durationMs: number, hearing: Hearing = {}, folder = vendor) =>
    simulatedTranscriber({ folder, hear: hearing }).transcribe(await fileSource(audio), { language: 'en', durationMs });
  return { ...setting, first, second, vendor, sound, hear };
}

const texts = (words: readonly HeardWord[]) => words.map(({ text }) => text);

describe('a transcript', () => {
  test('has the words of all that is heard, at the times at which they were spoken', async () => {
    const { second, sound, hear, vendor } = await twoBlocks();
    const { words, segments } = await hear(await sound(second), 11_000);
    expect(texts(words)).toEqual([...FIRST, ...SECOND]);
    const said = (await readJournal(vendor)).flatMap((entry) =>
      entry.event === 'delivered' ? entry.words.map(({ startMs }) => startMs + entry.fromMs) : [],
    );
    for (const [i, { startMs }] of words.entries()) expect(Math.abs(startMs - (said[i] ?? 0))).toBeLessThanOrEqual(20);
    expect(segments.map(({ text }) => text).join(' ')).toBe(
      'Look up: the sky is blue. Light bends, and blue bends most.',
    );
  });

  test('of a stretch counts from where that begins', async () => {
    const { second, sound, hear } = await twoBlocks();
    const whole = (await hear(await sound(second), 11_000)).words;
    const { words } = await hear(await sound(second, '-ss', '4', '-t', '7'), 7000);
    expect(texts(words)).toEqual(SECOND);
    expect(Math.abs((words[0]?.startMs ?? 0) + 4000 - (whole[6]?.startMs ?? 0))).toBeLessThanOrEqual(20);
  });

  test('of a video whose sound was exchanged has the words of the other sound', async () => {
    const { first, second, sound, hear, make, folder } = await twoBlocks();
    const other = await make({ prompt: { dialogue: 'Quite another story altogether.', language: 'en', visual: '' } });
    const swapped = join(folder, 'swapped.mp4');
    const inputs = ['-i', first.path, '-i', other.path, '-map', '0:v', '-map', '1:a', '-c', 'copy'];
    await ffmpegOutput(...inputs, '-map_metadata', '0', swapped);
    const { words } = await hear(await sound({ ...second, path: swapped }), 4000);
    expect(texts(words)).toEqual(['Quite', 'another', 'story', 'altogether']);
  });

  test('does not need the journal id to know the sound, and does not believe an id without it', async () => {
    const { first, sound, hear, folder } = await twoBlocks();
    expect(texts((await hear(await sound(first, '-map_metadata', '-1'), 4000)).words)).toEqual(FIRST);
    const lying = join(folder, 'lying.flac');
    const tone = ['-f', 'lavfi', '-i', 'sine=300:r=16000:d=4', '-metadata', `comment=${first.operation}`];
    await ffmpegOutput(...tone, lying);
    expect((await hear(lying, 4000)).words).toEqual([]);
  });

  test('is empty for a vendor that never said it', async () => {
    const { first, sound, hear, folder } = await twoBlocks();
    expect((await hear(await sound(first), 4000, {}, join(folder, 'other-vendor'))).words).toEqual([]);
  });

  test('costs what Whisper costs', async () => {
    const { first, sound, hear, vendor } = await twoBlocks();
    await hear(await sound(first), 30_000);
    expect((await readJournal(vendor)).at(-1)).toMatchObject({ event: 'transcribed', microUsd: 3000 });
  });
});

describe('mishearing', () => {
  const misheard = async (hearing: Hearing) => {
    const { second, sound, hear } = await twoBlocks();
    const audio = await sound(second);
    const result = await hear(audio, 11_000, hearing);
    expect(await hear(audio, 11_000, hearing)).toEqual(result);
    let last = 0;
    for (const { startMs, endMs } of result.words) {
      expect(startMs).toBeGreaterThanOrEqual(last);
      expect(endMs).toBeGreaterThan(startMs);
      last = endMs;
    }
    return { ...result, right: (await hear(audio, 11_000)).words };
  };

  test('drops words', async () => {
    const { words } = await misheard({ drop: 0.5 });
    expect(words.length).toBeLessThan(12);
    expect(words.length).toBeGreaterThan(0);
  });

  test('replaces and splits words', async () => {
    const replaced = await misheard({ replace: 1 });
    expect(texts(replaced.words).filter((text, i) => text === [...FIRST, ...SECOND][i])).toEqual([]);
    const split = await misheard({ split: 1 });
    expect(split.words.length).toBeGreaterThan(12);
    expect(texts(split.words).join('')).toBe([...FIRST, ...SECOND].join(''));
  });

  test('shifts times', async () => {
    const { words, right } = await misheard({ jitterMs: 80 });
    const off = words.map(({ startMs }, i) => Math.abs(startMs - (right[i]?.startMs ?? 0)));
    expect(Math.max(...off)).toBeGreaterThan(20);
    expect(Math.max(...off)).toBeLessThanOrEqual(80);
  });

  test('hears thanks in silence, and says how unsure it is', async () => {
    const { words, segments } = await misheard({ hallucinate: true, confidence: true });
    expect(texts(words).join(' ')).toContain('Thanks for watching');
    const invented = segments.find(({ text }) => text.includes('Thanks'));
    expect(invented?.noSpeechProbability).toBeGreaterThan(0.6);
    for (const { confidence } of words) expect(confidence).toBeGreaterThan(0);
  });
});
