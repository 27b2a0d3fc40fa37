/** generateContent of the loopback Google. */
import type { Answer } from './loopback.ts';

export interface TextRequest {
  readonly model: string;
  readonly instructions: string;
  readonly input: string;
  readonly schema: unknown;
  readonly generationConfig: Readonly<Record<string, unknown>>;
}

/** The next text answer: one that ends with a reason of its own, one without parts, a blocked prompt, or a whole body. */
export type TextAnswer =
  | { readonly kind: 'text'; readonly text: string; readonly finishReason?: string }
  /** Thinking ate the tokens: no parts at all. */
  | { readonly kind: 'no-parts'; readonly finishReason: string }
  | { readonly kind: 'blocked'; readonly reason: string }
  | { readonly kind: 'body'; readonly body: object };

interface Wire {
  readonly contents?: readonly { readonly parts?: readonly { readonly text?: string }[] }[];
  readonly systemInstruction?: { readonly parts?: readonly { readonly text?: string }[] };
  readonly generationConfig?: Readonly<Record<string, unknown>>;
}

const joined = (parts: readonly { readonly text?: string }[] = []) => parts.map((part) => part.text ?? '').join('');

export class TextAnswers {
  readonly #queue: TextAnswer[] = [];
  readonly #write: (request: TextRequest) => string | Promise<string>;

  constructor(write: (request: TextRequest) => string | Promise<string> = () => '{"ok":true}') {
    this.#write = write;
  }

  queue(answer: TextAnswer, times = 1): void {
    for (let at = 0; at < times; at += 1) this.#queue.push(answer);
  }

  async next(model: string, body: Buffer): Promise<Answer> {
    const { contents = [], systemInstruction, generationConfig = {} }: Wire = JSON.parse(body.toString());
    const input = contents.map((content) => joined(content.parts)).join('\n');
    const instructions = joined(systemInstruction?.parts);
    const request: TextRequest = {
      model,
      instructions,
      input,
      schema: generationConfig.responseJsonSchema,
      generationConfig,
    };
    const answer = this.#queue.shift() ?? { kind: 'text', text: await this.#write(request) };
    return { status: 200, body: wire(model, answer, tokens(instructions + input)) };
  }
}

const tokens = (text: string) => Math.ceil(text.length / 4);

function wire(modelVersion: string, answer: TextAnswer, promptTokenCount: number): object {
  const common = { modelVersion, responseId: 'loopback' };
  if (answer.kind === 'body') return answer.body;
  if (answer.kind === 'blocked') {
    return {
      ...common,
      promptFeedback: { blockReason: answer.reason },
      usageMetadata: { promptTokenCount, totalTokenCount: promptTokenCount },
    };
  }
  const text = answer.kind === 'text' ? answer.text : undefined;
  const candidatesTokenCount = tokens(text ?? '');
  const thoughtsTokenCount = 100;
  const totalTokenCount = promptTokenCount + candidatesTokenCount + thoughtsTokenCount;
  const content = { role: 'model', ...(text === undefined ? {} : { parts: [{ text }] }) };
  return {
    ...common,
    candidates: [{ content, finishReason: answer.finishReason ?? 'STOP', index: 0 }],
    usageMetadata: { promptTokenCount, candidatesTokenCount, thoughtsTokenCount, totalTokenCount },
  };
}
