import type { Transcript } from '../ports.ts';
import { type AlignmentProblem, align, likeness, type Step } from './align.ts';
import { type Credible, credibleWords } from './heard.ts';
import { type Token, tokenise } from './tokens.ts';
import type { CaptionWord } from './types.ts';

/** A block's dialogue and where in the film it is said. */
export interface SpokenBlock {
  readonly block: number;
  readonly dialogue: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AlignRequest {
  readonly blocks: readonly SpokenBlock[];
  readonly heard: Transcript;
  /** BCP 47. */
  readonly language: string;
  readonly durationMs: number;
}

export interface AlignedWords {
  readonly words: readonly CaptionWord[];
  /** Share of the script's letters that were heard, 0 to 1. */
  readonly coverage: number;
  /** Whose text the words have; `none` where nobody speaks. */
  readonly source: 'script' | 'transcription' | 'none';
  /** Heard words that are not shown: hallucinated. */
  readonly dropped: number;
}

/** Below this share of the script in what was heard, the film says something else, and the captions follow the film. */
export const MIN_COVERAGE = 0.6;

interface Written extends Token {
  readonly block: number;
}

/** The script's words at the times at which they were said. */
export function alignWords(request: AlignRequest): AlignedWords {
  const { blocks, heard, language, durationMs } = request;
  const said = credibleWords(heard, durationMs);
  const dropped = heard.words.length - said.length;
  if (said.length === 0) return { words: [], coverage: 0, source: 'none', dropped };
  const written = blocks.flatMap(({ block, dialogue }) =>
    tokenise(dialogue, language).map((token) => ({ ...token, block })),
  );
  const steps = align(problemOf(written, said));
  const coverage = coverageOf(steps, written);
  if (coverage < MIN_COVERAGE)
    return { words: said.map((word) => heardWord(word, blocks)), coverage, source: 'transcription', dropped };
  return { words: timed(steps, written, said, blocks), coverage, source: 'script', dropped };
}

const MERGES = [
  [1, 1],
  [1, 2],
  [2, 1],
  [1, 3],
  [3, 1],
] as const;

function problemOf(written: readonly Written[], said: readonly Credible[]): AlignmentProblem {
  const text = (list: readonly { bare: string }[], from: number, count: number) =>
    list
      .slice(from, from + count)
      .map(({ bare }) => bare)
      .join('');
  return {
    scriptLength: written.length,
    heardLength: said.length,
    merges: MERGES,
    likeness: (i, m, j, n) => likeness(text(written, i, m), text(said, j, n)),
  };
}

function coverageOf(steps: readonly Step[], written: readonly Written[]): number {
  let total = 0;
  let heard = 0;
  let index = 0;
  for (const step of steps) {
    for (const { bare } of written.slice(index, index + step.script)) {
      total += bare.length;
      if (step.likeness >= 0.5) heard += bare.length;
    }
    index += step.script;
  }
  return total === 0 ? 0 : heard / total;
}

function timed(
  steps: readonly Step[],
  written: readonly Written[],
  said: readonly Credible[],
  blocks: readonly SpokenBlock[],
): readonly CaptionWord[] {
  const words: CaptionWord[] = [];
  let i = 0;
  let j = 0;
  for (const step of steps) {
    const tokens = written.slice(i, i + step.script);
    const heard = said.slice(j, j + step.heard);
    i += step.script;
    j += step.heard;
    const from = heard[0]?.startMs;
    const to = heard.at(-1)?.endMs;
    if (from === undefined || to === undefined) continue;
    if (tokens.length === 0) words.push(...heard.map((word) => heardWord(word, blocks)));
    else words.push(...spread(tokens, from, to, step.likeness));
  }
  return words;
}

/** Several words in one stretch of time, each as long as its letters. */
function spread(tokens: readonly Written[], from: number, to: number, confidence: number): readonly CaptionWord[] {
  const letters = tokens.reduce((sum, { bare }) => sum + bare.length, 0);
  let before = 0;
  return tokens.map(({ text, bare, block, joined }) => {
    const startMs = Math.round(from + ((to - from) * before) / letters);
    before += bare.length;
    const endMs = Math.round(from + ((to - from) * before) / letters);
    const word = { text, startMs, endMs, source: 'aligned', block, confidence, confidenceSource: 'agreement' } as const;
    return joined ? { ...word, joined } : word;
  });
}

function heardWord(word: Credible, blocks: readonly SpokenBlock[]): CaptionWord {
  const { text, startMs, endMs } = word;
  const block = blocks.findLast(({ fromMs }) => startMs >= fromMs)?.block ?? blocks[0]?.block ?? 1;
  return { text: text.trim(), startMs, endMs, source: 'heard', block };
}
