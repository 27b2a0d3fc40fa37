/** What `create` is given, checked and completed. Pure. */
import { captionStyle, isKnownLanguage } from './captions/index.ts';
import { badInput } from './errors.ts';
import type { Json } from './json.ts';
import { DEFAULT_MAX_SECONDS, defaultChaining, planBlocks } from './plan.ts';
import type { AspectRatio, Chaining, Resolution, VideoModel } from './ports.ts';
import { checkScript } from './script.ts';
import type { FilmInput, FilmState, ScriptBlock } from './state.ts';

/** What a film is asked for with. */
export interface CreateInput {
  /** What the film is about: 1 to 2,000 characters. Required unless a script is given. */
  readonly theme?: string;
  /** A script of one's own: as many blocks as the plan has (see `estimate`); no language model is asked. */
  readonly script?: { readonly title?: string; readonly blocks: readonly ScriptBlock[] };
  /** @default made: `video_YYYYMMDD_HHMMSS_` and a random part */
  readonly videoId?: string;
  /** The plan's own length, at least this, is what is made. @default 36 */
  readonly durationSeconds?: number;
  /** BCP 47. @default 'en' */
  readonly language?: string;
  /** How it should look and sound, for the script and the pictures: at most 1,000 characters. */
  readonly style?: string;
  /** @default '9:16' */
  readonly aspectRatio?: AspectRatio;
  /** @default '720p' */
  readonly resolution?: Resolution;
  /** Given to the vendors: the same one asks for the same script and pictures. */
  readonly seed?: number;
  /** @default the model's own way */
  readonly chaining?: Chaining;
  /** Waits for `approve` before anything is filmed. @default false */
  readonly approval?: boolean;
  /** A preset's name, a preset with changes, or false for none. @default 'active' */
  readonly captions?: string | false | { readonly preset?: string; readonly options?: Readonly<Record<string, Json>> };
  /** Cuts to `durationSeconds` at a pause. @default false */
  readonly trim?: boolean;
  /** Who pays: budgets per day and `list` go by it. */
  readonly owner?: string;
  /** Strings of yours to find the film by: at most 20, names of letters, digits, `-` and `_`. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The most that this film may cost. @default 1.5 × its estimate */
  readonly maxUsd?: number;
}

const MAX_THEME = 2000;
const MAX_STYLE = 1000;
// Tabs and line breaks are text; everything else below U+0020, DEL, C1 and the bidirectional overrides is not.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
const OWNER = /^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$/;
const METADATA_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

function checkText(what: string, value: unknown, maxLength: number): string {
  if (typeof value !== 'string' || value.trim() === '') {
    throw badInput(
      `invalid-${what}`,
      `The ${what} is empty.`,
      `Give ${what} as a text of 1 to ${maxLength} characters.`,
    );
  }
  if (value.length > maxLength) {
    throw badInput(`invalid-${what}`, `The ${what} has ${value.length} characters.`, `Keep it to ${maxLength}.`);
  }
  if (CONTROL.test(value)) {
    throw badInput(`invalid-${what}`, `The ${what} has control characters.`, 'Remove them; line breaks are fine.');
  }
  return value.trim();
}

function checkLanguage(language: string): string {
  if (typeof language === 'string' && isKnownLanguage(language))
    return Intl.getCanonicalLocales(language)[0] ?? language;
  throw badInput(
    'unknown-language',
    `'${language}' is no language that we know.`,
    "Give a BCP 47 tag such as 'en', 'fr' or 'pt-BR'.",
  );
}

function oneOf<T extends string>(what: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  throw badInput(
    `unsupported-${what}`,
    `This video model does not make ${value}.`,
    `Choose one of: ${allowed.join(', ')}.`,
  );
}

function checkOwner(owner: string): string {
  if (OWNER.test(owner)) return owner;
  throw badInput(
    'invalid-owner',
    'An owner is 1 to 128 letters, digits and _ . @ -.',
    'Give an id rather than a name.',
  );
}

function checkMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(metadata);
  const isFine = entries.every(
    ([name, value]) => METADATA_NAME.test(name) && typeof value === 'string' && value.length <= 500,
  );
  if (entries.length <= 20 && isFine) return metadata;
  throw badInput(
    'invalid-metadata',
    'Metadata are at most 20 named strings.',
    'Names: letters, digits, - and _; values: at most 500 characters.',
  );
}

function checkSeed(seed: number): number {
  if (Number.isSafeInteger(seed) && seed >= 0 && seed <= 0xffff_ffff) return seed;
  throw badInput('invalid-seed', `${seed} is no seed.`, 'Give a whole number from 0 to 4294967295.');
}

export function checkUsd(what: string, usd: number): number {
  if (Number.isFinite(usd) && usd > 0 && usd <= 1_000_000) return usd;
  throw badInput('invalid-price', `${what} of ${usd} is no amount.`, 'Give US dollars above 0.');
}

function captionsOf(captions: CreateInput['captions']): FilmInput['captions'] {
  if (captions === false) return false;
  const { preset = 'active', options } = typeof captions === 'string' ? { preset: captions } : { ...captions };
  captionStyle(preset, options);
  return options === undefined ? { preset } : { preset, options };
}

const optional = <K extends string, V>(key: K, value: V | undefined): { readonly [Key in K]?: V } =>
  value === undefined ? {} : ({ [key]: value } as { readonly [Key in K]?: V });

/** Throws `badInput` errors: `invalid-theme`, `unknown-language`, `unsupported-resolution` … */
export function checkInput(input: CreateInput, model: VideoModel): FilmInput {
  const theme =
    input.theme === undefined && input.script
      ? (input.script.title ?? 'A film')
      : checkText('theme', input.theme, MAX_THEME);
  const { limits } = model;
  return {
    theme,
    durationSeconds: input.durationSeconds ?? 36,
    language: checkLanguage(input.language ?? 'en'),
    aspectRatio: oneOf('aspect-ratio', input.aspectRatio ?? '9:16', limits.aspectRatios),
    resolution: oneOf('resolution', input.resolution ?? '720p', limits.resolutions),
    chaining: input.chaining ?? defaultChaining(limits),
    approval: input.approval ?? false,
    captions: captionsOf(input.captions),
    trim: input.trim ?? false,
    metadata: checkMetadata(input.metadata ?? {}),
    ...optional('script', input.script),
    ...optional('style', input.style === undefined ? undefined : checkText('style', input.style, MAX_STYLE)),
    ...optional('seed', input.seed === undefined ? undefined : checkSeed(input.seed)),
    ...optional('owner', input.owner === undefined ? undefined : checkOwner(input.owner)),
    ...optional('maxUsd', input.maxUsd === undefined ? undefined : checkUsd('maxUsd', input.maxUsd)),
  };
}

export function planOf(input: FilmInput, model: VideoModel, maxSeconds = DEFAULT_MAX_SECONDS) {
  return planBlocks(input.durationSeconds, model.limits, { chaining: input.chaining, maxSeconds });
}

/** A person's own script, held to the same rules as a written one. */
export const ownScript = (film: FilmState) =>
  film.input.script === undefined ? undefined : checkScript(film.input.script as unknown as Json, film);
