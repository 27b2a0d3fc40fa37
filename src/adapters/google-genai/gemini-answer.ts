import type { GenerateContentResponse } from '@google/genai';
import { type ErrorKind, ReelstateError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';

interface Reason {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
}

const reword = 'Reword the theme or the instructions.';
const refusedPrompt = (why: string): Reason => ({
  kind: 'refused',
  code: 'prompt-blocked',
  message: `Gemini refused the prompt: ${why}.`,
  cure: reword,
});
const refusedAnswer = (why: string): Reason => ({
  kind: 'refused',
  code: 'answer-refused',
  message: `Gemini stopped its answer: ${why}.`,
  cure: reword,
});
const again = (why: string): Reason => ({
  kind: 'retryable',
  code: 'answer-malformed',
  message: `Gemini gave no usable answer: ${why}.`,
});

/** `promptFeedback.blockReason`: the prompt itself was refused. */
export const blockReasons: Readonly<Record<string, Reason>> = {
  SAFETY: refusedPrompt('its safety filter'),
  OTHER: refusedPrompt('an unnamed reason'),
  BLOCKED_REASON_UNSPECIFIED: refusedPrompt('an unnamed reason'),
  BLOCKLIST: refusedPrompt('a word of the terminology blocklist'),
  PROHIBITED_CONTENT: refusedPrompt('prohibited content'),
  IMAGE_SAFETY: refusedPrompt('an unsafe image'),
  MODEL_ARMOR: refusedPrompt("the project's Model Armor policy"),
  JAILBREAK: refusedPrompt('it looks like a jailbreak'),
};

/** `finishReason` of a candidate, but for STOP. */
export const finishReasons: Readonly<Record<string, Reason>> = {
  MAX_TOKENS: {
    kind: 'permanent',
    code: 'answer-truncated',
    message: 'The answer did not fit into the output tokens, also not at the second try.',
    cure: 'Raise maxOutputTokens or lower thinking.',
  },
  SAFETY: refusedAnswer('its safety filter'),
  RECITATION: refusedAnswer('it came too close to a text that exists'),
  BLOCKLIST: refusedAnswer('a word of the terminology blocklist'),
  PROHIBITED_CONTENT: refusedAnswer('prohibited content'),
  SPII: refusedAnswer('sensitive personal information'),
  IMAGE_SAFETY: refusedAnswer('an unsafe image'),
  IMAGE_PROHIBITED_CONTENT: refusedAnswer('a prohibited image'),
  IMAGE_RECITATION: refusedAnswer('an image that exists'),
  LANGUAGE: {
    kind: 'permanent',
    code: 'language-unsupported',
    message: 'Gemini does not write in this language.',
    cure: 'Choose another language, or another model.',
  },
  MALFORMED_RESPONSE: again('malformed response'),
  MALFORMED_FUNCTION_CALL: again('malformed function call'),
  UNEXPECTED_TOOL_CALL: again('a tool call that nobody offered'),
  TOO_MANY_TOOL_CALLS: again('too many tool calls'),
  NO_IMAGE: again('no image'),
  IMAGE_OTHER: again('an image problem'),
  OTHER: again('an unnamed reason'),
  CONTINUATION: again('it stopped half way'),
  FINISH_REASON_UNSPECIFIED: again('an unnamed reason'),
};

export interface Usage {
  readonly input: number;
  readonly output: number;
}

/** Thinking is paid for as output. */
export function usageOf({ usageMetadata }: GenerateContentResponse): Usage {
  const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usageMetadata ?? {};
  return { input: promptTokenCount, output: candidatesTokenCount + thoughtsTokenCount };
}

export const truncated = (response: GenerateContentResponse) => response.candidates?.[0]?.finishReason === 'MAX_TOKENS';

/** The JSON of an answer, or the error that its reasons stand for, with the tokens that were paid for in `details.usage`. */
export function readAnswer(
  response: GenerateContentResponse,
  usage: Usage,
): { readonly value: Json; readonly text: string } {
  const block = response.promptFeedback?.blockReason;
  if (block !== undefined) throw failed(blockReasons[block] ?? refusedPrompt('an unknown reason'), block, usage);
  const candidate = response.candidates?.[0];
  const finish = candidate?.finishReason ?? 'NO_CANDIDATE';
  if (finish !== 'STOP') throw failed(finishReasons[finish] ?? again('an unknown reason'), finish, usage);
  const parts = candidate?.content?.parts ?? [];
  const text = parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
  try {
    const value: Json = JSON.parse(withoutFence(text));
    return { value, text };
  } catch {
    throw failed(
      { kind: 'retryable', code: 'answer-not-json', message: 'Gemini answered with something that is not JSON.' },
      finish,
      usage,
    );
  }
}

/** Models that were asked for JSON still wrap it in Markdown at times. */
const withoutFence = (text: string) => /^\s*```(?:json)?\s*\n([\s\S]*?)\n?\s*```\s*$/.exec(text)?.[1] ?? text;

function failed({ kind, code, message, cure }: Reason, reason: string, usage: Usage): ReelstateError {
  return new ReelstateError(kind, message, {
    code,
    details: { reason, usage },
    ...(cure === undefined ? {} : { cure }),
  });
}
