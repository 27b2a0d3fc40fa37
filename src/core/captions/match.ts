import { type AlignmentProblem, align, likeness } from './align.ts';
import type { HeardUnit, WrittenUnit } from './units.ts';

/** Script units that were said as heard units; one side is empty where there is nothing to pair. */
export interface Pair {
  readonly written: readonly WrittenUnit[];
  readonly heard: readonly HeardUnit[];
  /** 0 to 1. */
  readonly likeness: number;
}

/** A match and not just two words at the same place. */
export const isMatch = (pair: Pair): boolean => pair.likeness >= MATCH;
const MATCH = 0.5;

/** A block's words may be said this much outside its time, milliseconds: transcribers' times are that loose. */
const SLACK = 2000;
const WORD_MERGES = [
  [1, 1],
  [1, 2],
  [2, 1],
  [1, 3],
  [3, 1],
  [2, 2],
  [1, 4],
  [4, 1],
  [1, 5],
  [5, 1],
  [1, 6],
  [6, 1],
  [1, 7],
  [7, 1],
  [1, 8],
  [8, 1],
  [1, 9],
  [9, 1],
] as const;
/** From here on only a number takes so many words. */
const NUMBERS_FROM = 4;
const FORMS_OF_SEVERAL = 4;

/** Pairs script and transcript, both in order. */
export function matchUnits(
  written: readonly WrittenUnit[],
  heard: readonly HeardUnit[],
  byCharacter: boolean,
): readonly Pair[] {
  const problem: AlignmentProblem = {
    scriptLength: written.length,
    heardLength: heard.length,
    merges: byCharacter ? [[1, 1]] : WORD_MERGES,
    likeness: (i, m, j, n) => groupLikeness(written, i, m, heard, j, n),
  };
  let i = 0;
  let j = 0;
  return align(problem).map((step) => {
    const pair = {
      written: written.slice(i, i + step.script),
      heard: heard.slice(j, j + step.heard),
      likeness: step.likeness,
    };
    i += step.script;
    j += step.heard;
    return pair;
  });
}

function groupLikeness(
  written: readonly WrittenUnit[],
  i: number,
  m: number,
  heard: readonly HeardUnit[],
  j: number,
  n: number,
): number | undefined {
  const first = written[i];
  const said = heard[j];
  if (first === undefined || said === undefined) return undefined;
  if (said.startMs < first.word.fromMs - SLACK || said.startMs > first.word.toMs + SLACK) return undefined;
  if (m === 1 && n === 1) return mostAlike(first.forms, said.forms);
  if (n >= NUMBERS_FROM && !first.numeric) return undefined;
  if (m >= NUMBERS_FROM && !said.numeric) return undefined;
  const together = mostAlike(joinedForms(written, i, m), joinedForms(heard, j, n));
  return together >= bestAlone(written.slice(i, i + m), heard.slice(j, j + n)) ? together : undefined;
}

/** How alike the best two of a group are by themselves: a word that is there already is not one half of another. */
function bestAlone(written: readonly WrittenUnit[], heard: readonly HeardUnit[]): number {
  let best = 0;
  for (const one of written) for (const other of heard) best = Math.max(best, mostAlike(one.forms, other.forms));
  return best;
}

type Sounds = readonly { readonly bare: string; readonly forms: readonly string[] }[];

/** The forms of several units said together; of each but a lone one only the first few. */
function joinedForms(units: Sounds, from: number, count: number): readonly string[] {
  const only = units[from];
  if (count === 1 && only !== undefined) return only.forms;
  const group = units.slice(from, from + count);
  if (count > 2) return [group.map(({ bare }) => bare).join('')];
  return group.reduce<readonly string[]>(
    (heads, { forms }) => heads.flatMap((head) => forms.slice(0, FORMS_OF_SEVERAL).map((form) => head + form)),
    [''],
  );
}

function mostAlike(a: readonly string[], b: readonly string[]): number {
  let most = 0;
  for (const one of a) {
    for (const other of b) {
      most = Math.max(most, likeness(one, other));
      if (most === 1) return 1;
    }
  }
  return most;
}
