import type { HeardSegment } from '../ports.ts';
import { likeness } from './align.ts';
import { hesitations } from './contractions.ts';
import { isDoubtful } from './heard.ts';
import { isMatch, type Pair } from './match.ts';
import type { HeardUnit, WrittenUnit } from './units.ts';

/** A unit that will be shown, at its time. */
export interface Placed {
  readonly unit: WrittenUnit | HeardUnit;
  readonly startMs: number;
  readonly endMs: number;
  readonly source: 'aligned' | 'interpolated' | 'heard';
  readonly likeness: number;
  /** What it was heard as. */
  readonly said?: HeardUnit;
}

export interface Placement {
  readonly placed: readonly Placed[];
  readonly unsaid: readonly WrittenUnit[];
}

interface Gap {
  readonly written: readonly WrittenUnit[];
  readonly heard: readonly HeardUnit[];
  /** End of the match before and start of the one after. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

interface Pace {
  /** Milliseconds per letter in a block; another block's never change it. */
  readonly msPerLetter: (block: number) => number;
  /** Units that a transcriber may plausibly miss or garble in one go. */
  readonly longestSlip: number;
  readonly matched: ReadonlySet<HeardSegment>;
  /** Blocks in which somebody speaks. */
  readonly spoken: ReadonlySet<number>;
}

const USUAL_MS_PER_LETTER = 65;
const MS_PER_CHARACTER = 180;
const WORDS_OF_A_SLIP = 4;
const CHARACTERS_OF_A_SLIP = 8;
/** Missed words need this share of the time that they take; else they were not said. */
const LEAST_ROOM = 0.5;
/** Between the letters written and heard in the same place, if one is to be the other misheard. */
const SAME_PLACE = { least: 0.5, most: 2.2 };
/** An unmatched word farther from any match stands alone, milliseconds. */
const ALONE = 700;

/** Where each unit goes: matches at their heard times; what is between two matches by `fill`. */
export function place(pairs: readonly Pair[], byCharacter: boolean): Placement {
  const pace = paceOf(pairs, byCharacter);
  const placed: Placed[] = [];
  const unsaid: WrittenUnit[] = [];
  let written: WrittenUnit[] = [];
  let heard: HeardUnit[] = [];
  let fromMs: number | undefined;
  const close = (toMs: number | undefined) => {
    const filled = fill({ written, heard, fromMs, toMs }, pace);
    placed.push(...filled.placed);
    unsaid.push(...filled.unsaid);
    written = [];
    heard = [];
  };
  for (const pair of pairs) {
    if (!isMatch(pair)) {
      written.push(...pair.written);
      heard.push(...pair.heard);
      continue;
    }
    close(pair.heard[0]?.startMs);
    placed.push(...together(pair.written, pair.heard, pair.likeness));
    fromMs = pair.heard.at(-1)?.endMs;
  }
  close(undefined);
  return { placed, unsaid };
}

const letters = (units: readonly { readonly bare: string }[]): number =>
  units.reduce((sum, { bare }) => sum + bare.length, 0);

/** Letters as spelt out: `3,5` is as long as its words. */
const spokenLetters = (units: readonly { readonly forms: readonly string[] }[]): number =>
  units.reduce((sum, { forms }) => sum + Math.max(...forms.map((form) => form.length)), 0);

function paceOf(pairs: readonly Pair[], byCharacter: boolean): Pace {
  const matches = pairs.filter(isMatch);
  const usual = byCharacter ? MS_PER_CHARACTER : USUAL_MS_PER_LETTER;
  const msPerLetter = (block: number): number => {
    const paces = matches
      .filter(({ written }) => written[0]?.word.block === block)
      .map(({ heard }) => ((heard.at(-1)?.endMs ?? 0) - (heard[0]?.startMs ?? 0)) / Math.max(1, letters(heard)))
      .sort((one, other) => one - other);
    return paces[Math.floor(paces.length / 2)] ?? usual;
  };
  return {
    msPerLetter,
    longestSlip: byCharacter ? CHARACTERS_OF_A_SLIP : WORDS_OF_A_SLIP,
    matched: new Set(matches.flatMap(({ heard }) => heard.flatMap(({ word }) => word.segment ?? []))),
    spoken: new Set(matches.flatMap(({ written }) => written.map(({ word }) => word.block))),
  };
}

/** Several units in the time of what was heard for them: one for one where the numbers agree, else by letters. */
function together(written: readonly WrittenUnit[], heard: readonly HeardUnit[], alike: number): readonly Placed[] {
  const said = heard[0];
  const last = heard.at(-1);
  if (said === undefined || last === undefined) return [];
  if (written.length === heard.length)
    return written.map((unit, index) => {
      const { startMs, endMs } = heard[index] ?? said;
      return { unit, startMs, endMs, source: 'aligned', likeness: alike, said: heard[index] ?? said };
    });
  return spread(written, said.startMs, last.endMs).map((part) => ({
    ...part,
    source: 'aligned',
    likeness: alike,
    said,
  }));
}

function spread(written: readonly WrittenUnit[], fromMs: number, toMs: number) {
  const all = letters(written);
  let before = 0;
  return written.map((unit) => {
    const startMs = fromMs + ((toMs - fromMs) * before) / all;
    before += unit.bare.length;
    return { unit, startMs, endMs: fromMs + ((toMs - fromMs) * before) / all };
  });
}

/** What is shown between two matches: the audio decides; the script only spells what could be it. */
function fill(gap: Gap, pace: Pace): Placement {
  const { written } = gap;
  const heard = gap.heard.filter((unit) => isBelievable(unit, gap, pace));
  const added = (): readonly Placed[] =>
    heard.map((unit) => {
      const { startMs, endMs } = unit;
      return { unit, startMs, endMs, source: 'heard', likeness: 1, said: unit };
    });
  if (written.length === 0) return { placed: added(), unsaid: [] };
  const slip = written.length <= pace.longestSlip;
  if (heard.length > 0 && slip) {
    const ratios = [letters(written) / letters(heard), spokenLetters(written) / spokenLetters(heard)];
    if (ratios.some((ratio) => ratio >= SAME_PLACE.least && ratio <= SAME_PLACE.most)) {
      const alike = likeness(text(written), text(heard));
      return { placed: together(written, heard, alike), unsaid: [] };
    }
  }
  const missed = slip && heard.length === 0 && written.every(({ word }) => pace.spoken.has(word.block));
  const needed = letters(written) * pace.msPerLetter(written[0]?.word.block ?? 0);
  const room = missed ? roomFor(gap, needed) : undefined;
  if (room === undefined) return { placed: added(), unsaid: written };
  const guessed = spread(written, room.fromMs, room.toMs).map(
    (part): Placed => ({ ...part, source: 'interpolated', likeness: 0 }),
  );
  return { placed: guessed, unsaid: [] };
}

const text = (units: readonly { readonly bare: string }[]): string => units.map(({ bare }) => bare).join('');

const SENTENCE_PAUSE = 250;
const SENTENCE_END = /[.!?…。！？।؟]\P{L}*$/u;

/** The stretch for words that the transcriber missed: as long as they take, at the neighbour that they belong to. */
function roomFor({ written, fromMs, toMs }: Gap, needed: number): { fromMs: number; toMs: number } | undefined {
  const first = written[0];
  const last = written.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const pause = SENTENCE_END.test(last.word.text) ? SENTENCE_PAUSE : 0;
  const from = fromMs ?? Math.max(first.word.fromMs, (toMs ?? 0) - needed - pause);
  const to = toMs ?? Math.min(last.word.toMs, from + needed);
  if (to - from < needed * LEAST_ROOM) return undefined;
  const taken = Math.min(needed, to - from);
  const endsSentence = SENTENCE_END.test(last.word.text);
  return endsSentence || (fromMs === undefined) === (toMs === undefined)
    ? { fromMs: from, toMs: from + taken }
    : { fromMs: to - taken, toMs: to };
}

/** Heard, not written: kept where the segment is sound; music put into words stands alone in a doubtful one. */
function isBelievable({ word, startMs, endMs }: HeardUnit, gap: Gap, pace: Pace): boolean {
  if (hesitations.has(word.bare)) return false;
  const { segment } = word;
  if (segment === undefined) {
    const near = (at: number | undefined, own: number) => at !== undefined && Math.abs(at - own) < ALONE;
    return near(gap.fromMs, startMs) || near(gap.toMs, endMs);
  }
  return pace.matched.has(segment) || !isDoubtful(segment);
}
