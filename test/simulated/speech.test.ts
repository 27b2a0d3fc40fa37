import { existsSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { runProcess } from '../../src/adapters/ffmpeg/process.ts';
import { type Speech, type SpeechRequest, speak } from '../../src/adapters/simulated/speech.ts';
import { SAMPLE_RATE } from '../../src/adapters/simulated/wav.ts';
import { splitClauses, splitWords } from '../../src/adapters/simulated/words.ts';
import { temporaryFolder } from './support.ts';

const hasEspeak = await runProcess({ command: 'espeak-ng', args: ['--version'], timeoutMs: 10_000 }).then(
  () => true,
  () => false,
);
if (!hasEspeak) console.warn('espeak-ng: skipped, it is not installed here');

const say = async (changes: Partial<SpeechRequest> = {}): Promise<Speech> =>
  speak({
    dialogue: 'Why is the sky blue? Look up: almost nobody stops to ask.',
    language: 'en',
    seconds: 8,
    engine: 'hum',
    workDir: await temporaryFolder(),
    ...changes,
  });

/** How loud a stretch is on average. */
function loudness({ samples }: Speech, fromMs: number, toMs: number): number {
  const part = samples.subarray((fromMs * SAMPLE_RATE) / 1000, (toMs * SAMPLE_RATE) / 1000);
  return part.reduce((sum, sample) => sum + Math.abs(sample), 0) / part.length;
}

function checkTimes(speech: Speech, seconds: number): void {
  expect(speech.samples).toHaveLength(seconds * SAMPLE_RATE);
  let last = 0;
  for (const { text, startMs, endMs } of speech.words) {
    expect(startMs, text).toBeGreaterThanOrEqual(last);
    expect(endMs - startMs, text).toBeGreaterThan(20);
    expect(loudness(speech, startMs, endMs), text).toBeGreaterThan(150);
    last = endMs;
  }
  expect(last).toBeLessThan(seconds * 1000 - 100);
  expect(loudness(speech, 0, 200)).toBe(0);
  expect(loudness(speech, last + 100, seconds * 1000)).toBeLessThan(50);
}

describe.each([
  ['espeak-ng', hasEspeak || process.env.CI !== undefined],
  ['text2wav', true],
  ['hum', true],
] as const)('%s', (engine, here) => {
  test.skipIf(!here)('speaks within the block, and knows when it says each word', async () => {
    const speech = await say({ engine });
    expect(speech.voice.startsWith(engine)).toBe(true);
    expect(speech.words.map(({ text }) => text).join(' ')).toBe(
      'Why is the sky blue? Look up: almost nobody stops to ask.',
    );
    checkTimes(speech, 8);
  });

  test.skipIf(!here)('hurries where there is much to say', async () => {
    const dialogue = 'One two three four five six seven eight nine ten, and then all of it once more. '.repeat(3);
    checkTimes(await say({ engine, dialogue, seconds: 4 }), 4);
  });

  test.skipIf(!here)('takes no text for an option or a command', async () => {
    const speech = await say({
      engine,
      dialogue: '--version -h, --help [[foo]] <b>loud</b> $(id) "quoted"',
      seconds: 8,
    });
    expect(speech.voice.startsWith(engine)).toBe(true);
    checkTimes(speech, 8);
    expect(existsSync('wav.wav')).toBe(false);
  });
});

describe('a voice', () => {
  test('is found by language, whatever its region', async () => {
    expect((await say({ engine: 'text2wav', language: 'fr-CA', dialogue: 'Bonjour à tous.' })).voice).toBe(
      'text2wav fr',
    );
    expect((await say({ engine: 'text2wav', language: 'zh-Hans', dialogue: '你好，世界。' })).voice).toBe(
      'text2wav cmn',
    );
    expect((await say({ engine: 'text2wav', language: 'pt-BR', dialogue: 'Olá, mundo.' })).voice).toBe(
      'text2wav pt-BR',
    );
  });

  test('hums what no engine can say', async () => {
    expect((await say({ engine: 'text2wav', language: 'he', dialogue: 'שלום עולם.' })).voice).toBe('hum');
    expect((await say({ engine: 'auto', language: 'ja', dialogue: '空はなぜ青い？' })).voice).toBe('hum');
    expect((await say({ engine: 'auto', language: 'tlh', dialogue: 'nuqneH qaStaH nuq.' })).voice).toBe('hum');
  });

  test('says nothing where there is nothing to say', async () => {
    const { words, samples } = await say({ dialogue: ' … — !' });
    expect(words).toEqual([]);
    expect(samples.every((sample) => sample === 0)).toBe(true);
  });

  test('sounds the same each time', async () => {
    expect((await say()).samples).toEqual((await say()).samples);
    const [one, two] = [await say({ engine: 'text2wav' }), await say({ engine: 'text2wav' })];
    expect(one.samples).toEqual(two.samples);
  });
});

describe('words', () => {
  test('are split at blanks, or by the language where it has none', () => {
    expect(splitWords('Der Himmel – so blau.', 'de')).toEqual(['Der', 'Himmel –', 'so', 'blau.']);
    expect(splitWords('天空为什么是蓝色的？', 'zh').join('')).toBe('天空为什么是蓝色的？');
    expect(splitWords('天空为什么是蓝色的？', 'zh').length).toBeGreaterThan(3);
  });

  test('make clauses that end where a voice pauses', () => {
    const clauses = splitClauses('Look up: the sky. Is it blue?', 'en');
    expect(clauses.map(({ text, final }) => [text, final])).toEqual([
      ['Look up:', false],
      ['the sky.', true],
      ['Is it blue?', true],
    ]);
  });
});
