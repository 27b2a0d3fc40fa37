import { badInput } from '../../core/errors.ts';

export type ThinkingLevel = 'minimal' | 'low' | 'medium' | 'high';

/** How a model is told how long to think: tokens up to Gemini 2.5, a level from Gemini 3 on. */
export type ThinkingStyle =
  | { readonly by: 'budget'; readonly min: number; readonly max: number }
  | { readonly by: 'level'; readonly levels: readonly ThinkingLevel[] };

/** Dollars per million tokens; thinking counts as output. */
export interface TokenPrice {
  /** ISO date from which this price holds. */
  readonly from: string;
  readonly inputUsd: number;
  readonly outputUsd: number;
}

export interface TextModel {
  readonly id: string;
  /** Ascending by date; the last one whose date has come holds. */
  readonly prices: readonly TokenPrice[];
  /** ISO date on which the prices were read. */
  readonly asOf: string;
  readonly thinking: ThinkingStyle;
  readonly maxOutputTokens: number;
  /** ISO date from which the model may be gone, and what follows it. */
  readonly retiresOn?: string;
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
