/**
 * The documents of the functions that reelstate replaces, as a film's state says them. The names and fields are theirs (a reader that knows
 * only these must be able to follow); what is ours lies under `reelstate`. Pure. The other `legacy-*` files take all names from here.
 */
import { blocksDone, isFixed, usedAttempts } from '../../core/blocks.ts';
import type { Json, JsonObject } from '../../core/json.ts';
import { paths } from '../../core/paths.ts';
import type { Beside, Role } from '../../core/ports.ts';
import { type BlockState, type FilmState, filmPlan, isForeign, type Take } from '../../core/state.ts';
import { cutOutput } from '../../core/steps/cut.ts';
import { TIMESTAMP } from './firestore-values.ts';

export const STATUS_COLLECTION = 'v2_video_status';
export const OPERATIONS_COLLECTION = 'v2_veo_operations';
/** The one key of our own. */
export const OWN_KEY = 'reelstate';
/** In a projection's fields: the field must not be there. */
export const ABSENT: JsonObject = { $absent: true };

/** What a film's save writes into each of the two documents; undefined: nothing. */
export interface LegacyDocuments {
  readonly status: JsonObject | undefined;
  readonly operations: JsonObject | undefined;
}

type Stage = 'script' | 'video' | 'monitor' | 'assembler';
type Fields = Readonly<Record<string, Json>>;

const time = (at: number): JsonObject => ({ [TIMESTAMP]: at });

/** "3.1-fast" of `veo-3.1-fast-generate-001`; another vendor's id as it is. */
export const shortVersion = (modelId: string): string => /^veo-(.+?)-generate(?:-|$)/.exec(modelId)?.[1] ?? modelId;

const launched = (take: Take): boolean => take.operation !== undefined;
const hasBegun = ({ takes, accepted, foreignObject }: BlockState): boolean =>
  takes.some(launched) || accepted !== undefined || foreignObject !== undefined;

/** Which function the film is at. */
function stageOf(film: FilmState): Stage {
  if (film.foreignFinal !== undefined || blocksDone(film)) return 'assembler';
  if (film.blocks.some(hasBegun)) return 'monitor';
  return film.published[paths.script(film.videoId)] === undefined ? 'script' : 'video';
}

/** Nothing but the first launch has happened, and it was ours: the video function says so, and from then on the monitor. */
function isHandover(film: FilmState): boolean {
  const takes = film.blocks.flatMap((block) => block.takes).filter(launched);
  const [first] = film.blocks;
  return !takes.some(isForeign) && first?.accepted === undefined && first?.foreignObject === undefined;
}

const allOf = (names: readonly Role[], owns: Beside['owns']): boolean => names.some((name) => owns[name]);

/** Why the film does not go on, for people. */
function problemOf(film: FilmState): string | undefined {
  if (film.status === 'cancelled') return 'The film was cancelled.';
  if (film.status === 'failed') return film.failure?.message ?? 'The film failed.';
  return film.status === 'needs-input' ? (film.needsInput?.message ?? 'The film waits for a person.') : undefined;
}

/** Ours, small, and only changed with what it says. */
function ownPart(film: FilmState): JsonObject {
  const code = film.status === 'failed' ? film.failure?.code : film.needsInput?.code;
  return { schema: film.schema, status: film.status, ...(code === undefined ? {} : { code }) };
}

const seconds = (film: FilmState): number => filmPlan(film).reduce((sum, planned) => sum + planned.seconds, 0);

function finalUri(film: FilmState): string | undefined {
  if (film.status !== 'completed') return undefined;
  return film.foreignFinal ?? cutOutput(film)?.uri;
}

function completedAt(film: FilmState): number {
  return film.tasks.cut?.done?.at ?? film.updatedAt;
}

const ERROR: Readonly<Record<Stage, string>> = {
  script: 'script',
  video: 'script',
  monitor: 'video',
  assembler: 'assembly',
};

/** `v2_video_status` at each stage, by who says it. */
function statusFields(film: FilmState, stage: Stage): { readonly fields: Fields; readonly by: readonly Role[] } {
  const problem = problemOf(film);
  const uri = finalUri(film);
  if (uri !== undefined) {
    const done = { final_url: uri, completed_at: time(completedAt(film)), error_message: ABSENT };
    const real = { blocks_count: filmPlan(film).length, duration: seconds(film) };
    return { fields: { status: 'completed', current_step: 'assembly', ...real, ...done }, by: ['assembler'] };
  }
  const open = { final_url: ABSENT, completed_at: ABSENT };
  const waitsBeforeBlock1 = film.status === 'needs-input' && (stage === 'script' || stage === 'video');
  if (problem !== undefined && !waitsBeforeBlock1) {
    return { fields: { status: 'error', current_step: ERROR[stage], error_message: problem, ...open }, by: [stage] };
  }
  const going = { error_message: ABSENT, ...open };
  switch (stage) {
    case 'script':
    case 'video':
      return { fields: { status: 'script_generated', current_step: 'script', ...going }, by: ['script', 'video'] };
    case 'monitor': {
      const by: readonly Role[] = isHandover(film) ? ['video', 'monitor'] : ['monitor'];
      return { fields: { status: 'generating', current_step: 'video', ...going }, by };
    }
    case 'assembler':
      return { fields: { status: 'assembling', current_step: 'assembly', ...going }, by: ['assembler'] };
  }
}

function statusDocument(film: FilmState, stage: Stage, { owns }: Beside): JsonObject | undefined {
  // The old script function writes nothing before there is a script.
  if (stage === 'script' && film.status === 'running') return undefined;
  const { fields, by } = statusFields(film, stage);
  const head = { video_id: film.videoId, blocks_count: filmPlan(film).length, duration: seconds(film) };
  return {
    ...(owns.script ? head : {}),
    // Whoever cancels a film means it, whoever is at it.
    ...(allOf(by, owns) || film.status === 'cancelled' ? fields : {}),
    updated_at: time(film.updatedAt),
    [OWN_KEY]: ownPart(film),
  };
}

const live = (block: BlockState): readonly Take[] => block.takes.filter((take) => take.round === block.round);

/**
 * The lowest block that is not finished, from its first operation on; where all are, the last. Until then it is the block before, as the old
 * monitor has it: one that is put back in charge just then would take that block's operation for the next one's.
 */
export function currentBlock(film: FilmState): number {
  const open = filmPlan(film).find(({ block }) => !isFixed(film, block))?.block;
  if (open === undefined) return filmPlan(film).length;
  const state = film.blocks[open - 1];
  const isLaunched = state !== undefined && live(state).some(launched);
  return isLaunched || open === 1 ? open : open - 1;
}

function blockStatus(film: FilmState, block: BlockState): 'pending' | 'processing' | 'completed' | 'failed' {
  if (isFixed(film, block.block)) return 'completed';
  const takes = live(block);
  if (takes.some((take) => launched(take) && take.outcome === undefined) || block.accepted) return 'processing';
  const ended = takes.at(-1)?.outcome?.kind;
  if (ended === undefined) return takes.length > 0 ? 'processing' : 'pending';
  return ended === 'finished' || ended === 'released' ? 'processing' : 'failed';
}

function blockEntry(film: FilmState, block: BlockState, { place }: Beside): JsonObject {
  const script = film.script?.blocks[block.block - 1];
  const accepted = isFixed(film, block.block) ? block.accepted?.token : undefined;
  const take = block.takes.find(({ token }) => token === accepted) ?? live(block).findLast(launched);
  return {
    block_num: block.block,
    status: blockStatus(film, block),
    ...(accepted === undefined ? {} : { gcs_uri: `${place}block_${block.block}.mp4` }),
    ...(take?.operation === undefined ? {} : { operation_name: take.operation }),
    ...(script === undefined
      ? {}
      : {
          bloc: block.block,
          dialogue: script.dialogue,
          visuel: script.visual,
          duration: film.plan[block.block - 1]?.seconds ?? 0,
        }),
  };
}

/** The operation that is looked at, or the one that was looked at last. */
function currentOperation(film: FilmState): string | undefined {
  const current = film.blocks[currentBlock(film) - 1];
  const mine = current && live(current).findLast(launched);
  if (mine) return mine.operation;
  const all = film.blocks.flatMap((block) => block.takes).filter(launched);
  return all.sort((a, b) => (a.launchedAt ?? 0) - (b.launchedAt ?? 0)).at(-1)?.operation;
}

function firstLaunchAt(film: FilmState): number {
  const times = film.blocks.flatMap((block) => block.takes.map((take) => take.launchedAt ?? take.at));
  return times.length > 0 ? Math.min(...times) : film.createdAt;
}

function generating(film: FilmState, beside: Beside): Fields {
  const shown = filmPlan(film).length;
  const current = film.blocks[currentBlock(film) - 1];
  const operation = currentOperation(film);
  return {
    blocks: film.blocks.slice(0, shown).map((block) => blockEntry(film, block, beside)),
    current_block: currentBlock(film),
    ...(operation === undefined ? {} : { operation_name: operation }),
    retry_count: current === undefined ? 0 : usedAttempts(current),
    total_blocks: shown,
    veo_version: shortVersion(film.model.id),
    created_at: time(firstLaunchAt(film)),
  };
}

/** `v2_veo_operations.status` and what belongs to it. */
function operationsStatus(film: FilmState, stage: Stage): { readonly fields: Fields; readonly by: readonly Role[] } {
  const problem = problemOf(film);
  const uri = finalUri(film);
  if (uri !== undefined) {
    const real = { total_blocks: filmPlan(film).length };
    return { fields: { status: 'completed', final_url: uri, ...real, error_message: ABSENT }, by: ['assembler'] };
  }
  const open = { final_url: ABSENT };
  if (problem !== undefined) return { fields: { status: 'failed', error_message: problem, ...open }, by: [stage] };
  const going = { ...open, error_message: ABSENT };
  if (stage === 'assembler') return { fields: { status: 'ready_for_assembly', ...going }, by: ['monitor'] };
  const by: readonly Role[] = isHandover(film) ? ['video', 'monitor'] : ['monitor'];
  return { fields: { status: `generating_block_${currentBlock(film)}`, ...going }, by };
}

/** The video function makes this document with its first operation. */
function operationsDocument(film: FilmState, stage: Stage, beside: Beside): JsonObject | undefined {
  if (stage === 'script' || stage === 'video') return undefined;
  const { owns } = beside;
  const { fields, by } = operationsStatus(film, stage);
  const maker: readonly Role[] = isHandover(film) && stage === 'monitor' ? ['video', 'monitor'] : ['monitor'];
  return {
    ...(allOf(maker, owns) ? { video_id: film.videoId, ...generating(film, beside) } : {}),
    ...(allOf(by, owns) || film.status === 'cancelled' ? fields : {}),
    updated_at: time(film.updatedAt),
    [OWN_KEY]: ownPart(film),
  };
}

/**
 * Both documents of a film, as far as they are ours to write: a field belongs to the function that is at the film, and those of functions
 * that others own are left out.
 */
export function legacyDocuments(film: FilmState, beside: Beside): LegacyDocuments {
  const stage = stageOf(film);
  return { status: statusDocument(film, stage, beside), operations: operationsDocument(film, stage, beside) };
}
