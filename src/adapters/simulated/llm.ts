/** The simulated language model: writes, revises and softens scripts, through the same call that a real one gets. */
import { throwIfAborted } from '../../core/bytes.ts';
import { ReelstateError } from '../../core/errors.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import type { Clock, LanguageModel } from '../../core/ports.ts';
import { machineClock } from './clock.ts';
import { openJournal } from './journal.ts';
import { faultFor, type LanguageFacts, type LanguageFault, type Rule } from './misbehaviour.ts';
import { sampleOf } from './schema-sample.ts';
import { soften, type WrittenBlock, writeScript } from './scriptwriter.ts';

/** What `simulatedLlm()` takes. */
export interface SimulatedLlmOptions {
  /** Where its calls are counted and their price is kept. @default nowhere: counted by this object */
  readonly folder?: string;
  /** The same seed writes the same script. A request's own seed goes before it. @default 1 */
  readonly seed?: number;
  /** Which calls go wrong, and how. @default none */
  readonly misbehave?: readonly Rule<LanguageFacts, LanguageFault>[];
  /** @default the machine's own time */
  readonly clock?: Clock;
}

type Request = Parameters<LanguageModel['generate']>[0];

interface Order {
  readonly task: string;
  readonly [key: string]: Json;
}

/** Micro-dollars per token, as gemini-3.5-flash had them on 2026-09-20. */
const INPUT_PRICE = 1.5;
const OUTPUT_PRICE = 9;
const CHARACTERS_PER_TOKEN = 4;
/** So many are looked through for one in which the blocks in question say something else. */
const REVISIONS = 8;

/**
 * A language model without a key and without cost. It finds the first JSON object with a `task` (`script`, `revise`, `soften`) in its
 * input; any other request is answered with the plainest value that the schema allows.
 */
export function simulatedLlm(options: SimulatedLlmOptions = {}): LanguageModel {
  const clock = options.clock ?? machineClock;
  const journal = options.folder === undefined ? undefined : openJournal(options.folder);
  const price: LanguageModel['price'] = ({ input, output }) => Math.round(input * INPUT_PRICE + output * OUTPUT_PRICE);
  let calls = 0;
  return {
    id: 'simulated-llm',
    price,
    priceDate: '2026-11-23',
    async generate(request) {
      throwIfAborted(request.signal);
      calls += 1;
      const number = (await journal?.nextNumber('generations')) ?? calls;
      const order = findOrder(request.input);
      const fault = faultFor(options.misbehave, { number, task: order?.task ?? 'other' });
      const failure = failureOf(fault);
      if (failure) throw failure;
      const value = distort(answer(order, request, options.seed ?? 1), fault);
      const text = JSON.stringify(value);
      const usage = { input: tokens(request.instructions + request.input), output: tokens(text) };
      await journal?.append({ event: 'generated', at: clock.now(), number, microUsd: price(usage) });
      return { value, text: fault === 'markdown-fences' ? `\`\`\`json\n${text}\n\`\`\`` : text, usage };
    },
  };
}

const tokens = (text: string): number => Math.ceil(text.length / CHARACTERS_PER_TOKEN);

/** The first JSON object in the text that has a task. */
function findOrder(input: string): Order | undefined {
  for (let from = input.indexOf('{'); from >= 0; from = input.indexOf('{', from + 1)) {
    for (let to = input.lastIndexOf('}'); to > from; to = input.lastIndexOf('}', to - 1)) {
      const value = parse(input.slice(from, to + 1));
      if (value !== undefined) return typeof value.task === 'string' ? (value as Order) : undefined;
    }
  }
  return undefined;
}

function parse(text: string): JsonObject | undefined {
  try {
    return JSON.parse(text) as JsonObject;
  } catch {
    return undefined;
  }
}

function answer(order: Order | undefined, request: Request, ownSeed: number): Json {
  const seed = request.seed ?? ownSeed;
  switch (order?.task) {
    case 'script':
      return script(order, [seed, order.problem ?? '']);
    case 'revise':
      return revise(order, seed);
    case 'soften':
      return softened(order, seed);
    default:
      return sampleOf(request.schema);
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

const script = (order: Order, seed: Json) => {
  const { title, blocks } = writeScript({
    theme: textOf(order.theme),
    language: textOf(order.language) || 'en',
    style: textOf(order.style) || undefined,
    blocks: (order.blocks ?? []) as unknown as readonly { readonly block: number; readonly seconds: number }[],
    seed,
  });
  return { title, blocks: blocks.map((block) => ({ ...block })) };
};

/** Blocks that the notes name by number are written anew, else all of them. */
function revise(order: Order, seed: number): Json {
  const notes = textOf(order.notes);
  const before = ((order.script ?? {}) as { readonly blocks?: readonly WrittenBlock[] }).blocks ?? [];
  const named = new Set((notes.match(/\d+/g) ?? []).map(Number).filter((block) => before[block - 1]));
  const isNew = (block: WrittenBlock, i: number) => block.dialogue !== before[i]?.dialogue;
  const isKept = (i: number) => named.size > 0 && !named.has(i + 1);
  const versions = Array.from({ length: REVISIONS }, (_, version) => script(order, [seed, notes, version]));
  const fresh =
    versions.find(({ blocks }) => blocks.every((block, i) => isKept(i) || isNew(block, i))) ?? script(order, notes);
  return { ...fresh, blocks: fresh.blocks.map((block, i) => (isKept(i) ? { ...block, ...before[i] } : block)) };
}

function softened(order: Order, seed: number): Json {
  const seconds = typeof order.seconds === 'number' ? order.seconds : 7;
  const dialogue = soften({ language: textOf(order.language) || 'en', seconds, seed: [seed, textOf(order.dialogue)] });
  const visual = 'Wide shot of a calm, empty landscape in soft light, nobody in sight';
  const continuity = textOf(order.continuity);
  return continuity === '' ? { dialogue, visual } : { dialogue, visual, continuity };
}

// ── Misbehaviour ─────────────────────────────────────────────────────────────────────────────────────────────────────

function failureOf(fault: LanguageFault | undefined): ReelstateError | undefined {
  switch (fault) {
    case 'throttled':
      return new ReelstateError('throttled', 'The simulated model asked to slow down (429).', { code: 'rate-limited' });
    case 'refused':
      return new ReelstateError('refused', 'The simulated model refused the prompt.', { code: 'prompt-blocked' });
    case 'unavailable':
      return new ReelstateError('retryable', 'The simulated model had an internal problem (503).', {
        code: 'vendor-unavailable',
      });
    case 'invalid-json':
      return new ReelstateError('retryable', 'The simulated model answered with something that is not JSON.', {
        code: 'answer-not-json',
      });
    default:
      return undefined;
  }
}

type Script = { readonly blocks: readonly WrittenBlock[] };

/** The answer with what the fault does to its blocks. */
function distort(value: Json, fault: LanguageFault | undefined): Json {
  const { blocks } = value as Partial<Script>;
  if (fault === undefined || blocks === undefined) return value;
  const all = (change: (dialogue: string) => string) =>
    blocks.map((block) => ({ ...block, dialogue: change(block.dialogue) }));
  const changed: Readonly<Partial<Record<LanguageFault, readonly WrittenBlock[]>>> = {
    'too-few-blocks': blocks.slice(0, -1),
    'too-many-blocks': [...blocks, ...blocks.slice(-1)],
    'markdown-fences': all((dialogue) => `**${dialogue}**`),
    quotes: all((dialogue) => `“${dialogue}”`),
    'empty-dialogue': all(() => ''),
    'long-dialogue': all((dialogue) => Array.from({ length: 6 }, () => dialogue).join(' ')),
  };
  return { ...(value as JsonObject), blocks: (changed[fault] ?? blocks).map((block) => ({ ...block })) };
}
