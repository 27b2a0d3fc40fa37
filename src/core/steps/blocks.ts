import { blocksDone, coversOf, isFixed, isWatched, nextMove, textOf } from '../blocks.ts';
import { gateUntil } from '../checks.ts';
import type { Context } from '../context.ts';
import { ReelstateError } from '../errors.ts';
import type { Fact } from '../evolve.ts';
import { foreignTake, launchingRole } from '../foreign.ts';
import { intend, launch, launchTaskId, launchTaskInput, lookTaskId, mayPostUntil } from '../launch.ts';
import type { Step, Task } from '../machine.ts';
import { createOnce, isTaken } from '../marks.ts';
import { measureMp4 } from '../mp4.ts';
import { llmTokens, reserveCall, settleCalls } from '../paid-call.ts';
import { paths } from '../paths.ts';
import type { PlannedBlock } from '../plan.ts';
import { publish } from '../publish.ts';
import { checkSoftened, SOFTEN_INSTRUCTIONS, softenedSchema } from '../script.ts';
import { blockOf, type FilmState, FOREIGN, filmPlan, type Take, type TakeOutput } from '../state.ts';
import { unwatchable, watch } from '../watch.ts';

const isUnlaunched = (take: Take): boolean => take.operation === undefined;

function watchTask(film: FilmState, block: number, take: Take): Task {
  const task: Task = {
    id: lookTaskId(block, take.take),
    role: 'monitor',
    input: take.token,
    kind: 'watch',
    light: true,
    whenFailed: (present, now, error) => unwatchable(present, block, take, now, error),
    perform: (present, context) => {
      const now = present.blocks[block - 1]?.takes.find((candidate) => candidate.token === take.token);
      return now === undefined || !isWatched(now) ? Promise.resolve([]) : watch(present, block, now, context);
    },
  };
  const mayStillBePosted = take.operation === undefined && take.unknownSince === undefined;
  if (!mayStillBePosted) return isUnlaunched(take) && block === 1 ? { ...task, alsoRoles: ['video'] } : task;
  // Whoever intended it has it until it cannot be posted any more; if that process is dead, nobody has to wait.
  return {
    ...task,
    ...(block === 1 ? { alsoRoles: ['video'] as const } : {}),
    held: { token: take.token, holder: take.holder, until: mayPostUntil(take, film.model.timing) },
  };
}

const launchTask = (film: FilmState, planned: PlannedBlock): Task => ({
  id: launchTaskId(planned.block),
  role: launchingRole(blockOf(film, planned.block)),
  input: launchTaskInput(film, planned.block),
  kind: 'work',
  light: false,
  exclusive: true,
  notBefore: gateUntil(film, planned),
  claim: (present, context) => intend(present, planned, context),
  perform: (present, context) => launch(present, planned, context),
});

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

const acceptTask = (film: FilmState, planned: PlannedBlock, take: Take, output: TakeOutput): Task => ({
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

/** Softens a refused block's words; the script's object stays as it is, captions follow what is said in the accepted take. */
const softenTask = (film: FilmState, block: number, refused: Take): Task => {
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

/** The last frame of the block before, which a new chain begins with. */
const frameTask = (film: FilmState, block: number): Task[] => {
  const before = film.blocks[block - 2]?.accepted;
  const take = film.blocks[block - 2]?.takes.find((candidate) => candidate.token === before?.token);
  if (take?.output === undefined) return [];
  const { output } = take;
  const id = `frame:${block}`;
  return [
    {
      id,
      role: 'assembler',
      input: take.token,
      kind: 'work',
      light: false,
      async perform(present, context) {
        const { storage, media } = context.ports;
        if (media === undefined) throw new RangeError('a frame needs a media port');
        const name = paths.frame(present.videoId, block - 1, take.take);
        const source = storage.source(output.name, { revision: output.revision });
        const options = {
          atMs: 'last',
          format: 'png',
          timeoutMs: context.settings.mediaTimeoutMs,
          signal: context.signal,
        } as const;
        const cut = () =>
          withTemporary(media.frame(source, options), (png) =>
            storage.put(name, png, { ifRevision: null, contentType: 'image/png', signal: context.signal }),
          );
        // A worker that had lost its lease may be faster: its frame is as good.
        const orTheirs = async (error: unknown) =>
          (isTaken(error) && (await storage.head(name))) || Promise.reject(error);
        const frame = (await storage.head(name)) ?? (await cut().catch(orTheirs));
        return [
          { type: 'task-done', id, input: take.token, at: context.now(), output: { name, revision: frame.revision } },
        ];
      },
    },
  ];
};

/** Uses a temporary file and removes it, whatever happens. */
export async function withTemporary<T extends { dispose(): Promise<void> }, R>(
  made: Promise<T>,
  use: (file: T) => Promise<R>,
): Promise<R> {
  const file = await made;
  try {
    return await use(file);
  } finally {
    await file.dispose();
  }
}

/** A block that another program finished: measured and accepted as it lies there. */
const collectTask = (planned: PlannedBlock, name: string): Task => {
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
  const mayBe = (take: Take): boolean => take.outcome === undefined || take.outcome.kind === 'lost';
  const known = block.takes.findLast(
    (take) => take.round === block.round && take.operation !== undefined && mayBe(take),
  );
  const token = known?.token ?? `${FOREIGN}:${name}:r${block.round}`;
  const { revision } = object;
  const info = await measureMp4(storage.source(name, { revision }), { signal: context.signal });
  const { durationMs, width, height, frames, hasAudio } = info;
  const output: TakeOutput = { name, revision, durationMs, width, height, frames, hasAudio };
  const take: Take = known ?? { ...foreignTake(film, block, undefined, at), token };
  const { round } = block;
  const mark = { take: take.take, token, name, revision, operation: known?.operation ?? null };
  const written = await createOnce(storage, paths.accepted(film.videoId, planned.block, round), mark, {
    token,
    take: `${take.take}`,
  });
  if (written.metadata.token !== token) {
    return [{ type: 'disagreed', reason: `The bucket has another accepted take of block ${planned.block}.` }];
  }
  return [
    ...(known === undefined ? [{ type: 'take-intended', block: planned.block, take } as const] : []),
    { type: 'take-finished', block: planned.block, token, output, at },
    { type: 'accepted', block: planned.block, round, token, covers: coversOf(film, planned, output) },
    { type: 'acceptance-fixed', block: planned.block, round, token },
    { type: 'published', name, revision, token },
  ];
}

function blockTasks(film: FilmState, planned: PlannedBlock): readonly Task[] {
  const { foreignObject, accepted } = blockOf(film, planned.block);
  const isNext = planned.kind === 'start' || isFixed(film, planned.block - 1);
  if (foreignObject !== undefined && accepted === undefined) return isNext ? [collectTask(planned, foreignObject)] : [];
  const move = nextMove(film, planned);
  switch (move.type) {
    case 'launch':
      return [launchTask(film, planned)];
    case 'accept':
      return [acceptTask(film, planned, move.take, move.output)];
    case 'soften':
      return [softenTask(film, planned.block, move.take)];
    case 'frame':
      return frameTask(film, planned.block);
    default:
      return [];
  }
}

const isReady = (film: FilmState, steps: readonly Step[]): boolean => steps.every((step) => step.isDone(film));

/** The blocks: launched, watched, accepted, each from the one before where the plan chains them. */
export const blocksStep = (before: readonly Step[]): Step => ({
  name: 'blocks',
  after: [],
  isDone: (film) => blocksDone(film) && isReady(film, before),
  tasks: (film) => [
    ...film.blocks.flatMap((block) => block.takes.filter(isWatched).map((take) => watchTask(film, block.block, take))),
    // Takes are watched whatever becomes of the script; new ones are made from an approved one only.
    ...(isReady(film, before) ? filmPlan(film).flatMap((planned) => blockTasks(film, planned)) : []),
  ],
  asks: (film) => {
    if (!isReady(film, before)) return undefined;
    for (const planned of filmPlan(film)) {
      const move = nextMove(film, planned);
      if (move.type === 'ask') return move.needsInput;
    }
    return undefined;
  },
  fails: (film) => {
    if (!isReady(film, before)) return undefined;
    for (const planned of filmPlan(film)) {
      const move = nextMove(film, planned);
      if (move.type === 'fail') return move.error;
    }
    return undefined;
  },
});
