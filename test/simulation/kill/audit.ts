/** What is wrong with a film that is said to be completed: seen from the vendor's books, the folder and the SQLite file, never through the SDK. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { resolveFfmpeg, runProcess } from '../../../src/adapters/ffmpeg/index.ts';
import { secondsOf, VIDEO } from './setting.ts';
import type { Entry } from './vendor.ts';

const FPS = 24;
const NOTES = '.reelstate';

interface Take {
  readonly take: number;
  readonly charge: string;
  readonly microUsd: number;
  readonly operation?: string;
}

/** What the audit reads of a saved state. */
interface State {
  readonly status: string;
  readonly blocks: readonly { readonly block: number; readonly takes: readonly Take[] }[];
  readonly calls: readonly { readonly charge: string; readonly microUsd: number }[];
  readonly published: Readonly<Record<string, { readonly revision: string }>>;
  readonly events: readonly { readonly type: string }[];
}

export interface Audited {
  readonly broken: readonly string[];
  /** Objects that are not what their writer wrote. */
  readonly tornObjects: number;
}

export interface Evidence {
  /** The folder with the objects. */
  readonly films: string;
  readonly database: string;
  readonly tempDir: string;
  readonly blocks: number;
  readonly books: readonly Entry[];
}

export async function audit(evidence: Evidence): Promise<Audited> {
  const { books, films } = evidence;
  const { state, counters, problems } = readDatabase(evidence.database);
  const torn = state === undefined ? [] : tornObjects(films, books, state);
  const broken = [
    ...problems,
    ...launches(evidence),
    ...(state === undefined
      ? ['there is no state of the film']
      : [...stateOf(state), ...money(state, counters, books)]),
    ...torn.map((what) => `torn: ${what}`),
    ...blockFiles(evidence),
    ...(await finalCut(join(films, VIDEO, 'final.mp4'), evidence.blocks)),
  ];
  return { broken, tornObjects: torn.length };
}

function readDatabase(path: string) {
  const database = new DatabaseSync(path);
  try {
    const [check] = database.prepare('PRAGMA integrity_check').all();
    const row = database.prepare('SELECT state FROM films WHERE video_id = ?').get(VIDEO);
    const state = row === undefined ? undefined : (JSON.parse(String(row.state)) as State);
    const counters = database.prepare('SELECT key, value FROM counters').all();
    const isWhole = Object.values(check ?? {})[0] === 'ok';
    return { state, counters, problems: isWhole ? [] : ['the database is damaged'] };
  } finally {
    database.close();
  }
}

/** The place that a launch named: film, block and take. */
const placeOf = ({ outputPlace }: Pick<Entry, 'outputPlace'>): string => outputPlace.split('/').at(-2) ?? '';

function launches({ books, blocks }: Evidence): string[] {
  const counts = new Map<string, number>();
  for (const entry of books) counts.set(placeOf(entry), (counts.get(placeOf(entry)) ?? 0) + 1);
  const twice = [...counts].filter(([, count]) => count > 1);
  return [
    ...twice.map(([take, count]) => `take ${take} was launched ${count} times`),
    ...(books.length === blocks ? [] : [`${books.length} launches for ${blocks} blocks`]),
    ...(books.every(({ delivered }) => delivered) ? [] : ['the film was completed before the vendor delivered']),
  ];
}

function stateOf(state: State): string[] {
  const completed = state.events.filter(({ type }) => type === 'film-completed').length;
  return [
    ...(state.status === 'completed' ? [] : [`the state says ${state.status}`]),
    ...(completed === 1 ? [] : [`the film was delivered ${completed} times`]),
  ];
}

/** What the ledger says was charged is what the vendor has in its books; what nobody can know may only be what never reached it. */
function money(state: State, counters: readonly Record<string, unknown>[], books: readonly Entry[]): string[] {
  const takes = state.blocks.flatMap((block) => block.takes.map((take) => ({ ...take, block: block.block })));
  const problems: string[] = [];
  const paid = books.reduce((sum, { microUsd }) => sum + microUsd, 0);
  const charged = takes.reduce((sum, { charge, microUsd }) => sum + (charge === 'charged' ? microUsd : 0), 0);
  if (charged !== paid)
    problems.push(`the ledger has ${charged} of the ${paid} micro-dollars that were paid for takes`);
  for (const { block, take, charge } of takes) {
    const isPaid = books.some((entry) => placeOf(entry) === `${block}-${take}`);
    if (charge === 'reserved') problems.push(`take ${block}-${take} is still reserved`);
    if (charge === 'unknown' && isPaid) problems.push(`take ${block}-${take} was paid and the ledger does not know`);
  }
  const spend = [...takes, ...state.calls].reduce(
    (sum, { charge, microUsd }) => sum + (charge === 'not-charged' ? 0 : microUsd),
    0,
  );
  const total = (prefix: string): number =>
    counters.reduce((sum, { key, value }) => sum + (String(key).startsWith(prefix) ? Number(value) : 0), 0);
  if (total('spend/day/') !== spend) problems.push(`the day's counter says ${total('spend/day/')}, the film ${spend}`);
  if (total('launches-under-way') !== 0) problems.push(`${total('launches-under-way')} launches are still under way`);
  return problems;
}

interface Found {
  readonly name: string;
  readonly path: string;
  readonly note?: { readonly revision: string };
}

const identityOf = (path: string): string => {
  const { mtimeNs, size } = lstatSync(path, { bigint: true });
  return `${mtimeNs.toString(36)}-${size.toString(36)}`;
};

const notePath = (path: string): string => join(dirname(path), NOTES, `${basename(path)}~${identityOf(path)}.json`);

function filesBelow(root: string): string[] {
  const files: string[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const path = join(root, entry.name);
    if (entry.isDirectory()) files.push(...filesBelow(path));
    else files.push(path);
  }
  return files;
}

const isBookkeeping = (path: string): boolean => path.includes(`/${NOTES}/`);

function objects(root: string): Found[] {
  const paths = filesBelow(root).filter((path) => !isBookkeeping(path));
  return paths.map((path) => {
    const name = path.slice(root.length + 1);
    try {
      return { name, path, note: JSON.parse(readFileSync(notePath(path), 'utf8')) };
    } catch {
      return { name, path };
    }
  });
}

/** A note belongs to one size and one moment: a file that was cut or written over has none. */
function tornObjects(root: string, books: readonly Entry[], state: State): string[] {
  return objects(root).flatMap(({ name, path, note }) => {
    const bytes = readFileSync(path);
    const published = state.published[name];
    const take = books.find(({ delivered }) => delivered?.uri.endsWith(`/${name}`));
    if (note === undefined) return [`${name} has no note of its size and time`];
    if (published !== undefined && published.revision !== note.revision) return [`${name} is not what was published`];
    if (take?.delivered && !bytes.equals(take.delivered.bytes)) return [`${name} is not what was delivered`];
    return isWhole(name, bytes) ? [] : [`${name} is not whole`];
  });
}

function isWhole(name: string, bytes: Buffer): boolean {
  if (name.endsWith('.json')) {
    try {
      return JSON.parse(bytes.toString()) !== undefined;
    } catch {
      return false;
    }
  }
  if (name.endsWith('.jpg'))
    return bytes.subarray(0, 2).equals(START_OF_JPEG) && bytes.subarray(-2).equals(END_OF_JPEG);
  return bytes.length > 0;
}

const START_OF_JPEG = Buffer.from([0xff, 0xd8]);
const END_OF_JPEG = Buffer.from([0xff, 0xd9]);

function blockFiles({ films, blocks, books }: Evidence): string[] {
  return Array.from({ length: blocks }, (_, index) => index + 1).flatMap((block) => {
    try {
      const mark = JSON.parse(readFileSync(join(films, VIDEO, 'accepted', `${block}-r1.json`), 'utf8'));
      const take = books.find((entry) => placeOf(entry) === `${block}-${mark.take}`);
      const file = readFileSync(join(films, VIDEO, `block_${block}.mp4`));
      return take?.delivered && file.equals(take.delivered.bytes)
        ? []
        : [`block_${block}.mp4 is not the accepted take`];
    } catch (error) {
      return [`block ${block}: ${(error as Error).message}`];
    }
  });
}

/** Decodes every picture and sample. */
async function finalCut(path: string, blocks: number): Promise<string[]> {
  const { ffmpeg } = await resolveFfmpeg();
  const errors: string[] = [];
  try {
    const args = ['-nostdin', '-v', 'error', '-xerror', '-progress', 'pipe:1', '-i', path, '-f', 'null', '-'];
    const onStderrLine = (line: string): void => void errors.push(line);
    const { stdout } = await runProcess({ command: ffmpeg, args, timeoutMs: 60_000, onStderrLine });
    const frames = [...new TextDecoder().decode(stdout).matchAll(/^frame=\s*(\d+)$/gm)].at(-1)?.[1];
    if (Number(frames) !== secondsOf(blocks) * FPS) errors.push(`${frames} frames in ${secondsOf(blocks)} s`);
  } catch (error) {
    errors.push((error as Error).message);
  }
  return errors.map((what) => `final.mp4: ${what}`);
}

/** What no object needs: drafts, begun changes, notes of nothing, work folders. */
export function leftovers({ films, tempDir }: Pick<Evidence, 'films' | 'tempDir'>): string[] {
  const needed = new Set(objects(films).map(({ path }) => notePath(path)));
  const bookkeeping = filesBelow(films).filter(isBookkeeping);
  return [
    ...bookkeeping.filter((path) => !needed.has(path)).map((path) => path.slice(films.length + 1)),
    ...readdirSync(tempDir).map((name) => `temporary ${name}`),
  ];
}
