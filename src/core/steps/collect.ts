import { coversOf } from '../blocks.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import { foreignTake } from '../foreign.ts';
import type { Task } from '../machine.ts';
import { createOnce } from '../marks.ts';
import { measured } from '../measure.ts';
import { paths } from '../paths.ts';
import type { PlannedBlock } from '../plan.ts';
import { blockOf, type FilmState, FOREIGN, type Take } from '../state.ts';

/** A block that another program finished: measured and accepted as it lies there. */
export const collectTask = (planned: PlannedBlock, name: string): Task => {
  const id = `collect:${planned.block}`;
  return {
    id,
    role: 'assembler',
    // It takes no port but the storage.
    alsoRoles: ['monitor', 'video', 'script'],
    input: name,
    kind: 'work',
    light: false,
    perform: (film, context) => collectForeign(film, planned, name, context),
  };
};

async function collectForeign(
  film: FilmState,
  planned: PlannedBlock,
  name: string,
  context: Context,
): Promise<readonly Fact[]> {
  const { storage } = context.ports;
  const object = await storage.head(name, { signal: context.signal });
  if (object === undefined) {
    throw new ReelstateError('retryable', `Block ${planned.block} is not in the bucket yet.`, {
      code: 'object-not-found',
      effect: 'none',
    });
  }
  const block = blockOf(film, planned.block);
  const at = context.now();
  // What the other program followed: a launch of its own, or ours where only the monitor is another's.
  const mayBe = ({ outcome }: Take): boolean => outcome === undefined || ['lost', 'finished'].includes(outcome.kind);
  const known = block.takes.findLast(
    (take) => take.round === block.round && take.operation !== undefined && mayBe(take),
  );
  const token = known?.token ?? `${FOREIGN}:${name}:r${block.round}`;
  const { revision } = object;
  const output = await measured(storage, object, { signal: context.signal });
  const take: Take = known ?? { ...foreignTake(film, block, undefined, at), token };
  const { round } = block;
  const mark = { take: take.take, token, name, revision, operation: known?.operation ?? null };
  const written = await createOnce(storage, paths.accepted(film.videoId, planned.block, round), mark, {
    token,
    take: `${take.take}`,
  });
  if (written.metadata.token !== token) {
    const { film: present } = await context.films.load(film.videoId);
    if (blockOf(present, planned.block).accepted?.token === written.metadata.token) return [];
    return [{ type: 'disagreed', reason: `The bucket has another accepted take of block ${planned.block}.` }];
  }
  return [
    ...(known === undefined ? [{ type: 'take-intended', block: planned.block, take } as const] : []),
    { type: 'take-finished', block: planned.block, token, output, at },
    { type: 'accepted', block: planned.block, round, token, covers: coversOf(film, planned, output) },
    { type: 'acceptance-fixed', block: planned.block, round, token },
    { type: 'published', name, revision, token, of: { block: planned.block, round } },
  ];
}
