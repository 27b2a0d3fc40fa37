import { parseArgs } from 'node:util';
import {
  type AlignedWords,
  alignWords,
  type CaptionWord,
  captionPresets,
  captionStyle,
  joinWords,
  layoutCues,
} from '../src/core/captions/index.ts';
import type { Transcript } from '../src/core/ports.ts';
import { type CaptionCase, corpus } from './captions/corpus.ts';
import { type Hearing, hear, usual } from './captions/hearing.ts';
import { type SaidWord, type Speech, speak } from './captions/speech.ts';

const SEEDS = 20;

interface Result {
  readonly startErrors: readonly number[];
  readonly rawErrors: number;
  readonly errors: number;
  readonly charactersPerSecond: number;
  readonly aligned: AlignedWords;
}

/** Alignment and layout over the corpus; prints a table and, last, one line of JSON. */
export async function captionsBench(): Promise<void> {
  const { values } = parseArgs({ args: process.argv.slice(3), options: { worst: { type: 'boolean' } }, strict: false });
  const total = { startErrors: [] as number[], rawErrors: 0, errors: 0, charactersPerSecond: 0 };
  console.log('case                                          start error ms        word errors   chars/s  source');
  console.log('                                              median     p95        raw  after      max');
  for (const film of corpus) {
    const speech = await speak(film);
    const results = seeds(SEEDS).map((seed) => measure(film, speech, hear(film, speech, usual, seed)));
    const startErrors = results.flatMap((result) => result.startErrors);
    const sum = (pick: (result: Result) => number) => results.reduce((all, result) => all + pick(result), 0);
    const line = { raw: sum((result) => result.rawErrors), after: sum((result) => result.errors) };
    const charactersPerSecond = Math.max(...results.map((result) => result.charactersPerSecond));
    total.startErrors.push(...startErrors);
    total.rawErrors += line.raw;
    total.errors += line.after;
    total.charactersPerSecond = Math.max(total.charactersPerSecond, charactersPerSecond);
    const sources = [...new Set(results.map(({ aligned }) => aligned.source))].join(', ');
    console.log(
      `${`${film.language} ${film.name}`.padEnd(45)} ${pad(quantile(startErrors, 0.5))} ${pad(quantile(startErrors, 0.95))}     ${pad(line.raw)} ${pad(line.after)}   ${charactersPerSecond.toFixed(1).padStart(6)}  ${sources}`,
    );
    if (values.worst === true) console.log(`    ${joinWords(results.at(-1)?.aligned.words ?? [])}`);
  }
  await coverageTable();
  console.log(
    JSON.stringify({
      startErrorMedianMs: Math.round(quantile(total.startErrors, 0.5)),
      startErrorP95Ms: Math.round(quantile(total.startErrors, 0.95)),
      wordErrorRatio: round(total.errors / total.rawErrors),
      maxCharactersPerSecond: round(total.charactersPerSecond),
    }),
  );
}

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);
const pad = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(0)).padStart(7);
const round = (value: number): number => Math.round(value * 1000) / 1000;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const request = (film: CaptionCase, speech: Speech, heard: Transcript) => ({
  blocks: speech.blocks.map((times) => ({ ...times, dialogue: film.script[times.block - 1] ?? '' })),
  heard,
  language: film.language,
  durationMs: speech.durationMs,
});

function measure(film: CaptionCase, speech: Speech, heard: Transcript): Result {
  const aligned = alignWords(request(film, speech, heard));
  const truth = speech.words.flatMap((word) => units(word, film.language));
  const shown = aligned.words.flatMap((word) => units(word, film.language));
  const raw = heard.words.flatMap((word) => units(word, film.language));
  const common = alignment(shown, truth);
  return {
    startErrors: common.pairs.map(([one, other]) => Math.abs(one.startMs - other.startMs)),
    errors: common.distance,
    rawErrors: alignment(raw, truth).distance,
    charactersPerSecond: fastestCue(aligned.words, film, speech),
    aligned,
  };
}

interface TimedUnit {
  readonly text: string;
  readonly startMs: number;
}

/** Words, or characters at their share of the word where there are no blanks: what word error is counted in. */
function units(
  { text, startMs, endMs }: Pick<SaidWord, 'text' | 'startMs' | 'endMs'>,
  language: string,
): readonly TimedUnit[] {
  const bareOf = (part: string) => part.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  if (language !== 'zh' && language !== 'ja') {
    const parts = text.split(/\s+/u).map(bareOf);
    return parts.filter((part) => part !== '').map((part) => ({ text: part, startMs }));
  }
  const bare = bareOf(text);
  const letters = [...bare];
  return letters.map((letter, index) => ({
    text: letter,
    startMs: startMs + ((endMs - startMs) * index) / letters.length,
  }));
}

/** Levenshtein distance in words, and which words are the same ones. Independent of the code under test. */
function alignment(a: readonly TimedUnit[], b: readonly TimedUnit[]) {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  a.forEach((one, i) => {
    const above = rows[i] ?? [];
    const row = [i + 1];
    b.forEach((other, j) => {
      const changed = (above[j] ?? 0) + (one.text === other.text ? 0 : 1);
      row.push(Math.min(changed, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    });
    rows.push(row);
  });
  const pairs: [TimedUnit, TimedUnit][] = [];
  let [i, j] = [a.length, b.length];
  const cost = (x: number, y: number) => rows[x]?.[y] ?? Number.POSITIVE_INFINITY;
  while (i > 0 && j > 0) {
    const [one, other] = [a[i - 1], b[j - 1]];
    if (one !== undefined && other !== undefined && one.text === other.text && cost(i, j) === cost(i - 1, j - 1)) {
      pairs.push([one, other]);
      i--;
      j--;
    } else if (cost(i, j) === cost(i - 1, j - 1) + 1) {
      i--;
      j--;
    } else if (cost(i, j) === cost(i - 1, j) + 1) i--;
    else j--;
  }
  return { distance: cost(a.length, b.length), pairs };
}

/** Over every preset that shows phrases: characters of a cue, blanks included, over the time that it is on screen. */
function fastestCue(words: readonly CaptionWord[], film: CaptionCase, speech: Speech): number {
  let fastest = 0;
  for (const preset of Object.keys(captionPresets)) {
    const style = captionStyle(preset);
    if (style.maxWords <= 2) continue;
    const cues = layoutCues(words, {
      language: film.language,
      style,
      aspectRatio: '9:16',
      blockCutsMs: speech.blocks.slice(1).map(({ fromMs }) => fromMs),
      durationMs: speech.durationMs,
      framesPerSecond: 24,
    });
    for (const { lines, startMs, endMs } of cues) {
      const length = [...lines.map((line) => joinWords(line)).join(' ')].length;
      fastest = Math.max(fastest, (length * 1000) / (endMs - startMs));
    }
  }
  return fastest;
}

/** What the threshold between following the script and following the film rests on. */
async function coverageTable(): Promise<void> {
  const stories = corpus.filter(({ name }) => name === 'story');
  console.log('\nagreement of script and transcript (smallest of 20 hearings, largest for the other scripts)');
  for (const misheard of [0.08, 0.25, 0.4, 0.55]) {
    const hearing: Hearing = { ...usual, missed: misheard / 2, misheard };
    let least = 1;
    for (const film of stories) {
      const speech = await speak(film);
      for (const seed of seeds(SEEDS))
        least = Math.min(least, alignWords(request(film, speech, hear(film, speech, hearing, seed))).agreement);
    }
    console.log(`  right script, ${Math.round(misheard * 150)} % of words missed or misheard: ${least.toFixed(2)}`);
  }
  let most = 0;
  for (const film of corpus.filter(({ script }) => script.join('').length > 40)) {
    const speech = await speak(film);
    for (const other of corpus.filter(
      (candidate) => candidate.language === film.language && !overlaps(candidate, film),
    )) {
      const { agreement } = alignWords(
        request({ ...film, script: [other.script.join(' ')] }, speech, hear(film, speech, usual, 1)),
      );
      most = Math.max(most, agreement);
    }
  }
  console.log(`  another script of the same language: ${most.toFixed(2)}\n`);
}

/** Whether one film says a sentence of the other, so that they are not two different films. */
const overlaps = (a: CaptionCase, b: CaptionCase): boolean =>
  sentences(a).some((sentence) => sentences(b).includes(sentence));
const sentences = ({ script, said }: CaptionCase): readonly string[] =>
  [...script, ...(said ?? [])]
    .join(' ')
    .split(/[.?!,:。，]\s*/u)
    .filter((sentence) => sentence.length > 20);
