import { hi, ja, ko, th, zh } from './asian.ts';
import { de, en, nl } from './germanic.ts';
import { ar, he, tr } from './middle-eastern.ts';
import { es, fr, it, pt } from './romance.ts';
import { pl, ru, uk } from './slavic.ts';
import type { Narrative } from './types.ts';

export type { Narrative } from './types.ts';

const NARRATIVES: Readonly<Record<string, Narrative>> = {
  ...{ ar, de, en, es, fr, he, hi, it, ja, ko, nl, pl, pt, ru, th, tr, uk, zh },
};

/** The sentences of a language; English where there are none. */
export const narrativeFor = (language: string): Narrative =>
  NARRATIVES[language.toLowerCase().split('-')[0] ?? ''] ?? en;
