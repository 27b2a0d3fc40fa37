import { coversOf } from '../blocks.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import type { Task } from '../machine.ts';
import { createOnce } from '../marks.ts';
import { paths } from '../paths.ts';
import type { PlannedBlock } from '../plan.ts';
import { publish } from '../publish.ts';
import { blockOf, type FilmState, type Take, type TakeOutput } from '../state.ts';

/** The old assembler burns captions into the last block as it is: that has to show the whole film. */
function checkAssembler(film: FilmState, block: number, context: Context): void {
  const { fromMs = 0 } = blockOf(film, block).accepted?.covers ?? {};
  if (context.settings.owns.assembler || fromMs === 0) return;
  throw new ReelstateError('permanent', `Block ${block} came as its new seconds alone, not as the video so far.`, {
    code: 'assembler-not-owned',
    cure: 'The old assembler cannot join blocks: take the assembler over (owns.assembler), then resume.',
  });
}

async function fixAndPublish(
  film: FilmState,
  block: number,
  take: Take,
  output: TakeOutput,
  context: Context,
): Promise<readonly Fact[]> {
  checkAssembler(film, block, context);
  const { storage } = context.ports;
  const { videoId } = film;
  const { round, accepted } = blockOf(film, block);
  const { token } = take;
  const mark = {
    take: take.take,
    token,
    name: output.name,
    revision: output.revision,
    operation: take.operation ?? null,
  };
  const written = await createOnce(storage, paths.accepted(videoId, block, round), mark, {
    token,
    take: `${take.take}`,
  });
  if (written.metadata.token !== token) {
    return [{ type: 'disagreed', reason: `The bucket has another accepted take of block ${block} in round ${round}.` }];
  }
  const name = paths.block(videoId, block);
  const { covers } = accepted ?? { covers: { fromMs: 0, toMs: output.durationMs } };
  const metadata = { token, take: `${take.take}`, fromMs: `${covers.fromMs}`, toMs: `${covers.toMs}` };
  const published = await publish(
    film,
    {
      name,
      token,
      write: (ifRevision) =>
        storage.copy(output, name, { ifRevision, metadata, contentType: 'video/mp4', signal: context.signal }),
      isWanted: (present) => present.blocks[block - 1]?.accepted?.token === token,
    },
    context,
  );
  return [{ type: 'acceptance-fixed', block, token, round }, ...published];
}

export const acceptTask = (film: FilmState, planned: PlannedBlock, take: Take, output: TakeOutput): Task => ({
  id: `accept:${planned.block}`,
  role: 'monitor',
  input: `r${blockOf(film, planned.block).round}:${take.token}`,
  kind: 'work',
  light: false,
  claim: (present) => {
    const { round } = blockOf(present, planned.block);
    return [
      { type: 'accepted', block: planned.block, round, token: take.token, covers: coversOf(present, planned, output) },
    ];
  },
  perform: (present, context) => fixAndPublish(present, planned.block, take, output, context),
});
