import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CaptionCase } from './corpus.ts';

export interface SaidWord {
  /** In the script's spelling. */
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly block: number;
}

export interface Speech {
  readonly words: readonly SaidWord[];
  readonly blocks: readonly { readonly block: number; readonly fromMs: number; readonly toMs: number }[];
  readonly durationMs: number;
}

const run = promisify(execFile);
const VOICES: Readonly<Record<string, string>> = { en: 'en-us', fr: 'fr-fr', pt: 'pt-br', zh: 'cmn' };
const WAV_HEADER = 44;
const RATE = 22_050;
const QUIET = 300;
const FIRST_BLOCK = 8000;
const NEXT_BLOCK = 7000;
const LEAD_IN = 350;
const WORD_GAP = 25;
const COMMA_GAP = 180;
const SENTENCE_GAP = 380;

const lengths = new Map<string, number>();

/** How long espeak-ng takes to say a word, the silence around it taken off. */
async function wordLength(text: string, language: string, wordsPerMinute: number): Promise<number> {
  const key = `${language} ${wordsPerMinute} ${text}`;
  const known = lengths.get(key);
  if (known !== undefined) return known;
  const voice = VOICES[language] ?? language;
  const { stdout } = await run('espeak-ng', ['-v', voice, '-s', String(wordsPerMinute), '--stdout', '--', text], {
    encoding: 'buffer',
    maxBuffer: 1 << 24,
  });
  const samples = Math.floor((stdout.length - WAV_HEADER) / 2);
  const loud = (index: number) => Math.abs(stdout.readInt16LE(WAV_HEADER + index * 2)) > QUIET;
  let first = 0;
  while (first < samples && !loud(first)) first++;
  let last = samples - 1;
  while (last > first && !loud(last)) last--;
  const length = Math.max(60, Math.round(((last - first) * 1000) / RATE));
  lengths.set(key, length);
  return length;
}

/** A case as it is spoken: each word's start and end, blocks of 8 and 7 s that grow where the dialogue is longer. */
export async function speak(film: CaptionCase, wordsPerMinute = 150): Promise<Speech> {
  const words: SaidWord[] = [];
  const blocks: { block: number; fromMs: number; toMs: number }[] = [];
  let fromMs = 0;
  for (const [index, dialogue] of (film.said ?? film.script).entries()) {
    const block = index + 1;
    let at = fromMs + LEAD_IN;
    for (const text of dialogue.split(' ').filter((part) => /[\p{L}\p{N}]/u.test(part))) {
      const length = await wordLength(text, film.language, wordsPerMinute);
      words.push({ text, startMs: at, endMs: at + length, block });
      at += length + (/[.?!。？]/u.test(text) ? SENTENCE_GAP : /[,:，、]/u.test(text) ? COMMA_GAP : WORD_GAP);
    }
    const toMs = Math.max(fromMs + (index === 0 ? FIRST_BLOCK : NEXT_BLOCK), at);
    blocks.push({ block, fromMs, toMs });
    fromMs = toMs;
  }
  return { words, blocks, durationMs: fromMs };
}
