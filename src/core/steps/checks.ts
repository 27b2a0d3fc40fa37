import { wholeObject } from '../bytes.ts';
import { checkTaskId, inspectedBefore, inspectedFindings } from '../checks.ts';
import type { Context } from '../context.ts';
import type { Fact } from '../evolve.ts';
import type { Json } from '../json.ts';
import type { Step, Task } from '../machine.ts';
import { dependants } from '../plan.ts';
import type { FilmState } from '../state.ts';
import { type PlacedBlock, timeline } from '../timeline.ts';

async function inspect(film: FilmState, placed: PlacedBlock, context: Context): Promise<readonly Fact[]> {
  const { media, storage } = context.ports;
  const stretch = { fromMs: placed.inFileMs, durationMs: placed.toMs - placed.fromMs };
  const options = { ...stretch, timeoutMs: context.settings.mediaTimeoutMs, signal: context.signal };
  const inspection = await media?.inspect?.(wholeObject(storage, placed.output), options);
  const findings = inspection === undefined ? [] : inspectedFindings(film, placed.block, inspection, stretch);
  const output = findings as unknown as Json;
  return [{ type: 'task-done', id: checkTaskId(placed.block), input: placed.token, at: context.now(), output }];
}

const checkTask = (placed: PlacedBlock): Task => ({
  id: checkTaskId(placed.block),
  role: 'assembler',
  input: placed.token,
  kind: 'work',
  light: false,
  perform: (film, context) => inspect(film, placed, context),
});

/** Looks at each block that another one will continue, before that one is bought. Never holds the film up by itself. */
export const checksStep = (): Step => ({
  name: 'checks',
  after: ['script'],
  isDone: () => true,
  tasks: (film) =>
    film.gateMs === undefined
      ? []
      : timeline(film)
          .blocks.filter(({ block }) => {
            const isContinued = dependants(film.plan, block).length > 0;
            const isOpen = film.blocks[block]?.accepted === undefined;
            return isContinued && isOpen && inspectedBefore(film, block) === undefined;
          })
          .map(checkTask),
});
