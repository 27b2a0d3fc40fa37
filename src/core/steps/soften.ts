import { textOf } from '../blocks.ts';
import type { Task } from '../machine.ts';
import { llmTokens, reserveCall, settleCalls } from '../paid-call.ts';
import { checkSoftened, SOFTEN_INSTRUCTIONS, softenedSchema } from '../script.ts';
import { blockOf, type FilmState, type Take } from '../state.ts';

/** Softens a refused block's words; the script's object stays as it is, captions follow what is said in the accepted take. */
export const softenTask = (film: FilmState, block: number, refused: Take): Task => {
  const id = `soften:${block}`;
  return {
    id,
    role: 'script',
    input: refused.token,
    kind: 'work',
    light: false,
    claim: (_, context) => reserveCall(id, 'llm', context.ports.llm?.price(llmTokens(1)) ?? 0, context),
    async perform(present, context) {
      const { llm } = context.ports;
      const text = textOf(present, block);
      if (llm === undefined || text === undefined)
        throw new RangeError('softening needs a language model and a script');
      const { round, rewrites } = blockOf(film, block);
      const input = JSON.stringify({
        task: 'soften',
        language: present.input.language,
        seconds: refused.seconds,
        reason: refused.outcome?.message,
        ...text,
      });
      const answer = await llm.generate({
        instructions: SOFTEN_INSTRUCTIONS,
        input,
        schema: softenedSchema,
        signal: context.signal,
      });
      const softened = { ...text, ...checkSoftened(answer.value, block) };
      return [
        ...settleCalls(present, id, llm.price(answer.usage)),
        { type: 'softened', block, round, count: rewrites.length, text: softened },
      ];
    },
  };
};
