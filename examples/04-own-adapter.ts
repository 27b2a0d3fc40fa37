/**
 * An adapter of one's own: a language model behind Ollama's HTTP API, held to the published contract. A stand-in answers for the server,
 * so it runs anywhere: `npm run example -- examples/04-own-adapter.ts`.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LanguageModel, ReelstateError } from 'reelstate';
import { llmContract } from 'reelstate/testing';

/** Scripts by a model of an Ollama server. Costs nothing but the machine's time. */
export function ollama(model: string, { baseUrl = 'http://127.0.0.1:11434' } = {}): LanguageModel {
  return {
    id: `ollama/${model}`,
    price: () => 0,
    async generate({ instructions, input, schema, seed, signal }) {
      const messages = [
        { role: 'system', content: instructions },
        { role: 'user', content: input },
      ];
      const options = seed === undefined ? {} : { seed };
      const body = JSON.stringify({ model, messages, stream: false, format: schema, options });
      const response = await fetch(`${baseUrl}/api/chat`, { method: 'POST', body, signal: signal ?? null }).catch(
        (error) => {
          throw ReelstateError.from(error, 'ollama-unreachable'); // an abort becomes `cancelled`, all else `retryable`
        },
      );
      if (!response.ok) throw failure(response.status, model);
      const { message, prompt_eval_count, eval_count } = (await response.json()) as OllamaAnswer;
      const text = message.content;
      return { value: JSON.parse(text), text, usage: { input: prompt_eval_count, output: eval_count } };
    },
  };
}

interface OllamaAnswer {
  readonly message: { readonly content: string };
  readonly prompt_eval_count: number;
  readonly eval_count: number;
}

/** The kind decides what the pipeline does: try again, wait longer, or fail with a cure that a person can act on. */
function failure(status: number, model: string): ReelstateError {
  if (status === 404) {
    const cure = `Load it: ollama pull ${model}.`;
    return new ReelstateError('permanent', `The server has no model ${model}.`, { code: 'ollama-no-model', cure });
  }
  const kind = status === 429 || status === 503 ? 'throttled' : status >= 500 ? 'retryable' : 'permanent';
  return new ReelstateError(kind, `Ollama answered ${status}.`, { code: 'ollama-failed' });
}

const standIn = createServer((_request, response) => {
  const content = JSON.stringify({ title: 'Why the sky is blue' });
  response.end(JSON.stringify({ message: { content }, prompt_eval_count: 40, eval_count: 12 }));
});
await new Promise<void>((resolve) => standIn.listen(0, '127.0.0.1', resolve));
const { port } = standIn.address() as AddressInfo;

for (const { name, run } of llmContract(() => ({ llm: ollama('llama3', { baseUrl: `http://127.0.0.1:${port}` }) }))) {
  await run(); // rejects with an AssertionError where the adapter breaks a promise
  console.log('ok', name);
}
standIn.close();
standIn.closeAllConnections();
