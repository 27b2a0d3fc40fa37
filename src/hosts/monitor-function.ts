import { engineOf } from '../core/pipeline.ts';
import { takeOver } from '../core/take-over.ts';
import type { Tick } from '../core/tick.ts';
import { type FunctionContext, MAX_REQUEST } from './context.ts';
import { type Handler, json, readBody } from './http.ts';

/** Between two looks for work that only other functions can do. */
const SLICE_MS = 10_000;

/** Wakes what is due for `tickMs`, and other functions where they have work; ends at once where no film is running. */
export async function tickAndNudge({ films, tickMs, nudges, logger }: FunctionContext): Promise<Tick> {
  const { clock } = engineOf(films).ports;
  const startedAt = clock.monotonic();
  const left = (): number => tickMs - (clock.monotonic() - startedAt);
  let sum: Tick = { checked: 0, processed: 0, failed: [] };
  do {
    const { items } = await films.list({ status: 'running' }, { limit: 1 });
    const { checked, processed, failed } = await films.tick(
      items.length === 0 ? {} : { budgetMs: Math.min(SLICE_MS, Math.max(0, left())) },
    );
    sum = {
      checked: sum.checked + checked,
      processed: sum.processed + processed,
      failed: [...new Set([...sum.failed, ...failed])],
    };
    const nudged = await nudges.due();
    if (nudged > 0) logger.debug('nudged', { films: nudged });
    if (items.length === 0) break;
  } while (left() > 0);
  return sum;
}

/** Films that old functions begin beside this monitor become ours. */
async function takeOverTheirs({ films, defaults, logger }: FunctionContext): Promise<void> {
  const { owns } = engineOf(films).settings;
  if (!owns.monitor || (owns.script && owns.video)) return;
  const { taken, refused } = await takeOver(films, defaults);
  for (const videoId of taken) logger.info('film of the old functions taken over', { videoId });
  for (const { videoId, code } of refused) logger.warn('film of the old functions not taken over', { videoId, code });
}

/** `POST`, every minute: looks at whatever is due. */
export function monitorFunction(context: FunctionContext): Handler {
  return async (request) => {
    await readBody(request, MAX_REQUEST);
    await takeOverTheirs(context);
    const { checked, processed } = await tickAndNudge(context);
    return json(200, { status: 'ok', checked, processed });
  };
}
