/**
 * Marks in the bucket. They outlive the database: a film can be rebuilt from them, and a state that is older than they are gives itself away.
 */

import { badInput, ReelstateError } from './errors.ts';
import type { FilmStore } from './film-store.ts';
import { canonical, type Json } from './json.ts';
import { parseTakeObject, paths } from './paths.ts';
import type { Storage, StoredObject } from './ports.ts';
import type { BlockState, FilmState } from './state.ts';

export interface MarkedTake {
  readonly block: number;
  readonly take: number;
  readonly token: string;
}

/** What `film.json` holds: everything of a film that no other mark tells. */
export type FilmMark = Pick<
  FilmState,
  | 'schema'
  | 'videoId'
  | 'createdAt'
  | 'input'
  | 'inputHash'
  | 'model'
  | 'maxAttempts'
  | 'gateMs'
  | 'canSoften'
  | 'steps'
  | 'plan'
  | 'estimateMicroUsd'
  | 'capMicroUsd'
  | 'approved'
  | 'script'
  | 'revision'
  | 'finish'
  | 'cancelled'
  | 'commands'
> & { readonly blocks: readonly Omit<BlockState, 'accepted' | 'takes'>[] };

export interface Marks {
  readonly takes: readonly MarkedTake[];
  readonly film: FilmMark | undefined;
}

const TRIES = 3;

export const isTaken = (error: unknown): boolean => ReelstateError.is(error) && error.code === 'precondition-failed';

/** Writes a mark, or reads the one that is there: whoever comes first has said it for good. */
export async function createOnce(
  storage: Storage,
  name: string,
  value: Json,
  metadata: Readonly<Record<string, string>>,
): Promise<{ readonly created: boolean; readonly value: Json; readonly metadata: Readonly<Record<string, string>> }> {
  const text = `${JSON.stringify(value, null, 2)}\n`;
  try {
    await storage.put(name, text, { ifRevision: null, contentType: 'application/json', metadata });
    return { created: true, value, metadata };
  } catch (error) {
    if (!isTaken(error)) throw error;
    const there = await storage.text(name);
    if (there === undefined) throw error;
    return { created: false, value: JSON.parse(there.text) as Json, metadata: there.object.metadata };
  }
}

/** Marks that money hangs on are worth more than one try. */
export async function insist<T>(write: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await write();
    } catch (error) {
      if (tries >= TRIES || !ReelstateError.is(error) || error.kind !== 'retryable') throw error;
    }
  }
}

const markedTake = (object: StoredObject): MarkedTake[] => {
  const parsed = parseTakeObject(object.name);
  if (parsed?.rest !== 'intent.json') return [];
  return [{ block: parsed.block, take: parsed.take, token: object.metadata.token ?? '' }];
};

async function readFilmMark(storage: Storage, videoId: string) {
  const there = await storage.text(paths.film(videoId));
  return there && { object: there.object, mark: JSON.parse(there.text) as FilmMark };
}

/** What the bucket says about a film: who intended which takes, and what it was told. */
export async function readMarks(storage: Storage, videoId: string): Promise<Marks> {
  const [objects, film] = await Promise.all([storage.list(paths.takes(videoId)), readFilmMark(storage, videoId)]);
  return { takes: objects.flatMap(markedTake), film: film?.mark };
}

const roundOf = (blocks: readonly { readonly block: number; readonly round: number }[], block: number): number =>
  blocks[block - 1]?.round ?? 0;

/** What the marks know and this state does not; such a state is older than they are. */
export function disagreementOf(film: FilmState, marks: Marks): string | undefined {
  for (const { block, take, token } of marks.takes) {
    const known = film.blocks[block - 1]?.takes.find((candidate) => candidate.take === take);
    if (known?.token !== token)
      return `The bucket has a take ${take} of block ${block} that the database does not know.`;
  }
  const ids = new Set(film.commands.map((command) => command.id));
  const foreign = marks.film?.commands.find(({ id }) => !ids.has(id));
  if (foreign) return `The bucket has a command (${foreign.id}) that the database does not know.`;
  const newer = marks.film?.blocks.find(({ block, round }) => round > roundOf(film.blocks, block));
  return newer && `The bucket is at round ${newer.round} of block ${newer.block}, which the database does not know.`;
}

/** True where `film.json` lacks a command, a round or a softened text of this state, or lacks altogether. */
export function isBehind(film: FilmState, { film: mark }: Marks): boolean {
  if (mark === undefined || mark.commands.length < film.commands.length) return true;
  return film.blocks.some(({ block, round, rewrites }) => {
    const known = mark.blocks[block - 1];
    return known === undefined || round > known.round || rewrites.length > known.rewrites.length;
  });
}

function markOf(film: FilmState): Json {
  const { schema, videoId, createdAt, input, inputHash, model, maxAttempts, gateMs, canSoften, steps, plan } = film;
  const { estimateMicroUsd, capMicroUsd, approved, script, revision, finish, cancelled, commands } = film;
  const blocks = film.blocks.map(({ accepted: _, takes: __, ...block }) => block);
  const mark = {
    schema,
    videoId,
    createdAt,
    input,
    inputHash,
    model,
    maxAttempts,
    gateMs,
    canSoften,
    steps,
    plan,
    blocks,
  };
  return JSON.parse(
    JSON.stringify({ ...mark, estimateMicroUsd, capMicroUsd, approved, script, revision, finish, cancelled, commands }),
  ) as Json;
}

/**
 * Brings `film.json` up to a state that was read after it. Throws `rebuild-needed` where the mark knows what the state does not.
 */
export async function writeFilmMark(storage: Storage, films: FilmStore, videoId: string): Promise<void> {
  for (;;) {
    const there = await readFilmMark(storage, videoId);
    const { film } = await films.load(videoId);
    const reason = disagreementOf(film, { takes: [], film: there?.mark });
    if (reason !== undefined) {
      await films.update(videoId, () => [{ type: 'disagreed', reason }]);
      throw badInput('rebuild-needed', reason, 'Run rebuild (reelstate/admin), then send the command again.');
    }
    const value = markOf(film);
    if (there !== undefined && canonical(there.mark) === canonical(value)) return;
    try {
      await storage.put(paths.film(videoId), `${JSON.stringify(value, null, 2)}\n`, {
        ifRevision: there?.object.revision ?? null,
        contentType: 'application/json',
      });
      return;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
}
