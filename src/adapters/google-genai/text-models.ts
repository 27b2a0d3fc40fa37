import { badInput } from '../../core/errors.ts';

/** How long a model thinks, from hardly at all to as long as it can. */
export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';

/** Gemini up to 2.5 is told how long to think in tokens. */
export interface ThinkingBudget {
  /** Which of the two it is. */
  readonly by: 'budget';
  /** The least that the model takes; 0 turns thinking off. */
  readonly min: number;
  /** The most that it takes. */
  readonly max: number;
}

/** Gemini 3 and later are told a level. */
export interface ThinkingLevels {
  /** Which of the two it is. */
  readonly by: 'level';
  /** Those that the model knows, ascending. */
  readonly levels: readonly ThinkingLevel[];
}

/** How a model is told how long to think. */
export type ThinkingStyle = ThinkingBudget | ThinkingLevels;

/** Dollars per million tokens; thinking counts as output. */
export interface TokenPrice {
  /** ISO date from which this price holds. */
  readonly from: string;
  /** Per million tokens that are read. */
  readonly inputUsd: number;
  /** Per million tokens that are thought or written. */
  readonly outputUsd: number;
}

/** What is known about a text model. */
export interface TextModel {
  /** The id that the API takes. */
  readonly id: string;
  /** Ascending by date; the last one whose date has come holds. */
  readonly prices: readonly TokenPrice[];
  /** ISO date on which the prices were read. */
  readonly asOf: string;
  /** How it is told how long to think. */
  readonly thinking: ThinkingStyle;
  /** The most that an answer may have, thinking included. */
  readonly maxOutputTokens: number;
  /** ISO date from which the model may be gone. */
  readonly retiresOn?: string;
  /** The id that follows it. */
  readonly successor?: string;
}

const always = (inputUsd: number, outputUsd: number): readonly TokenPrice[] => [
  { from: '2025-01-01', inputUsd, outputUsd },
];
const launchOffer: readonly TokenPrice[] = [
  { from: '2026-01-01', inputUsd: 0.75, outputUsd: 3.75 },
  { from: '2027-01-01', inputUsd: 1.5, outputUsd: 7.5 },
];
const lowToHigh: ThinkingStyle = { by: 'level', levels: ['low', 'medium', 'high'] };
const allLevels: ThinkingStyle = { by: 'level', levels: ['minimal', 'low', 'medium', 'high'] };

/**
 * What is known about Gemini's text models. Prices are the Gemini API's paid tier for prompts up to 200,000 tokens, as
 * reported from ai.google.dev/gemini-api/docs/pricing; retirement dates are those of Vertex AI.
 */
export const textModels: readonly TextModel[] = [
  { id: 'gemini-3.8-flash', prices: launchOffer, asOf: '2026-10-07', thinking: lowToHigh, maxOutputTokens: 65_536 },
  {
    id: 'gemini-3.7-flash',
    prices: launchOffer,
    asOf: '2026-09-20',
    thinking: lowToHigh,
    maxOutputTokens: 65_536,
    retiresOn: '2027-01-28',
    successor: 'gemini-3.8-flash',
  },
  { id: 'gemini-3.5-flash', prices: always(1.5, 9), asOf: '2026-09-20', thinking: allLevels, maxOutputTokens: 65_536 },
  {
    id: 'gemini-3-flash-preview',
    prices: always(0.5, 3),
    asOf: '2026-07-04',
    thinking: allLevels,
    maxOutputTokens: 65_536,
    successor: 'gemini-3.8-flash',
  },
  {
    id: 'gemini-2.5-pro',
    prices: always(1.25, 10),
    asOf: '2026-07-04',
    thinking: { by: 'budget', min: 128, max: 32_768 },
    maxOutputTokens: 65_536,
    retiresOn: '2026-10-20',
    successor: 'gemini-3.8-flash',
  },
  {
    id: 'gemini-2.5-flash',
    prices: always(0.3, 2.5),
    asOf: '2026-07-04',
    thinking: { by: 'budget', min: 0, max: 24_576 },
    maxOutputTokens: 65_536,
    retiresOn: '2026-10-20',
    successor: 'gemini-3.8-flash',
  },
];

/** Google's named successor of the retired gemini-2.5-pro. */
export const defaultTextModel = 'gemini-3.8-flash';

export type TextModelOverride = Partial<Omit<TextModel, 'id'>>;

/** The registry's entry for an id, with the host's own facts on top; throws `model-unknown` where prices are missing. */
export function textModel(id: string, override: TextModelOverride = {}): TextModel {
  const known = textModels.find((model) => model.id === id);
  const { prices, asOf } = { ...known, ...override };
  if (prices?.length && asOf) {
    const base = { thinking: thinkingByGeneration(id), maxOutputTokens: 65_536, ...known };
    return { ...base, ...override, id, prices, asOf };
  }
  throw badInput(
    'model-unknown',
    `Nothing is known about the text model ${id}.`,
    'Use one of the registry (textModels), or pass model: { prices, asOf } with its price per million tokens.',
  );
}

/** An unknown id still says its generation. */
function thinkingByGeneration(id: string): ThinkingStyle {
  const generation = Number(/^gemini-(\d+)/.exec(id)?.[1] ?? 3);
  return generation < 3 ? { by: 'budget', min: 128, max: 24_576 } : lowToHigh;
}

/** The price that holds on a day (ISO date). */
export function priceOn(model: TextModel, day: string): TokenPrice {
  const [first, ...later] = model.prices;
  if (!first) throw badInput('model-unknown', `The text model ${model.id} has no price.`, 'Pass model: { prices }.');
  return later.reduce((held, price) => (price.from <= day ? price : held), first);
}
