import { engineOf } from '../core/pipeline.ts';
import { takeOver } from '../core/take-over.ts';
import type { Tick } from '../core/tick.ts';
import { type FunctionContext, MAX_REQUEST } from './context.ts';
import { type Handler, json, readBody } from './http.ts';

/** Between two looks for work that only other functions can do. */
const NUDGE_MS = 10_000;

async function nudgeAgainAndAgain({ films, nudges }: FunctionContext, signal: AbortSignal): Promise<void> {
  const { clock } = engineOf(films).ports;
  while (nudges.canNudge && !signal.aborted) {
    await nudges.due();
    await clock.sleep(NUDGE_MS, signal).catch(() => undefined);
  }
}

/** Wakes what is due for `tickMs`, and other functions where they have work; ends at once where no film is running. */
export async function tickAndNudge(context: FunctionContext): Promise<Tick> {
  const { films, tickMs, nudges } = context;
  const { items } = await films.list({ status: 'running' }, { limit: 1 });
  // A finished film may still wait for a late take; one round is enough for those.
  if (items.length === 0) return films.tick();
  const over = new AbortController();
  const nudging = nudgeAgainAndAgain(context, over.signal);
  try {
    return await films.tick({ budgetMs: tickMs });
  } finally {
    over.abort();
    await nudging;
    await nudges.due();
  }
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
