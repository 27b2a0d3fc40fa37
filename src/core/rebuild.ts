/** A film from its bucket alone: the database was lost, or an old one was restored. Nothing is bought again. */
import { coversOf, usedAttempts } from './blocks.ts';
import { scriptHash } from './commands.ts';
import { badInput, ReelstateError } from './errors.ts';
import { foreignTake } from './foreign.ts';
import { utcDay } from './ledger.ts';
import { REBUILT } from './machine.ts';
import { type FilmMark, readMarks } from './marks.ts';
import { measured } from './measure.ts';
import { parseTakeObject, paths } from './paths.ts';
import { engineOf, type Pipeline } from './pipeline.ts';
import type { Storage, StoredObject } from './ports.ts';
import {
  type BlockState,
  type Charge,
  type FilmState,
  FOREIGN,
  type Published,
  SCHEMA,
  type Script,
  type Take,
  type TakeOutcome,
  type TakeOutput,
} from './state.ts';

interface Bucket {
  readonly storage: Storage;
  readonly videoId: string;
  readonly mark: FilmMark;
  readonly objects: readonly StoredObject[];
  /** Which objects are a vendor's results. */
  readonly outputs: RegExp;
  readonly now: number;
  /** What the database had before the marks were read. */
  readonly known: FilmState | undefined;
}

async function json<T>({ storage }: Bucket, name: string): Promise<T | undefined> {
  const there = await storage.text(name);
  return there && (JSON.parse(there.text) as T);
}

/** The finished video of a take, if it is there and is one. */
const outputOf = (bucket: Bucket, place: string): Promise<TakeOutput | undefined> =>
  videoIn(
    bucket,
    bucket.objects.find(({ name }) => name.startsWith(place) && bucket.outputs.test(name)),
  );

async function videoIn({ storage }: Bucket, object: StoredObject | undefined): Promise<TakeOutput | undefined> {
  if (object === undefined) return undefined;
  try {
    return await measured(storage, object);
  } catch (error) {
    if (ReelstateError.is(error) && error.kind === 'permanent') return undefined;
    throw error;
  }
}

interface IntentMark {
  readonly token: string;
  readonly round?: number;
  readonly inputHash?: string;
  readonly microUsd?: number;
  readonly at: number;
  readonly from?: string | null;
  readonly seconds?: number;
  readonly prompt?: { readonly dialogue?: string };
  readonly tombstone?: boolean;
}

type OutcomeMark = TakeOutcome & { readonly charge?: Charge; readonly operation?: string };

async function takeFrom(bucket: Bucket, block: number, take: number): Promise<Take> {
  const { videoId, now } = bucket;
  const intent = await json<IntentMark>(bucket, paths.intent(videoId, block, take));
  if (intent === undefined) throw new RangeError(`take ${block}-${take} has no intent`);
  const operation = await json<{ operation: string; at: number }>(bucket, paths.operation(videoId, block, take));
  const ended = await json<OutcomeMark>(bucket, paths.outcome(videoId, block, take));
  const output = ended === undefined ? await outputOf(bucket, paths.place(videoId, block, take)) : undefined;
  const base: Take = {
    take,
    round: intent.round ?? 1,
    token: intent.token,
    holder: 'rebuilt',
    inputHash: intent.inputHash ?? '',
    seconds: intent.seconds ?? 0,
    microUsd: intent.microUsd ?? 0,
    day: utcDay(intent.at),
    at: intent.at,
    charge: 'reserved',
    ...(intent.from ? { from: intent.from } : {}),
    ...(intent.prompt?.dialogue === undefined ? {} : { dialogue: intent.prompt.dialogue }),
    ...(operation === undefined ? {} : { operation: operation.operation, launchedAt: operation.at }),
  };
  if (intent.tombstone)
    return { ...base, charge: 'not-charged', outcome: { kind: 'released', at: intent.at, code: 'tombstone' } };
  if (ended) {
    const { kind, at, code, message, audio } = ended;
    const free = kind === 'released' || kind === 'refused';
    const details = { ...(code ? { code } : {}), ...(message ? { message } : {}), ...(audio ? { audio } : {}) };
    return { ...base, charge: ended.charge ?? (free ? 'not-charged' : 'unknown'), outcome: { kind, at, ...details } };
  }
  return output === undefined ? base : { ...base, output, charge: 'charged', outcome: { kind: 'finished', at: now } };
}

/**
 * Takes that the database has and the bucket not yet: whoever intended one may be about to post it, so its fate is found out like any
 * other's. Where the bucket has another take of that number, that one came first and this one is never posted.
 */
const unmarked = ({ known }: Bucket, block: number, marked: readonly Take[]): readonly Take[] =>
  (known?.blocks[block - 1]?.takes ?? []).filter(({ take }) => marked.every((other) => other.take !== take));

async function acceptedIn(bucket: Bucket, film: FilmState, block: BlockState): Promise<BlockState> {
  const mark = await json<AcceptedMark>(bucket, paths.accepted(bucket.videoId, block.block, block.round));
  const planned = film.plan[block.block - 1];
  const known = block.takes.find((candidate) => candidate.token === mark?.token);
  if (mark === undefined || planned === undefined) return block;
  const take = known?.output ? known : await markedTake(bucket, film, block, mark, known);
  if (take?.output === undefined) return block;
  const covers = coversOf(film, planned, take.output);
  const takes = [...block.takes.filter(({ token }) => token !== take.token), take].sort((a, b) => a.take - b.take);
  return { ...block, takes, accepted: { round: block.round, take: take.take, token: take.token, covers, fixed: true } };
}

interface AcceptedMark {
  readonly take: number;
  readonly token: string;
  readonly name: string;
  readonly operation: string | null;
}

/** A take whose video was accepted where another program had put it. */
async function markedTake(
  bucket: Bucket,
  film: FilmState,
  block: BlockState,
  mark: AcceptedMark,
  known: Take | undefined,
): Promise<Take | undefined> {
  const { take: number, token, name, operation } = mark;
  if (known === undefined && !token.startsWith(`${FOREIGN}:`)) return undefined;
  const output = await videoIn(
    bucket,
    bucket.objects.find((object) => object.name === name),
  );
  if (output === undefined) return undefined;
  const take = known ?? { ...foreignTake(film, block, operation ?? undefined, bucket.now), take: number, token };
  return { ...take, output, outcome: { kind: 'finished', at: bucket.now }, charge: 'charged' };
}

/** The script as it was published last. */
async function publishedScript(bucket: Bucket): Promise<Script | undefined> {
  const document = await json<{ blocks?: { dialogue: string; visuel: string; continuity?: string }[]; title?: string }>(
    bucket,
    paths.script(bucket.videoId),
  );
  if (document?.blocks === undefined) return undefined;
  const blocks = document.blocks.map(({ dialogue, visuel, continuity }) =>
    continuity === undefined ? { dialogue, visual: visuel } : { dialogue, visual: visuel, continuity },
  );
  return { blocks, hash: scriptHash(blocks) };
}

function publishedNames(bucket: Bucket): Readonly<Record<string, Published>> {
  const names = bucket.objects.filter(
    ({ name, metadata }) => metadata.token !== undefined && parseTakeObject(name) === undefined,
  );
  const isPublished = (name: string): boolean => !/\/(accepted|frames|scripts|segments|words)\//.test(name);
  return Object.fromEntries(
    names
      .filter(({ name }) => isPublished(name))
      .map(({ name, revision, metadata }) => [name, { revision, token: metadata.token ?? '' }]),
  );
}

/** The script of the last command, or what the language model wrote after it. */
function newestScript(
  mark: FilmMark,
  published: Script | undefined,
): Pick<FilmState, 'revision'> & { readonly script?: Script | undefined } {
  const { notes, ...revision } = mark.revision;
  const own = mark.input.script && { ...mark.input.script, hash: scriptHash(mark.input.script.blocks) };
  if (notes === undefined) return { revision, script: mark.script ?? published ?? own };
  const isWritten = published !== undefined && published.hash !== mark.script?.hash;
  return isWritten ? { revision, script: published } : { revision: mark.revision, script: mark.script ?? published };
}

/**
 * What the marks tell of a film, and of its takes what the database knew (`known`, read before). It stands in `needs-input` until `resume`. Throws `film-not-found` where the bucket has no `film.json`.
 */
export async function filmFromMarks(
  storage: Storage,
  videoId: string,
  now: number,
  outputs = /sample_\d+\.mp4$/,
  known?: FilmState,
): Promise<FilmState> {
  const [marks, objects] = await Promise.all([readMarks(storage, videoId), storage.list(`${videoId}/`)]);
  const mark = marks.film;
  if (mark === undefined) {
    throw badInput('film-not-found', `The bucket has no film.json of ${videoId}.`, 'Check the id and the bucket.');
  }
  const bucket: Bucket = { storage, videoId, mark, objects, outputs, now, known };
  const blocks = await Promise.all(
    mark.blocks.map(async (block) => {
      const mine = marks.takes.filter((take) => take.block === block.block).sort((a, b) => a.take - b.take);
      const takes = await Promise.all(mine.map(({ take }) => takeFrom(bucket, block.block, take)));
      const all = [...takes, ...unmarked(bucket, block.block, takes)].sort((a, b) => a.take - b.take);
      return { ...block, takes: all };
    }),
  );
  const { script, revision } = newestScript(mark, await publishedScript(bucket));
  let film: FilmState = {
    ...mark,
    schema: SCHEMA,
    updatedAt: now,
    blocks,
    calls: [],
    tasks: {},
    published: publishedNames(bucket),
    paused: false,
    rebuilt: true,
    status: 'needs-input',
    needsInput: REBUILT,
    events: [{ number: 1, at: now, type: 'film-rebuilt' }],
    eventCount: 1,
    revision,
    ...(script === undefined ? {} : { script }),
  };
  for (const block of film.blocks) {
    const accepted = await acceptedIn(bucket, film, block);
    // Takes that this database never saw count as spend, not as attempts.
    const allowance = Math.max(accepted.allowance, usedAttempts(accepted) + film.maxAttempts);
    film = { ...film, blocks: film.blocks.with(block.block - 1, { ...accepted, allowance }) };
  }
  return withHeardWords(bucket, film);
}

/**
 * Puts the film that the bucket tells of in the place of the database's, which may be damaged. Throws what `filmFromMarks` throws,
 * `state-newer`, and `state-conflict`.
 */
export async function rebuildFilm(films: Pipeline, videoId: string): Promise<void> {
  const { ports, films: store } = engineOf(films);
  const { state, storage, clock, video } = ports;
  // Before the marks: what anybody intends after this read ends in a conflict. Nobody is at a film that cannot be read.
  const stored = await unlessCorrupt(store.find(videoId));
  const known = stored === CORRUPT ? undefined : stored?.persisted;
  const film = await filmFromMarks(storage, videoId, clock.now(), video?.outputs, known);
  if (stored !== CORRUPT) return store.replace(film, stored);
  const damaged = await unlessCorrupt(state.load(videoId));
  // Where the store itself cannot read it, there is no revision to save over.
  if (damaged === CORRUPT) await state.remove(videoId);
  await store.replace(film, damaged === CORRUPT ? undefined : damaged, asCounted(film));
}

const CORRUPT = 'corrupt';

const unlessCorrupt = <T>(read: Promise<T>): Promise<T | typeof CORRUPT> =>
  read.catch((error) => {
    if (ReelstateError.is(error) && error.code === 'state-corrupt') return CORRUPT;
    throw error;
  });

/** What a damaged state is likely to have counted: every take that has a mark, and as under way those whose end nobody had written down. */
const asCounted = (film: FilmState): FilmState => ({
  ...film,
  blocks: film.blocks.map((block) => ({
    ...block,
    takes: block.takes.map(({ outcome, ...take }) =>
      outcome?.kind === 'finished' && block.accepted === undefined
        ? take
        : { ...take, ...(outcome ? { outcome } : {}) },
    ),
  })),
});

/** What was transcribed is not paid for again. */
function withHeardWords({ videoId, objects, now }: Bucket, film: FilmState): FilmState {
  const tasks = film.blocks.flatMap(({ block, accepted }) => {
    const name = accepted && paths.words(videoId, block, accepted.take);
    const isThere = objects.some((object) => object.name === name && object.metadata.token === accepted?.token);
    return isThere && name
      ? [[`words:${block}`, { input: accepted?.token ?? '', failures: 0, done: { at: now, output: { name } } }]]
      : [];
  });
  return { ...film, tasks: Object.fromEntries(tasks) as FilmState['tasks'] };
}
