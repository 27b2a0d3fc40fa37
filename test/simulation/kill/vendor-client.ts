import { ReelstateError } from '../../../src/core/errors.ts';
import type { Look, VideoVendor } from '../../../src/core/ports.ts';
import { quickModel } from './setting.ts';

/** A vendor behind HTTP on this machine; it writes its results into our folder by itself. */
export const vendorAt = (url: string): VideoVendor => ({
  model: quickModel,
  outputs: /\/sample_\d+\.mp4$/,
  launch: async ({ outputPlace, seconds, prompt, extends: input }) => {
    const body = JSON.stringify({ outputPlace, seconds, dialogue: prompt.dialogue, before: input?.durationMs ?? 0 });
    try {
      const answer = await fetch(`${url}/launch`, { method: 'POST', body });
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
