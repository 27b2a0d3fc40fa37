import type { HeardSegment, HeardWord, Transcript } from '../../src/core/ports.ts';
import type { CaptionCase } from './corpus.ts';
import type { Speech } from './speech.ts';

/** How badly a transcriber hears: shares of the words, and the deviation of its times in milliseconds. */
export interface Hearing {
  readonly missed: number;
  readonly split: number;
  readonly misheard: number;
  readonly jitterMs: number;
}

/** What the field reports of Whisper on clean speech, rounded up. */
export const usual: Hearing = { missed: 0.05, split: 0.05, misheard: 0.08, jitterMs: 50 };

/** mulberry32: the same film is heard the same way on every machine. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const STEP = 20;
const SOUND = { averageLogProbability: -0.25, compressionRatio: 1.4, noSpeechProbability: 0.03 };
const MUSIC = { averageLogProbability: -0.8, compressionRatio: 1.1, noSpeechProbability: 0.75 };
const MUSIC_MS = 6000;
const LETTERS = 'aeiourstnlmd';

const bare = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');

/** The transcript of a film, as a transcriber of this hearing would give it: no punctuation in words, 20 ms steps. */
export function hear(film: CaptionCase, speech: Speech, hearing: Hearing, seed: number): Transcript {
  const chance = random(seed);
  const gauss = () => Math.sqrt(-2 * Math.log(chance() || 1e-9)) * Math.cos(2 * Math.PI * chance());
  const words: HeardWord[] = [];
  const spelt: { at: number; text: string }[] = [];
  speech.words.forEach(({ text, startMs, endMs }, index) => {
    const from = startMs + gauss() * hearing.jitterMs;
    const to = Math.max(from + STEP, endMs + gauss() * hearing.jitterMs);
    if (film.missed?.includes(index) === true || chance() < hearing.missed) return;
    const known = film.heardAs?.[bare(text)];
    const last = words.at(-1);
    // A word that the transcriber wrote into the one before it.
    if (known === '' && last !== undefined) words[words.length - 1] = { ...last, endMs: to };
    const parts = known?.split(' ').filter(Boolean) ?? garbled(bareButApostrophe(text), hearing, chance);
    words.push(...spreadOver(parts, from, to));
    spelt.push({
      at: startMs,
      text: parts.join(known === undefined ? '' : ' ') + (/[.,:?!。，、？]+$/u.exec(text)?.[0] ?? ''),
    });
  });
  const segments: HeardSegment[] = speech.blocks.map(({ fromMs, toMs }) => ({
    text: spelt
      .filter(({ at }) => at >= fromMs && at < toMs)
      .map(({ text }) => text)
      .join(film.language === 'zh' || film.language === 'ja' ? '' : ' '),
    startMs: fromMs,
    endMs: toMs,
    ...SOUND,
  }));
  if (film.hallucinated === undefined) return { words: inOrder(words), segments };
  const silent = speech.words.length === 0;
  const from = silent ? 0 : speech.durationMs;
  const made = spreadOver(film.hallucinated.split(' '), from, from + MUSIC_MS);
  const music = { text: film.hallucinated, startMs: from, endMs: from + MUSIC_MS, ...MUSIC };
  return { words: inOrder([...words, ...made]), segments: silent ? [music] : [...segments, music] };
}

const bareButApostrophe = (text: string): string => text.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, '');

function garbled(text: string, hearing: Hearing, chance: () => number): readonly string[] {
  const letters = [...text];
  if (letters.length > 4 && chance() < hearing.split) {
    const at = 2 + Math.floor(chance() * (letters.length - 3));
    return [letters.slice(0, at).join(''), letters.slice(at).join('')];
  }
  if (chance() >= hearing.misheard) return [text];
  const changes = 1 + Math.floor(letters.length / 4);
  for (let count = 0; count < changes; count++)
    letters[Math.floor(chance() * letters.length)] = LETTERS[Math.floor(chance() * LETTERS.length)] ?? 'a';
  return [letters.join('')];
}

function spreadOver(parts: readonly string[], from: number, to: number): readonly HeardWord[] {
  const all = parts.join('').length;
  let before = 0;
  return parts.map((text) => {
    const startMs = from + ((to - from) * before) / all;
    before += text.length;
    return { text, startMs, endMs: from + ((to - from) * before) / all };
  });
}

function inOrder(words: readonly HeardWord[]): readonly HeardWord[] {
  const step = (ms: number) => Math.max(0, Math.round(ms / STEP) * STEP);
  const result: HeardWord[] = [];
  for (const word of [...words].sort((a, b) => a.startMs - b.startMs)) {
    const startMs = Math.max(step(word.startMs), result.at(-1)?.endMs ?? 0);
    result.push({ ...word, startMs, endMs: Math.max(startMs + STEP, step(word.endMs)) });
  }
  return result;
}
