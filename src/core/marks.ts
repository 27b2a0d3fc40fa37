/**
 * Marks in the bucket. They outlive the database: a film can be rebuilt from them, and a state that is older than they are gives itself away.
 */

import { badInput, ReelstateError } from './errors.ts';
import type { FilmStore } from './film-store.ts';
import { canonical, type Json } from './json.ts';
import { parseTakeObject, paths } from './paths.ts';
import type { Storage, StoredObject } from './ports.ts';
import type { FilmState } from './state.ts';

export interface MarkedTake {
  readonly block: number;
  readonly take: number;
  readonly token: string;
}

export interface Marks {
  readonly takes: readonly MarkedTake[];
  /** Ids of the commands that `film.json` holds; undefined where there is no `film.json`. */
  readonly commands: readonly string[] | undefined;
}

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

const markedTake = (object: StoredObject): MarkedTake[] => {
  const parsed = parseTakeObject(object.name);
  if (parsed?.rest !== 'intent.json') return [];
  return [{ block: parsed.block, take: parsed.take, token: object.metadata.token ?? '' }];
};

async function readFilmMark(storage: Storage, videoId: string) {
  const there = await storage.text(paths.film(videoId));
  if (there === undefined) return undefined;
  const mark = JSON.parse(there.text) as { commands?: { id: string }[] };
  return { ...there, commands: (mark.commands ?? []).map((command) => command.id) };
}

/** What the bucket says about a film: who intended which takes, and which commands it was given. */
export async function readMarks(storage: Storage, videoId: string): Promise<Marks> {
  const [objects, film] = await Promise.all([storage.list(paths.takes(videoId)), readFilmMark(storage, videoId)]);
  return { takes: objects.flatMap(markedTake), commands: film?.commands };
}

/** What the marks know and this state does not; such a state is older than they are. */
export function disagreementOf(film: FilmState, marks: Marks): string | undefined {
  for (const { block, take, token } of marks.takes) {
    const known = film.blocks[block - 1]?.takes.find((candidate) => candidate.take === take);
    if (known?.token !== token)
      return `The bucket has a take ${take} of block ${block} that the database does not know.`;
  }
  const ids = new Set(film.commands.map((command) => command.id));
  const foreign = marks.commands?.find((id) => !ids.has(id));
  return foreign === undefined ? undefined : `The bucket has a command (${foreign}) that the database does not know.`;
}

/** True where `film.json` lacks a command of this state (or lacks altogether). */
export const isBehind = (film: FilmState, marks: Marks): boolean =>
  marks.commands === undefined || film.commands.some((command) => !marks.commands?.includes(command.id));

const filmMark = (film: FilmState): Json =>
  JSON.parse(
    JSON.stringify({
      schema: film.schema,
      videoId: film.videoId,
      createdAt: film.createdAt,
      input: film.input,
      inputHash: film.inputHash,
      model: film.model,
      maxAttempts: film.maxAttempts,
      steps: film.steps,
      capMicroUsd: film.capMicroUsd,
      commands: film.commands,
    }),
  ) as Json;

/**
 * Brings `film.json` up to a state that was read after it. Throws `rebuild-needed` where the mark holds a command that the state
 * does not.
 */
export async function writeFilmMark(storage: Storage, films: FilmStore, videoId: string): Promise<void> {
  for (;;) {
    const mark = await readFilmMark(storage, videoId);
    const { film } = await films.load(videoId);
    const reason = disagreementOf(film, { takes: [], commands: mark?.commands });
    if (reason !== undefined) {
      await films.update(videoId, () => [{ type: 'disagreed', reason }]);
      throw badInput('rebuild-needed', reason, 'Run rebuild (reelstate/admin), then send the command again.');
    }
    const value = filmMark(film);
    if (mark !== undefined && canonical(JSON.parse(mark.text)) === canonical(value)) return;
    try {
      await storage.put(paths.film(videoId), `${JSON.stringify(value, null, 2)}\n`, {
        ifRevision: mark?.object.revision ?? null,
        contentType: 'application/json',
      });
      return;
    } catch (error) {
      if (!isTaken(error)) throw error;
    }
  }
}
