import { expect, test } from 'vitest';
import { type Dialect, startOpenaiServer } from '../support/openai-server.ts';
import { audio, call, whisperOn } from './helpers.ts';

const words = [
  { text: 'Bonjour', startMs: 100, endMs: 600 },
  { text: 'monde', startMs: 700, endMs: 1200 },
];

test.for<Dialect>(['openai', 'speaches', 'whisper.cpp', 'localai'])(
  '%s: the same words with their times',
  async (dialect) => {
    await using server = await startOpenaiServer({ dialect });
    const transcript = await whisperOn(server).transcribe(audio(), call);
    expect(transcript.words.map(({ text, startMs, endMs }) => ({ text, startMs, endMs }))).toEqual(words);
    expect(transcript.segments.map(({ text, startMs, endMs }) => ({ text, startMs, endMs }))).toEqual([
      { text: 'Bonjour monde', startMs: 100, endMs: 1200 },
    ]);
  },
);
