import type { GenerateContentConfig, GenerateContentResponse } from '@google/genai';
import type { LanguageModel } from '../../core/ports.ts';
import { type GoogleOptions, type LazyClient, lazyClient } from './client.ts';
import { readAnswer, truncated, type Usage, usageOf } from './gemini-answer.ts';
import { defaultTextModel, type TextModel, type ThinkingLevel, textModel } from './models.ts';
import { repeat } from './retry.ts';
import { priceOn, type TextModelOverride } from './text-models.ts';
import { thinkingConfig } from './thinking.ts';
import { oneRequest } from './transport.ts';

export interface GeminiOptions extends GoogleOptions {
  /** Facts that differ from the registry's: prices, thinking style, output limit. */
  readonly model?: TextModelOverride;
  /** How long the model thinks: a level, or a budget in tokens; translated to what its generation understands. @default 'low' */
  readonly thinking?: ThinkingLevel | number;
  /** Room for thinking and answer together; doubled once where the answer did not fit. @default 16_384 */
  readonly maxOutputTokens?: number;
  /** @default the model's own; deprecated by Google from Gemini 3.6 on */
  readonly temperature?: number;
  /** One request's own timeout. @default 120_000 */
  readonly timeoutMs?: number;
  /** Attempts for what may pass (5xx, network, malformed answers), the first included. @default 3 */
  readonly maxAttempts?: number;
  /** Pause before the second attempt, doubled for each further one. @default 500 */
  readonly retryDelayMs?: number;
}

type Request = Parameters<LanguageModel['generate']>[0];

/**
 * A Gemini model that writes JSON. It asks the Gemini API or Vertex AI, repeats what may pass and tells apart why an answer is none.
 * Throws `prompt-blocked`, `answer-refused` (refused), `rate-limited` (throttled), `answer-truncated`, `model-retired` (permanent) …
 */
export function gemini(modelId: string = defaultTextModel, options: GeminiOptions = {}): LanguageModel {
  const model = textModel(modelId, options.model);
  let client: LazyClient | undefined;
  const connect = () => {
    client ??= lazyClient(options, 'either', 'global');
    return client;
  };
  return {
    id: model.id,
    priceDate: model.asOf,
    price: ({ input, output }) => {
      const { inputUsd, outputUsd } = priceOn(model, new Date().toISOString().slice(0, 10));
      // Dollars per million tokens are micro-dollars per token.
      return Math.ceil(input * inputUsd + output * outputUsd);
    },
    generate: async (request) => {
      const asker: Asker = { client: connect(), model, options, request, spent: { input: 0, output: 0 } };
      return repeat(() => generate(asker), {
        repeats: (options.maxAttempts ?? 3) - 1,
        withinMs: 3 * (options.timeoutMs ?? 120_000),
        firstDelayMs: options.retryDelayMs ?? 500,
        signal: request.signal,
      });
    },
  };
}

/** One call of the port, over all of its attempts. */
interface Asker {
  readonly client: LazyClient;
  readonly model: TextModel;
  readonly options: GeminiOptions;
  readonly request: Request;
  /** Tokens of every answer so far: the useless ones are paid for as well. */
  spent: Usage;
}

async function generate(asker: Asker) {
  const { model, options } = asker;
  const room = Math.min(options.maxOutputTokens ?? 16_384, model.maxOutputTokens);
  let response = await ask(asker, room);
  if (truncated(response) && room < model.maxOutputTokens) {
    response = await ask(asker, Math.min(room * 2, model.maxOutputTokens));
  }
  return { ...readAnswer(response, asker.spent), usage: asker.spent };
}

async function ask(asker: Asker, room: number): Promise<GenerateContentResponse> {
  const { client, model, options, request } = asker;
  const limits = { timeoutMs: options.timeoutMs ?? 120_000, signal: request.signal, model, continues: true };
  const response = await oneRequest(client, limits, (ai, { httpOptions, signal }) => {
    const config: GenerateContentConfig = {
      systemInstruction: request.instructions,
      responseMimeType: 'application/json',
      responseJsonSchema: request.schema,
      maxOutputTokens: room,
      thinkingConfig: thinkingConfig(options.thinking ?? 'low', model.thinking),
      httpOptions,
      abortSignal: signal,
      ...(options.temperature === undefined ? {} : { temperature: options.temperature }),
      ...(request.seed === undefined ? {} : { seed: request.seed }),
    };
    return ai.models.generateContent({ model: model.id, contents: request.input, config });
  });
  asker.spent = sum(asker.spent, usageOf(response));
  return response;
}

const sum = (a: Usage, b: Usage): Usage => ({ input: a.input + b.input, output: a.output + b.output });
