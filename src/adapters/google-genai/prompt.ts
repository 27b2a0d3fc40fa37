import { ReelstateError } from '../../core/errors.ts';
import type { VideoPrompt } from '../../core/ports.ts';

const noText = 'No subtitles, no captions, no on-screen text.';

/**
 * The vendor's prompt: English framing, then what is said after a colon, with the name of its language and without quotation
 * marks, which Veo likes to paint into the picture. What does not fit into `maxTokens` is cut from style, continuity and the
 * end of the picture's description, never from what is said; throws `prompt-too-long` where the dialogue alone is too long.
 */
export function videoPromptText(prompt: VideoPrompt, maxTokens: number): string {
  const said = spoken(prompt);
  const drafts: readonly (readonly (string | undefined)[])[] = [
    [prompt.visual, prompt.style, prompt.continuity],
    [prompt.visual, undefined, prompt.continuity],
    [prompt.visual],
  ];
  for (const draft of drafts) {
    const text = assemble(draft, said);
    if (estimateTokens(text) <= maxTokens) return text;
  }
  const room = maxTokens - estimateTokens(assemble([], said));
  if (room < 0) throw tooLong(maxTokens);
  return assemble([shorten(prompt.visual, room)], said);
}

/** At least as many tokens as any tokenizer would count: three ASCII characters each, every other character its own. */
export function estimateTokens(text: string): number {
  let ascii = 0;
  let others = 0;
  for (const character of text) {
    if (character <= '\u007f') ascii += 1;
    else others += 1;
  }
  return Math.ceil(ascii / 3) + others;
}

function assemble(parts: readonly (string | undefined)[], said: string): string {
  const sentences = parts.map((part) => tidy(part ?? '')).filter((part) => part !== '');
  return [...sentences.map(fullStop), said].filter((part) => part !== '').join(' ');
}

function spoken({ dialogue, language }: VideoPrompt): string {
  const words = tidy(dialogue)
    .replace(/["“”„‟«»‹›「」『』]/g, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (words === '') return `Nobody speaks. ${noText}`;
  return `The speaker says in ${languageName(language)}: ${fullStop(words)} ${noText}`;
}

/** `fr` → French; a tag that nobody knows stays as it is. */
function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}

const tidy = (text: string) => text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
const fullStop = (text: string) => (/[.!?…。！？।؟]$/u.test(text) ? text : `${text}.`);

/** The longest run of whole words with at most `tokens`. */
function shorten(text: string, tokens: number): string {
  const words = tidy(text).split(' ');
  while (words.length > 0 && estimateTokens(`${words.join(' ')}. `) + 1 > tokens) words.pop();
  return words.join(' ');
}

const tooLong = (maxTokens: number) =>
  new ReelstateError('permanent', `What is said in the block does not fit into ${maxTokens} prompt tokens.`, {
    code: 'prompt-too-long',
    cure: 'Shorten the dialogue of the block (revise).',
    effect: 'none',
  });
