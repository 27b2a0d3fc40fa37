import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readVerboseJson } from '../../src/adapters/openai/dialect.ts';
import { joinTranscripts } from '../../src/adapters/openai/index.ts';
import { repairWords } from '../../src/adapters/openai/words.ts';
import { type Dialect, startOpenaiServer } from '../support/openai-server.ts';
import { audio, call, rejection, whisperOn } from './helpers.ts';

const plain = <T extends { text: string; startMs: number; endMs: number }>(items: readonly T[]) =>
  items.map(({ text, startMs, endMs }) => ({ text, startMs, endMs }));

test.for<Dialect>(['openai', 'speaches', 'whisper.cpp', 'localai'])(
  '%s: the same words with their times',
  async (dialect) => {
    await using server = await startOpenaiServer({ dialect });
    const transcript = await whisperOn(server).transcribe(audio(), call);
    expect(plain(transcript.words)).toEqual([
      { text: 'Bonjour', startMs: 100, endMs: 600 },
      { text: 'monde', startMs: 700, endMs: 1200 },
    ]);
    expect(plain(transcript.segments)).toEqual([{ text: 'Bonjour monde', startMs: 100, endMs: 1200 }]);
  },
);

describe('quality figures', () => {
  test("OpenAI's, per segment", async () => {
    await using server = await startOpenaiServer();
    const { segments, words } = await whisperOn(server).transcribe(audio(), call);
    expect(segments[0]).toMatchObject({
      averageLogProbability: -0.21,
      compressionRatio: 1.1,
      noSpeechProbability: 0.01,
    });
    expect(words[0]).not.toHaveProperty('confidence');
  });

  test("whisper.cpp's, per word: the mean of its tokens", async () => {
    await using server = await startOpenaiServer({ dialect: 'whisper.cpp' });
    const { words, segments } = await whisperOn(server).transcribe(audio(), call);
    expect(words.map((word) => word.confidence)).toEqual([expect.closeTo(0.8), expect.closeTo(0.8)]);
    expect(segments[0]).not.toHaveProperty('compressionRatio');
  });
});

describe('words of whisper.cpp', () => {
  const tokens = (...pieces: string[]) => ({
    text: pieces.join(''),
    segments: [
      {
        text: pieces.join(''),
        start: 0,
        end: pieces.length,
        words: pieces.map((word, at) => ({ word, start: at, end: at + 1 })),
      },
    ],
  });

  test.for([
    [
      [' Bon', 'jour', ',', ' le', ' monde', '.'],
      ['Bonjour,', 'le', 'monde.'],
    ],
    [['[_BEG_]', ' Hi', '[_TT_150]'], ['Hi']],
    [
      ['Hi', ' there'],
      ['Hi', 'there'],
    ],
    [
      [' 空', 'は', '青い'],
      ['空', 'は', '青い'],
    ],
    [[' aujourd', "'", 'hui'], ["aujourd'hui"]],
  ])('%j → %j', ([pieces = [], expected]) => {
    expect(readVerboseJson(tokens(...pieces), 8000).words.map((word) => word.text)).toEqual(expected);
  });
});

describe('what servers leave out or add', () => {
  test('silence: nothing heard, whatever the shape', () => {
    const empty = { words: [], segments: [] };
    expect(readVerboseJson({ text: '', segments: [], words: [] }, 8000)).toEqual(empty);
    expect(readVerboseJson({ text: ' ' }, 8000)).toEqual(empty);
    expect(readVerboseJson({ text: '', segments: null, words: null }, 8000)).toEqual(empty);
    expect(readVerboseJson({ text: '♪', segments: [{ text: ' ♪', start: 0, end: 8 }] }, 8000)).toEqual(empty);
  });

  test("Go's nanoseconds are seconds too", () => {
    const answer = { text: 'Hi', words: [{ text: 'Hi', start: 500_000_000, end: 1_000_000_000 }] };
    expect(plain(readVerboseJson(answer, 8000).words)).toEqual([{ text: 'Hi', startMs: 500, endMs: 1000 }]);
  });

  test('words without usable times are left out', () => {
    const words = [{ word: 'a', start: 0, end: 1 }, { word: 'b' }, { word: 'c', start: Number.NaN, end: 2 }, 'd', null];
    expect(readVerboseJson({ text: 'a b c', words }, 8000).words.map((word) => word.text)).toEqual(['a']);
  });

  test('segments over each other are cut, empty ones left out', () => {
    const words = [{ word: 'a', start: 0, end: 1 }];
    const segments = [
      { text: ' b', start: 0.5, end: 2 },
      { text: ' a', start: 0, end: 1 },
      { text: ' ', start: 2, end: 3 },
      { text: ' c', start: 3, end: 99 },
    ];
    expect(plain(readVerboseJson({ text: 'a b c', words, segments }, 8000).segments)).toEqual([
      { text: 'a', startMs: 0, endMs: 1000 },
      { text: 'b', startMs: 1000, endMs: 2000 },
      { text: 'c', startMs: 3000, endMs: 8000 },
    ]);
  });

  test('a text without any word times is an error with its cure', async () => {
    await using server = await startOpenaiServer();
    server.reply({ text: 'Bonjour', segments: [{ text: 'Bonjour', start: 0, end: 1 }] });
    const error = await rejection(whisperOn(server).transcribe(audio(), call));
    expect(error).toMatchObject({ kind: 'permanent', code: 'no-word-times' });
    expect(error.cure).toContain('whisper-1');
  });

  test.for(['1\n00:00 --> 00:01\nBonjour', null, 7, [], {}, { error: 'busy' }])('%j is no transcript', async (body) => {
    await using server = await startOpenaiServer();
    server.reply(body);
    server.reply(body);
    const error = await rejection(whisperOn(server, { maxAttempts: 2 }).transcribe(audio(), call));
    expect(error).toMatchObject({ kind: 'retryable', code: 'answer-unreadable' });
  });
});

describe('repairing the times of words', () => {
  test.for([
    [
      'no length, time behind it',
      [
        [100, 100],
        [500, 600],
      ],
      [
        [100, 110],
        [500, 600],
      ],
    ],
    ['end before start', [[200, 100]], [[200, 210]]],
    [
      'two at once share their time',
      [
        [100, 100],
        [100, 300],
      ],
      [
        [100, 200],
        [200, 300],
      ],
    ],
    [
      'over each other',
      [
        [0, 500],
        [300, 900],
      ],
      [
        [0, 300],
        [300, 900],
      ],
    ],
    [
      'in another order',
      [
        [500, 900],
        [0, 400],
      ],
      [
        [0, 400],
        [500, 900],
      ],
    ],
    ['before the beginning', [[-50, 40]], [[0, 40]]],
    ['past the end', [[900, 5000]], [[900, 1000]]],
    [
      'beyond the audio',
      [
        [100, 200],
        [1000, 1200],
        [3000, 3100],
      ],
      [[100, 200]],
    ],
  ] as const)('%s', ([, given, expected]) => {
    const words = given.map(([startMs, endMs]) => ({ text: 'w', startMs, endMs }));
    expect(repairWords(words, 1000).map(({ startMs, endMs }) => [startMs, endMs])).toEqual(expected);
  });

  test('whatever came: in order, of some length, apart, inside the audio', () => {
    const time = fc.oneof(fc.integer({ min: -100, max: 2000 }), fc.double({ min: 0, max: 1500, noNaN: true }));
    const word = fc.record({ text: fc.constantFrom('a', 'b', ''), startMs: time, endMs: time });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        let last = 0;
        for (const { startMs, endMs } of repairWords(words, 1000)) {
          expect(Number.isInteger(startMs) && Number.isInteger(endMs)).toBe(true);
          expect(startMs).toBeGreaterThanOrEqual(last);
          expect(endMs).toBeGreaterThan(startMs);
          last = endMs;
        }
        expect(last).toBeLessThanOrEqual(1000);
      }),
    );
  });
});

test('transcripts of pieces become one, each moved to where its piece began', () => {
  const piece = (text: string) => ({
    words: [{ text, startMs: 0, endMs: 500, confidence: 0.5 }],
    segments: [{ text, startMs: 0, endMs: 900, noSpeechProbability: 0.1 }],
  });
  const joined = joinTranscripts([
    { fromMs: 10_000, transcript: piece('b') },
    { fromMs: 0, transcript: piece('a') },
  ]);
  expect(joined).toEqual({
    words: [
      { text: 'a', startMs: 0, endMs: 500, confidence: 0.5 },
      { text: 'b', startMs: 10_000, endMs: 10_500, confidence: 0.5 },
    ],
    segments: [
      { text: 'a', startMs: 0, endMs: 900, noSpeechProbability: 0.1 },
      { text: 'b', startMs: 10_000, endMs: 10_900, noSpeechProbability: 0.1 },
    ],
  });
});
