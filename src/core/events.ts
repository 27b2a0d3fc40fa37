/** What happened, as the difference of two states; numbered, so that a watcher can go on where it stopped. */
import type { Finding } from './checks.ts';
import type { BlockState, FilmEvent, FilmState, Take, TaskRecord } from './state.ts';
import type { CaptionsOutput } from './steps/captions.ts';
import type { CutOutput } from './steps/cut.ts';

type Happening = Omit<FilmEvent, 'number' | 'at'>;

function takeEvents(block: number, before: Take | undefined, after: Take): Happening[] {
  const of = { block, take: after.take };
  const happened: Happening[] = [];
  if (before === undefined) happened.push({ type: 'take-intended', ...of });
  if (before?.operation === undefined && after.operation !== undefined) happened.push({ type: 'take-launched', ...of });
  if (before?.unknownSince === undefined && after.unknownSince !== undefined)
    happened.push({ type: 'take-unknown', ...of });
  if (!before?.late && after.late) happened.push({ type: 'take-late', ...of });
  if (before?.outcome?.kind !== after.outcome?.kind && after.outcome !== undefined) {
    const { kind, code } = after.outcome;
    happened.push(code === undefined ? { type: `take-${kind}`, ...of } : { type: `take-${kind}`, ...of, detail: code });
  }
  return happened;
}

function blockEvents(before: BlockState | undefined, after: BlockState): Happening[] {
  const happened = after.takes.flatMap((take) =>
    takeEvents(
      after.block,
      before?.takes.find((old) => old.take === take.take),
      take,
    ),
  );
  if (before !== undefined && after.round > before.round) happened.push({ type: 'block-reopened', block: after.block });
  if (before !== undefined && after.rewrites.length > before.rewrites.length) {
    happened.push({ type: 'prompt-softened', block: after.block });
  }
  if (after.accepted?.fixed && !before?.accepted?.fixed) {
    happened.push({ type: 'block-accepted', block: after.block, take: after.accepted.take });
  }
  return happened;
}

/** What a check found is an event of its own, also where it stops nothing. */
function findingEvents(id: string, record: TaskRecord): Happening[] {
  if (!id.startsWith('check:')) return [];
  const block = Number(id.slice('check:'.length));
  return ((record.done?.output ?? []) as unknown as readonly Finding[]).map(({ code }) => ({
    type: 'check-failed',
    block,
    detail: code,
  }));
}

/** What the captions had to leave out, and that they were made again, plainer, for the cut. */
function captionEvents(id: string, record: TaskRecord): Happening[] {
  const { droppedCharacters = [], captions } = (record.done?.output ?? {}) as unknown as Partial<
    CaptionsOutput & CutOutput
  >;
  if (id === 'captions' && droppedCharacters.length > 0) {
    return [{ type: 'caption-characters-dropped', detail: droppedCharacters.join(', ') }];
  }
  return id === 'cut' && captions !== undefined ? [{ type: 'captions-simplified', detail: captions }] : [];
}

function taskEvents(before: FilmState | undefined, after: FilmState): Happening[] {
  return Object.entries(after.tasks).flatMap(([id, record]) => {
    const old = before?.tasks[id];
    if (record.done && !old?.done) {
      return [{ type: 'task-done', detail: id }, ...findingEvents(id, record), ...captionEvents(id, record)];
    }
    if (record.failures > (old?.failures ?? 0))
      return [{ type: 'task-retried', detail: `${id}: ${record.waitingFor ?? 'failed'}` }];
    return [];
  });
}

function statusEvents(before: FilmState, after: FilmState): Happening[] {
  const reason = after.needsInput?.code ?? after.failure?.code;
  if (before.status === after.status && before.needsInput?.code === after.needsInput?.code) return [];
  return [reason === undefined ? { type: `film-${after.status}` } : { type: `film-${after.status}`, detail: reason }];
}

/** The events that lead from one state to the next. */
export function eventsBetween(before: FilmState, after: FilmState): readonly FilmEvent[] {
  const happened: Happening[] = [
    ...after.commands
      .slice(before.commands.length)
      .map(({ command }) => ({ type: 'command-received', detail: command.type })),
    ...(after.script !== undefined && before.script?.hash !== after.script.hash ? [{ type: 'script-written' }] : []),
    ...(after.blocks === before.blocks
      ? []
      : after.blocks.flatMap((block, index) => blockEvents(before.blocks[index], block))),
    ...taskEvents(before, after),
    ...Object.keys(after.published)
      .filter((name) => before.published[name]?.revision !== after.published[name]?.revision)
      .map((name) => ({ type: 'object-published', detail: name.slice(after.videoId.length + 1) })),
    ...statusEvents(before, after),
  ];
  return happened.map((event, index) => ({ number: after.eventCount + index + 1, at: after.updatedAt, ...event }));
}
