import { ReelstateError } from '../../../src/core/errors.ts';
import type { Look, VideoVendor } from '../../../src/core/ports.ts';
import { quickModel } from './setting.ts';
import type { Wanted } from './vendor.ts';

/** A vendor behind HTTP on this machine; it writes its results into our folder by itself. */
export const vendorAt = (url: string): VideoVendor => ({
  model: quickModel,
  outputs: /\/sample_\d+\.mp4$/,
  launch: async ({ outputPlace, seconds, prompt, extends: input }) => {
    const { dialogue } = prompt;
    const wanted: Wanted = { outputPlace, seconds, dialogue, ...(input ? { extends: input.uri } : {}) };
    try {
      const answer = await fetch(`${url}/launch`, { method: 'POST', body: JSON.stringify(wanted) });
      return (await answer.json()) as { operation: string };
    } catch (cause) {
      throw new ReelstateError('retryable', 'No answer to the launch.', { code: 'launch-unanswered', cause });
    }
  },
  look: async (operation) => {
    try {
      return (await (await fetch(`${url}/${operation}`)).json()) as Look;
    } catch (cause) {
      throw new ReelstateError('retryable', 'No answer.', { code: 'unanswered', cause });
    }
  },
});
