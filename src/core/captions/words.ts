import type { HeardSegment, Transcript } from '../ports.ts';
import { type Credible, credibleWords, soundSegments } from './heard.ts';
import { isMatch, matchUnits, type Pair } from './match.ts';
import { type Placed, place } from './place.ts';
import { isUnspaced } from './script.ts';
import { tidyTimes } from './times.ts';
import { tokenise } from './tokens.ts';
import type { CaptionWord } from './types.ts';
import { type HeardUnit, heardUnits, type Written, writtenUnits } from './units.ts';

/** A block's dialogue and where in the film it is said. */
export interface SpokenBlock {
  /** 1-based. */
  readonly block: number;
  readonly dialogue: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface AlignRequest {
  /** In the film's order. */
  readonly blocks: readonly SpokenBlock[];
  readonly heard: Transcript;
  /** BCP 47. */
  readonly language: string;
  readonly durationMs: number;
}

export interface AlignedWords {
  readonly words: readonly CaptionWord[];
  /** Share of the script's letters that were heard, 0 to 1; 0 for an empty script. */
  readonly coverage: number;
  /** Share of all letters, written and heard, that the other side has as well, 0 to 1: what decides between the two texts. */
  readonly agreement: number;
  /** Whose text the words have; `none` where nobody speaks. */
  readonly source: 'script' | 'transcription' | 'none';
  /** Heard words that are not shown because nobody said them: music, silence, a decoder's loop. */
  readonly dropped: number;
  /** The script's words that nobody said; empty unless `source` is `script`. */
  readonly unsaid: readonly string[];
}

/**
 * Below this share of letters that script and transcript have in common (Dice), the film says something else, and the captions follow the
 * film. Measured by `npm run bench -- captions`: the right script with 60 % of its words missed or misheard has at least 0.50, another
 * script of the same language at most 0.40.
 */
const MIN_AGREEMENT = 0.47;

/** The script's words at the times at which they were said; what was really said wins over what was written. */
export function alignWords(request: AlignRequest): AlignedWords {
  const { blocks, heard, language, durationMs } = request;
  const byCharacter = isUnspaced(language);
  const written = blocks.flatMap((block) => writtenIn(block, language));
  const said = credibleWords(
    heard,
    durationMs,
    written.map(({ bare }) => bare),
  );
  const nothing = {
    words: [],
    coverage: 0,
    agreement: 0,
    source: 'none',
    dropped: heard.words.length,
    unsaid: [],
  } as const;
  if (said.length === 0) return nothing;

  const units = heardUnits(said, language);
  const pairs = matchUnits(writtenUnits(written, language), units, byCharacter);
  const { coverage, agreement } = shareOf(pairs);
  if (agreement < MIN_AGREEMENT) return { ...transcribed(request, said, units), coverage, agreement };

  const lost = new Set(blocks.filter((block) => isLost(block, pairs)).map(({ block }) => block));
  const spoken = written.filter(({ block }) => !lost.has(block));
  const kept = lost.size === 0 ? pairs : matchUnits(writtenUnits(spoken, language), units, byCharacter);
  const { placed, unsaid } = place(kept, byCharacter);
  const words = tidyTimes(regroup(placed, blocks, byCharacter), durationMs);
  if (words.length === 0) return nothing;
  const gone = new Set(unsaid.map(({ word }) => word));
  const shown = new Set(placed.flatMap(({ said: unit }) => (unit === undefined ? [] : [unit.word])));
  return {
    words,
    coverage,
    agreement,
    source: 'script',
    dropped: heard.words.length - shownCount(shown, kept),
    unsaid: written.filter((word) => gone.has(word) || lost.has(word.block)).map(({ text }) => text),
  };
}

/** Heard words that have a part in what is shown, those merged into one script word included. */
function shownCount(shown: ReadonlySet<Credible>, pairs: readonly Pair[]): number {
  const all = new Set(shown);
  for (const pair of pairs) if (isMatch(pair)) for (const { word } of pair.heard) all.add(word);
  return all.size;
}

const writtenIn = ({ block, dialogue, fromMs, toMs }: SpokenBlock, language: string): readonly Written[] =>
  tokenise(dialogue, language).map((token) => ({ ...token, block, fromMs, toMs }));

/** Longer words weigh no more than this many letters, so that one misheard name does not outweigh a sentence. */
const WEIGHTIEST = 8;
const weight = (units: readonly { readonly bare: string }[]): number =>
  units.reduce((sum, { bare }) => sum + Math.min(WEIGHTIEST, bare.length), 0);

function shareOf(pairs: readonly Pair[]): { readonly coverage: number; readonly agreement: number } {
  const written = weight(pairs.flatMap((pair) => pair.written));
  const heard = weight(pairs.flatMap((pair) => pair.heard));
  const matches = pairs.filter(isMatch);
  const common = weight(matches.flatMap((pair) => pair.written));
  const both = common + weight(matches.flatMap((pair) => pair.heard));
  return {
    coverage: written === 0 ? 0 : common / written,
    agreement: written + heard === 0 ? 0 : both / (written + heard),
  };
}

/** A block among others that keep to the script is given up later: most scripts of another film share less than this. */
const MIN_BLOCK_AGREEMENT = 0.33;

/** With fewer words on either side nothing can be told. */
const LEAST_UNITS = 4;

/** A block in which something else is said. */
function isLost({ block, fromMs, toMs }: SpokenBlock, pairs: readonly Pair[]): boolean {
  const own = pairs.filter(({ written: [first], heard: [said] }) =>
    first === undefined
      ? said !== undefined && said.startMs >= fromMs && said.startMs < toMs
      : first.word.block === block,
  );
  const count = (pick: (pair: Pair) => readonly unknown[]) => own.reduce((sum, pair) => sum + pick(pair).length, 0);
  if (count((pair) => pair.written) < LEAST_UNITS || count((pair) => pair.heard) < LEAST_UNITS) return false;
  return shareOf(own).agreement < MIN_BLOCK_AGREEMENT;
}

/** The transcriber's own words; its segments have the punctuation and the capitals that its words lack. */
function transcribed(
  { blocks, heard, language, durationMs }: AlignRequest,
  said: readonly Credible[],
  units: readonly HeardUnit[],
): Omit<AlignedWords, 'coverage' | 'agreement'> {
  const byCharacter = isUnspaced(language);
  const segments = soundSegments(heard.segments);
  const written = segments.flatMap((segment) => writtenIn(asBlock(segment, blocks), language));
  const pairs = matchUnits(writtenUnits(written, language), units, byCharacter);
  const spelt = place(
    pairs.filter((pair) => isMatch(pair) || pair.written.length === 0),
    byCharacter,
  ).placed;
  const placed = shareOf(pairs).agreement < MIN_AGREEMENT ? units.map(asHeard) : spelt;
  const words = tidyTimes(regroup(placed, blocks, byCharacter), durationMs).map((word) => ({
    ...word,
    source: 'heard' as const,
  }));
  const source = words.length === 0 ? 'none' : 'transcription';
  return { words, source, dropped: heard.words.length - said.length, unsaid: [] };
}

const asBlock = ({ text, startMs, endMs }: HeardSegment, blocks: readonly SpokenBlock[]): SpokenBlock => ({
  block: blockAt(startMs, blocks),
  dialogue: text,
  fromMs: startMs,
  toMs: endMs,
});

const asHeard = (unit: HeardUnit): Placed => ({
  unit,
  startMs: unit.startMs,
  endMs: unit.endMs,
  source: 'heard',
  likeness: 1,
  said: unit,
});

const blockAt = (ms: number, blocks: readonly SpokenBlock[]): number =>
  (blocks.findLast(({ fromMs }) => ms >= fromMs) ?? blocks[0])?.block ?? 1;

/** Units back to words: a word's characters that stand side by side are one. */
function regroup(
  placed: readonly Placed[],
  blocks: readonly SpokenBlock[],
  byCharacter: boolean,
): readonly CaptionWord[] {
  const groups: Placed[][] = [];
  for (const item of placed) {
    const group = groups.at(-1);
    if (group !== undefined && group[0]?.unit.word === item.unit.word) group.push(item);
    else groups.push([item]);
  }
  const seen = new Set<object>();
  return groups.flatMap((group) => {
    const first = group[0];
    if (first === undefined || seen.has(first.unit.word)) return [];
    seen.add(first.unit.word);
    return [captionWord(group, first, blocks, byCharacter)];
  });
}

function captionWord(
  group: readonly Placed[],
  first: Placed,
  blocks: readonly SpokenBlock[],
  byCharacter: boolean,
): CaptionWord {
  const { word } = first.unit;
  const matched = group.find(({ source }) => source === 'aligned') ?? first;
  const startMs = Math.round(first.startMs);
  const written = 'block' in word;
  const joined = written ? word.joined : byCharacter && !/^\s*[\p{Script=Latin}\p{Nd}]/u.test(word.text);
  return {
    text: word.text.trim(),
    startMs,
    endMs: Math.max(startMs + 1, Math.round(group.at(-1)?.endMs ?? first.endMs)),
    source: matched.source,
    block: written ? word.block : blockAt(startMs, blocks),
    ...confidenceOf(group),
    ...(joined ? { joined: true as const } : {}),
  };
}

/** How sure: the transcriber's figure where it gives one, times how alike heard and written are. */
function confidenceOf(group: readonly Placed[]): Pick<CaptionWord, 'confidence' | 'confidenceSource'> {
  const said = group.find((item) => item.said !== undefined)?.said?.word;
  if (said === undefined) return {};
  const agreement = group.reduce((sum, item) => sum + item.likeness, 0) / group.length;
  const round = (value: number) => Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
  if (said.confidence !== undefined)
    return { confidence: round(said.confidence * agreement), confidenceSource: 'vendor' };
  const logProbability = said.segment?.averageLogProbability;
  if (logProbability !== undefined)
    return { confidence: round(Math.exp(logProbability) * agreement), confidenceSource: 'segment' };
  return { confidence: round(agreement), confidenceSource: 'agreement' };
}
