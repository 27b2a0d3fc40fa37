/** Tells a little film about any theme, in blocks that can be said in their time. */
import { cleanText, speakable } from '../../core/captions/index.ts';
import { type Narrative, narrativeFor } from './narratives/index.ts';
import { PALETTES } from './palettes.ts';
import { choose, seeded, shuffle } from './random.ts';
import { isSpaced } from './words.ts';

export interface WrittenBlock {
  readonly dialogue: string;
  /** English. */
  readonly visual: string;
  readonly continuity: string;
}

export interface ScriptOrder {
  readonly theme: string;
  /** BCP 47. */
  readonly language: string;
  readonly blocks: readonly { readonly block: number; readonly seconds: number }[];
  readonly style?: string | undefined;
  readonly seed: unknown;
}

/** A voice begins late and ends early, so that a block has room to breathe. */
const BREATH_SECONDS = 0.9;
const WORDS_PER_SECOND = 2.3;
const MAX_THEME_LENGTH = 60;
const LOOK_AHEAD = 4;

const SHOTS = [
  'Slow aerial shot over layered hills under a wide sky',
  'Close shot of light moving across a quiet landscape',
  'Wide shot of a valley opening behind dark firs',
  'Steady tracking shot along a ridge, the sun low ahead',
  'Low shot from the valley floor up into the drifting light',
  'Long shot of distant hills in haze, shadows passing',
] as const;

export function writeScript(order: ScriptOrder): { readonly title: string; readonly blocks: readonly WrittenBlock[] } {
  const random = seeded('script', order.seed, order.theme, order.language);
  const theme = sayableTheme(order.theme, order.language);
  const palette = choose(random, PALETTES).name;
  const lines = writeDialogues(order, theme, random);
  const shots = shuffle(random, SHOTS);
  const continuity = `The same landscape of hills in the light of a ${palette}, one calm narrator off screen, unhurried camera.`;
  const about = cleanText(order.theme)
    .replace(/["“”„«»*_`#>]/g, '')
    .slice(0, 200)
    .trim();
  return {
    title: theme.slice(0, 100) || 'A short film',
    blocks: lines.map((dialogue, i) => ({
      dialogue,
      visual: [`${shots[i % shots.length]}, ${palette} colours`, about && `evoking the theme: ${about}`, order.style]
        .filter((part) => part !== undefined && part !== '')
        .join('; '),
      continuity,
    })),
  };
}

/** The same length of speech about nothing that anybody could object to. */
export function soften(order: { readonly language: string; readonly seconds: number; readonly seed: unknown }): string {
  const random = seeded('soften', order.seed, order.language);
  const narrative = narrativeFor(order.language);
  return fill(shuffle(random, narrative.develop), order.seconds, order.language);
}

function writeDialogues({ language, blocks }: ScriptOrder, theme: string, random: () => number): string[] {
  const narrative = narrativeFor(language);
  const opening = choose(random, /[?？؟]$/.test(theme) ? narrative.question : narrative.topic);
  const payoff = choose(random, narrative.payoff);
  const story = development(narrative, blocks.length, random);
  return blocks.map(({ seconds }, i) => {
    const first = i === 0 ? [hook(opening, theme, seconds, language)] : [];
    if (i < blocks.length - 1) return tell(first, story, [], seconds, language);
    return tell(
      first,
      story.filter((sentence) => sentence !== narrative.again),
      [payoff],
      seconds,
      language,
    );
  });
}

/** The theme's own words lead, as far as they can be said in time. */
function hook(opening: string, theme: string, seconds: number, language: string): string {
  for (let words = theme; words !== ''; words = shorter(words, language)) {
    const line = opening.replace('{theme}', words);
    if (fits(line, seconds, language)) return line;
  }
  return opening.replace(/^\{theme\}[\s:：，。,]*/u, '').trim();
}

/** The sentences between hook and pay-off, in their order, as many as could be needed. */
function development({ develop, again }: Narrative, blocks: number, random: () => number): string[] {
  const wanted = Math.min(develop.length, blocks * 3);
  const kept = new Set(
    shuffle(
      random,
      develop.map((_, i) => i),
    ).slice(0, wanted),
  );
  const sentences = develop.filter((_, i) => kept.has(i));
  while (sentences.length < blocks * 4) sentences.push(again, ...shuffle(random, develop));
  return sentences;
}

/** Takes from `story` what fits between `first` and `last`; a sentence that is too long waits for the next block. */
function tell(
  first: readonly string[],
  story: string[],
  last: readonly string[],
  seconds: number,
  language: string,
): string {
  const middle: string[] = [];
  for (;;) {
    const index = story
      .slice(0, LOOK_AHEAD)
      .findIndex((next) => fits(say([...first, ...middle, next, ...last], language), seconds, language));
    if (index < 0) break;
    middle.push(...story.splice(index, 1));
  }
  const said = say([...first, ...middle, ...last], language);
  if (said !== '' && fits(said, seconds, language)) return said;
  return first[0] ?? last[0] ?? story.shift() ?? said;
}

const fill = (sentences: readonly string[], seconds: number, language: string): string =>
  tell([], [...sentences], [], seconds, language);

const say = (sentences: readonly string[], language: string): string =>
  sentences.join(/^(ja|zh|yue)\b/i.test(language) ? '' : ' ');

function fits(text: string, seconds: number, language: string): boolean {
  const room = seconds - BREATH_SECONDS;
  const words = isSpaced(language) ? text.split(/\s+/u).length : 0;
  return words <= seconds * WORDS_PER_SECOND && speakable(text, language, room).ok;
}

/** The theme as something that is said: no marks, no links, not endless. */
export function sayableTheme(theme: string, language: string): string {
  let words = cleanText(theme)
    .replace(/https?:\/\/\S+/g, '')
    .replace(/["“”„«»*_`#<>[\](){}|\\]/g, ' ')
    .replace(/\p{Extended_Pictographic}/gu, ' ')
    .replace(/\s+/g, ' ')
    .replace(/[.!。！…:;,\s-]+$/u, '')
    .replace(/^[-–—\s]+/u, '')
    .trim();
  while ([...words].length > MAX_THEME_LENGTH) words = shorter(words, language);
  return /[\p{L}\p{N}]/u.test(words) ? words : '';
}

/** Without its last word. */
function shorter(text: string, language: string): string {
  const words = [...new Intl.Segmenter(language, { granularity: 'word' }).segment(text)].map((part) => part.segment);
  return words
    .slice(0, -1)
    .join('')
    .replace(/[\s,;:–—-]+$/u, '');
}
