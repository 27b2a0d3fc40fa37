import { throwIfAborted } from '../../core/bytes.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { LanguageModel } from '../../core/ports.ts';

/** An answer, an error to throw, or what makes either from the request. */
export type FakeAnswer = Json | Error | ((request: Parameters<LanguageModel['generate']>[0]) => Json | Error);

/** A language model that keeps what it was asked. */
export interface FakeLlm extends LanguageModel {
  /** Every request that was made. */
  readonly requests: readonly Parameters<LanguageModel['generate']>[0][];
}

const LINES = ['Once there was a question.', 'Somebody went to look.', 'Then it became clear.', 'Now we all know.'];
/** Rough size of a token in English, characters. */
const TOKEN = 4;

/**
 * A language model with scripted answers, used in order. When they have run out it answers with what fits the schema: short English
 * lines for dialogue, plain words for any other text, lists of the least length.
 */
export function fakeLlm(options: { readonly answers?: readonly FakeAnswer[] } = {}): FakeLlm {
  const requests: Parameters<LanguageModel['generate']>[0][] = [];
  return {
    id: 'fake-llm',
    // Like Gemini 2.5 Flash, dollars per million tokens: 0.30 in, 2.50 out.
    price: ({ input, output }) => Math.round(input * 0.3 + output * 2.5),
    priceDate: '2026-11-23',
    requests,
    generate: async (request) => {
      throwIfAborted(request.signal);
      const scripted = options.answers?.[requests.length];
      requests.push(request);
      const answer = typeof scripted === 'function' ? scripted(request) : scripted;
      if (answer instanceof Error) throw answer;
      const value = structuredClone(answer ?? fitting(request.schema, 'answer', 0));
      const text = JSON.stringify(value);
      const input = Math.ceil((request.instructions.length + request.input.length) / TOKEN);
      return { value, text, usage: { input, output: Math.ceil(text.length / TOKEN) } };
    },
  };
}

/** A value that fits the schema; `name` is the property it is for, `index` its place in a list. */
function fitting(schema: JsonObject, name: string, index: number): Json {
  if (Array.isArray(schema.enum)) return schema.enum[0] as Json;
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Record<string, JsonObject>).map(([key, inner]) => [
          key,
          fitting(inner, key, index),
        ]),
      );
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 1) }, (_, at) =>
        fitting(schema.items as JsonObject, name, at),
      );
    case 'integer':
    case 'number':
      return Number(schema.minimum ?? 1);
    case 'boolean':
      return true;
    default:
      return name === 'dialogue' ? (LINES[index % LINES.length] ?? '') : `A plain ${name}.`;
  }
}
