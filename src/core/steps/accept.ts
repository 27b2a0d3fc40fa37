/**
 * A block's acceptance. The mark `accepted/…` is written first and says for good which take a round of a block shows; what the state says
 * of it, and everything that is built on it, comes after. A worker that finds the mark of another take follows it.
 */
import { coversOf } from '../blocks.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import type { Task } from '../machine.ts';
import { createOnce } from '../marks.ts';
import { measured } from '../measure.ts';
import { paths } from '../paths.ts';
import type { PlannedBlock } from '../plan.ts';
import { publish } from '../publish.ts';
import { blockOf, type Covers, type FilmState, type Take, type TakeOutput } from '../state.ts';

interface Shown {
  readonly take: Take;
  readonly output: TakeOutput;
}

/** The old assembler burns captions into the last block as it is: that has to show the whole film. */
function checkAssembler(block: number, { fromMs }: Covers, context: Context): void {
  if (context.settings.owns.assembler || fromMs === 0) return;
  throw new ReelstateError('permanent', `Block ${block} came as its new seconds alone, not as the video so far.`, {
    code: 'assembler-not-owned',
    cure: 'The old assembler cannot join blocks: take the assembler over (owns.assembler), then resume.',
  });
}

/** The old monitor goes on from an operation; a take that was found in its place has none that anybody knows. */
function checkMonitor(block: number, { operation }: Take, { settings }: Context): void {
  if (settings.owns.monitor || operation !== undefined) return;
  throw new ReelstateError(
    'permanent',
    `The operation of block ${block} is not known; its video was found in its place.`,
    {
      code: 'monitor-not-owned',
      cure: 'The old monitor cannot go on from it: take the monitor over (owns.monitor), then resume.',
    },
  );
}

const coversIn = (film: FilmState, planned: PlannedBlock, output: TakeOutput): Covers =>
  blockOf(film, planned.block).accepted?.covers ?? coversOf(film, planned, output);

/** Publishes the block, and says that the film shows this take. Its mark stands. */
async function show(
  film: FilmState,
  planned: PlannedBlock,
  { take: { take, token }, output }: Shown,
  context: Context,
): Promise<readonly Fact[]> {
  const { storage } = context.ports;
  const { block } = planned;
  const { round } = blockOf(film, block);
  const name = paths.block(film.videoId, block);
  const covers = coversIn(film, planned, output);
  const metadata = { token, take: `${take}`, fromMs: `${covers.fromMs}`, toMs: `${covers.toMs}` };
  const published = await publish(
    film,
    {
      name,
      token,
      write: (ifRevision) =>
        storage.copy(output, name, { ifRevision, metadata, contentType: 'video/mp4', signal: context.signal }),
      // The mark lets no other take of this round be shown, whether or not the state has heard of it.
      isWanted: (present) => present.blocks[block - 1]?.round === round,
    },
    context,
  );
  return [
    { type: 'accepted', block, round, token, covers },
    { type: 'acceptance-fixed', block, token, round },
    ...published.map((fact) => (fact.type === 'published' ? { ...fact, of: { block, round } } : fact)),
  ];
}

interface AcceptedMark {
  readonly name: string;
  readonly revision: string;
}

/** Somebody wrote down another take, and has said so by now or did not come to it: it is the one that counts. */
async function followMark(
  { videoId }: FilmState,
  planned: PlannedBlock,
  round: number,
  token: string | undefined,
  { name, revision }: AcceptedMark,
  context: Context,
): Promise<readonly Fact[]> {
  const { block } = planned;
  // The mark was read first, the state after it: one that does not know this take is older than the bucket, not merely older than the mark.
  const { film } = await context.films.load(videoId);
  const { takes, accepted, round: present } = blockOf(film, block);
  if (present !== round || (accepted !== undefined && accepted.token === token)) return [];
  const take = takes.find((candidate) => candidate.token === token);
  const isOver = take?.output === undefined && take?.outcome !== undefined && take.outcome.kind !== 'lost';
  if (take === undefined || accepted !== undefined || isOver) {
    return [{ type: 'disagreed', reason: `The bucket has another accepted take of block ${block} in round ${round}.` }];
  }
  if (take.output) return show(film, planned, { take, output: take.output }, context);
  const { storage } = context.ports;
  const object = await storage.head(name);
  const pinned = object?.revision === revision ? object : { name, revision };
  const output = await measured(storage, pinned, { signal: context.signal });
  return [
    { type: 'take-finished', block, token: take.token, output, at: context.now() },
    ...(await show(film, planned, { take, output }, context)),
  ];
}

async function accept(film: FilmState, planned: PlannedBlock, shown: Shown, context: Context) {
  const { block } = planned;
  const { take, output } = shown;
  checkMonitor(block, take, context);
  checkAssembler(block, coversIn(film, planned, output), context);
  const mark = {
    take: take.take,
    token: take.token,
    name: output.name,
    revision: output.revision,
    operation: take.operation ?? null,
  };
  const { round } = blockOf(film, block);
  const name = paths.accepted(film.videoId, block, round);
  const metadata = { token: take.token, take: `${take.take}` };
  const written = await createOnce(context.ports.storage, name, mark, metadata);
  if (written.metadata.token === take.token) return show(film, planned, shown, context);
  return followMark(film, planned, round, written.metadata.token, written.value as unknown as AcceptedMark, context);
}

export const acceptTaskId = (block: number): string => `accept:${block}`;

export const acceptTask = (film: FilmState, planned: PlannedBlock, take: Take, output: TakeOutput): Task => ({
  id: acceptTaskId(planned.block),
  role: 'monitor',
  // A monitor of another program never hears of it.
  ...(take.operation === undefined ? { alsoRoles: ['video'] } : {}),
  input: `r${blockOf(film, planned.block).round}:${take.token}`,
  kind: 'work',
  light: false,
  perform: (present, context) => accept(present, planned, { take, output }, context),
});
