import { throwIfAborted } from '../../core/bytes.ts';
import type { HeardSegment, HeardWord, Transcriber } from '../../core/ports.ts';
import { saidInSound } from './fake-media.ts';
import type { Said } from './tiny-mp4.ts';

/** How `fakeTranscriber` hears. */
export interface FakeTranscriberOptions {
  /** What is heard for each word; an empty text leaves the word out. @default the word itself */
  readonly hear?: (word: string) => string;
  /** What is said in sound that did not come from `fakeMedia`. */
  readonly said?: readonly Said[];
}

/**
 * A transcriber for the sound of `fakeMedia`: it hears what the film says, never what it was told to expect, so that a film with another
 * soundtrack gives another transcript. Words are spread evenly over their line.
 */
export function fakeTranscriber(options: FakeTranscriberOptions = {}): Transcriber {
  const hear = options.hear ?? ((word) => word);
  return {
    id: 'fake-transcriber',
    // Like Whisper: 0.006 dollars per minute.
    pricePerMinute: 6_000,
    priceDate: '2026-11-23',
    transcribe: async (audio, { signal }) => {
      throwIfAborted(signal);
      const said = (await saidInSound(audio)) ?? options.said ?? [];
      const words = said.flatMap((line) => wordsOf(line, hear));
      const segments: HeardSegment[] = said.map(({ text, fromMs, toMs }) => ({ text, startMs: fromMs, endMs: toMs }));
      return { words, segments };
    },
  };
}

function wordsOf({ text, fromMs, toMs }: Said, hear: (word: string) => string): HeardWord[] {
  const said = text.split(/\s+/).filter((word) => word !== '');
  const each = (toMs - fromMs) / Math.max(1, said.length);
  return said
    .map((word, at) => ({
      text: hear(word),
      startMs: Math.round(fromMs + at * each),
      endMs: Math.round(fromMs + (at + 1) * each),
      confidence: 0.9,
    }))
    .filter((word) => word.text !== '' && word.startMs < word.endMs);
}
