/** A film that other programs began, as a film of ours: from its script, its documents and the blocks in its folder. */
import { scriptHash } from './commands.ts';
import { badInput, ReelstateError } from './errors.ts';
import { CAP_FACTOR } from './estimate.ts';
import { foreignFacts } from './foreign.ts';
import type { CreateInput } from './input.ts';
import type { Json } from './json.ts';
import { takePrice } from './ledger.ts';
import { advanceState } from './machine.ts';
import { readMarks, writeFilmMark } from './marks.ts';
import { newFilm } from './new-film.ts';
import { checkFilmOwners } from './owners.ts';
import { checkVideoId } from './paths.ts';
import { engineOf, type Pipeline } from './pipeline.ts';
import { type BlockKind, maxExtensions, type PlannedBlock, planBlocks } from './plan.ts';
import type { Foreign, ForeignFilm, VideoLimits, VideoModel } from './ports.ts';
import { checkScript } from './script.ts';
import type { FilmInput, FilmState, ScriptBlock } from './state.ts';
import { readUploadedScript, type UploadedScript } from './uploaded-script.ts';

/** What the old documents do not say of a film. */
export type TakeOverDefaults = Omit<CreateInput, 'theme' | 'script' | 'videoId' | 'durationSeconds'>;

/** The old functions' films are French. */
const DEFAULT_LANGUAGE = 'fr';
const NOTHING_OURS = { script: false, video: false, monitor: false, assembler: false } as const;
const NOTHING: Foreign = { blocks: [] };

/** So many blocks: in one chain as far as the others came, from there on as the model allows. */
export function planOfBlocks(count: number, reached: number, limits: VideoLimits): readonly PlannedBlock[] {
  const start = Math.max(...limits.startSeconds);
  const { extendSeconds } = limits;
  const most = maxExtensions(limits);
  const later: BlockKind = limits.firstFrame ? 'last-frame' : 'start';
  const plan: PlannedBlock[] = [];
  let extensions = 0;
  for (let block = 1; block <= count; block += 1) {
    const extend = block > 1 && extendSeconds !== undefined && (extensions < most || block <= reached);
    extensions = extend ? extensions + 1 : 0;
    const chain = (plan.at(-1)?.chain ?? 0) + (extend ? 0 : 1);
    const kind: BlockKind = extend ? 'extend' : block === 1 ? 'start' : later;
    plan.push({ block, chain, seconds: extend ? extendSeconds : start, kind });
  }
  return plan;
}

/** The highest block that anybody launched or finished. */
const reachedBy = ({ blocks }: Foreign): number => Math.max(0, ...blocks.map(({ block }) => block));

/** The plan that fits the script's blocks: our own of the length that it names, else as many blocks as it has. */
function planFor(script: UploadedScript, reached: number, input: FilmInput, model: VideoModel, maxSeconds: number) {
  const count = script.blocks.length;
  const { chaining } = input;
  if (reached === 0) {
    for (const seconds of script.lengths.filter((length) => length <= maxSeconds)) {
      const plan = planBlocks(seconds, model.limits, { chaining, maxSeconds });
      if (plan.length === count) return plan;
    }
  }
  const { extendSeconds: _, ...single } = model.limits;
  const plan = planOfBlocks(count, reached, chaining === 'extend' ? model.limits : single);
  const total = plan.reduce((sum, { seconds }) => sum + seconds, 0);
  if (total <= maxSeconds) return plan;
  throw badInput(
    'invalid-duration',
    `A script of ${count} blocks makes ${total} s; this pipeline allows ${maxSeconds} s.`,
    'Shorten it, or raise limits.maxSeconds.',
  );
}

function withPlan(
  film: FilmState,
  script: UploadedScript,
  plan: readonly PlannedBlock[],
  hasOwnCap: boolean,
): FilmState {
  const price = (blocks: readonly PlannedBlock[], model: VideoModel): number =>
    blocks.reduce((sum, { seconds }) => sum + takePrice(model, film.input.resolution, seconds), 0);
  const estimateMicroUsd = film.estimateMicroUsd + price(plan, film.model) - price(film.plan, film.model);
  const { blocks } = script;
  const { block: _, ...fresh } = film.blocks[0] ?? { block: 1, round: 1, rewrites: [], acknowledged: 0, takes: [] };
  return {
    ...film,
    ...withScript(film, script),
    input: { ...film.input, script: { blocks }, durationSeconds: plan.reduce((sum, { seconds }) => sum + seconds, 0) },
    plan,
    blocks: plan.map(({ block }) => ({ allowance: film.maxAttempts, ...fresh, block })),
    estimateMicroUsd,
    capMicroUsd: hasOwnCap ? film.capMicroUsd : Math.ceil(estimateMicroUsd * CAP_FACTOR),
  };
}

/** The first state of a film that others began: what they launched are takes of theirs, whoever owns the functions now. */
async function firstState(
  films: Pipeline,
  videoId: string,
  foreign: Foreign,
  defaults: TakeOverDefaults,
): Promise<FilmState> {
  const { ports, settings, steps } = engineOf(films);
  const model = engineOf(films).model;
  if (model === undefined) throw badInput('model-missing', 'This host knows no video model.', 'Pass video, or model.');
  const script = await readUploadedScript(ports.storage, videoId);
  const now = ports.clock.now();
  const { language = script.language ?? DEFAULT_LANGUAGE } = defaults;
  const start = Math.max(...model.limits.startSeconds);
  const { llm, transcription, media } = ports;
  const means = {
    videoId,
    model,
    llm,
    transcription,
    limits: settings.limits,
    steps: steps.map((step) => step.name),
    checks: media?.inspect !== undefined,
    now,
  };
  const empty = newFilm({ ...defaults, language, theme: script.theme, durationSeconds: start }, means);
  const reached = reachedBy(foreign);
  const plan = planFor(script, reached, empty.input, model, settings.limits.maxSeconds);
  const hasOwnCap = defaults.maxUsd !== undefined || settings.limits.maxUsd !== undefined;
  const planned = withPlan(empty, script, plan, hasOwnCap);
  const { name, revision } = script.object;
  const film: FilmState = {
    ...planned,
    // What has begun waits for nobody, and is said as it is.
    ...(reached > 0
      ? { input: { ...planned.input, approval: false } }
      : withScript(planned, checkScript({ blocks: script.blocks } as unknown as Json, planned))),
  };
  const published = { [name]: { revision, token: film.script?.hash ?? '' } };
  const facts = foreignFacts(film, foreign, NOTHING_OURS, now);
  return advanceState({ ...film, published }, facts, { steps, now });
}

const withScript = (film: FilmState, { blocks }: { readonly blocks: readonly ScriptBlock[] }): Partial<FilmState> => ({
  input: { ...film.input, script: { blocks } },
  script: { blocks, hash: scriptHash(blocks) },
});

/**
 * Makes a film that others began, or whose script somebody uploaded, one of ours, under the default cap. Nothing is bought again: their
 * operations are watched, their finished blocks accepted as they lie there. Throws `film-exists`, `script-missing`,
 * `script-without-blocks`, `script-invalid`, `script-too-long-to-speak`, `invalid-duration`, `function-not-owned`.
 */
export async function takeOverFilm(
  films: Pipeline,
  videoId: string,
  defaults: TakeOverDefaults = {},
  known?: ForeignFilm,
): Promise<void> {
  const { ports, settings, films: store } = engineOf(films);
  const marks = await readMarks(ports.storage, checkVideoId(videoId));
  if (marks.film !== undefined || marks.takes.length > 0 || (await store.find(videoId)) !== undefined) {
    throw badInput(
      'film-exists',
      `${videoId} is a film of ours already.`,
      'Advance it, or rebuild it from its bucket.',
    );
  }
  const theirs = known ?? (await ports.state.foreignFilms?.({ videoId }))?.[0];
  const film = await firstState(films, videoId, theirs?.foreign ?? NOTHING, defaults);
  checkFilmOwners(film, settings.owns);
  await store.create(film, theirs?.revision ?? null);
  await writeFilmMark(ports.storage, store, videoId);
}

/** How `takeOver` looks, and what the old documents do not say of a film. */
export interface TakeOverOptions extends TakeOverDefaults {
  /** Films at most. @default 20 */
  readonly limit?: number;
}

/** What `takeOver` did. */
export interface TakenOver {
  /** Films that are ours now and go on. */
  readonly taken: readonly string[];
  /** Films that stay as they were, and why. */
  readonly refused: readonly { readonly videoId: string; readonly code: string; readonly message: string }[];
}

/**
 * Makes films that the old functions began, and that nobody has finished, films of ours: what they launched is watched, what they finished is
 * accepted as it lies there, and nothing is bought twice. Stop the old monitor first. Without a store that keeps their documents there is
 * nothing to find.
 */
export async function takeOver(films: Pipeline, options: TakeOverOptions = {}): Promise<TakenOver> {
  const { limit = 20, ...defaults } = options;
  const found = (await engineOf(films).ports.state.foreignFilms?.({ limit })) ?? [];
  const taken: string[] = [];
  const refused: { videoId: string; code: string; message: string }[] = [];
  for (const film of found) {
    try {
      await takeOverFilm(films, film.videoId, defaults, film);
      taken.push(film.videoId);
    } catch (caught) {
      const { kind, code, message } = ReelstateError.from(caught);
      // Another host was there first, or the old function wrote meanwhile: the next call sees.
      if (code === 'state-conflict' || code === 'film-exists') continue;
      if (kind !== 'permanent') throw caught;
      refused.push({ videoId: film.videoId, code, message });
    }
  }
  return { taken, refused };
}
