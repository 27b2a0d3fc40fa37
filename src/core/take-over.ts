/** A film that other programs began, as a film of ours: from its script, its documents and the blocks in its folder. */
import { scriptHash } from './commands.ts';
import { badInput, type ReelstateError } from './errors.ts';
import { CAP_FACTOR } from './estimate.ts';
import { foreignFacts } from './foreign.ts';
import type { CreateInput } from './input.ts';
import { takePrice } from './ledger.ts';
import { advanceState } from './machine.ts';
import { readMarks, writeFilmMark } from './marks.ts';
import { newFilm } from './new-film.ts';
import { checkFilmOwners } from './owners.ts';
import { checkVideoId, paths } from './paths.ts';
import { engineOf, type Pipeline } from './pipeline.ts';
import { type BlockKind, defaultChaining, maxExtensions, type PlannedBlock } from './plan.ts';
import type { Foreign, ForeignFilm, StoredObject, VideoLimits, VideoModel } from './ports.ts';
import type { FilmState, ScriptBlock } from './state.ts';

/** What the old documents do not say of a film. */
export type TakeOverDefaults = Omit<CreateInput, 'theme' | 'script' | 'videoId' | 'durationSeconds' | 'approval'>;

/** The old functions' films are French. */
const DEFAULT_LANGUAGE = 'fr';
const MAX_SCRIPT_BYTES = 256 * 1024;
const NOTHING_OURS = { script: false, video: false, monitor: false, assembler: false } as const;
const NOTHING: Foreign = { blocks: [] };

interface OldScript {
  readonly object: StoredObject;
  readonly theme: string;
  readonly language?: string;
  readonly blocks: readonly ScriptBlock[];
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

function blockIn(raw: unknown): ScriptBlock {
  const { dialogue, visuel, visual, continuity } = (raw ?? {}) as Readonly<Record<string, unknown>>;
  const block = { dialogue: textIn(dialogue), visual: textIn(visuel) || textIn(visual) };
  const constant = textIn(continuity);
  return constant === '' ? block : { ...block, continuity: constant };
}

const invalid = (videoId: string, why: string): ReelstateError =>
  badInput(
    'script-invalid',
    `script_v2.json of ${videoId} ${why}.`,
    'Upload a script with blocks of dialogue and visuel.',
  );

/** Reads `script_v2.json`. Throws `script-missing` and `script-invalid`. */
async function oldScript(films: Pipeline, videoId: string): Promise<OldScript> {
  const { storage } = engineOf(films).ports;
  const there = await storage.text(paths.script(videoId));
  if (there === undefined) {
    throw badInput('script-missing', `Film ${videoId} has no script_v2.json.`, 'Check the id and the bucket.');
  }
  if (there.object.size > MAX_SCRIPT_BYTES) throw invalid(videoId, 'is larger than 256 KiB');
  let document: Readonly<Record<string, unknown>>;
  try {
    document = JSON.parse(there.text) as Readonly<Record<string, unknown>>;
  } catch {
    throw invalid(videoId, 'is no JSON');
  }
  const blocks = Array.isArray(document?.blocks) ? document.blocks.map(blockIn) : [];
  if (blocks.length === 0 || blocks.some(({ dialogue, visual }) => dialogue === '' || visual === '')) {
    throw invalid(videoId, 'lacks blocks, or words in one of them');
  }
  const [theme, language] = [textIn(document.theme), textIn(document.language)];
  return {
    object: there.object,
    theme: theme === '' ? 'A film' : theme,
    blocks,
    ...(language === '' ? {} : { language }),
  };
}

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

function withPlan(film: FilmState, script: OldScript, plan: readonly PlannedBlock[], hasOwnCap: boolean): FilmState {
  const price = (blocks: readonly PlannedBlock[], model: VideoModel): number =>
    blocks.reduce((sum, { seconds }) => sum + takePrice(model, film.input.resolution, seconds), 0);
  const estimateMicroUsd = film.estimateMicroUsd + price(plan, film.model) - price(film.plan, film.model);
  const { blocks } = script;
  const { block: _, ...fresh } = film.blocks[0] ?? { block: 1, round: 1, rewrites: [], acknowledged: 0, takes: [] };
  return {
    ...film,
    input: { ...film.input, script: { blocks } },
    plan,
    blocks: plan.map(({ block }) => ({ allowance: film.maxAttempts, ...fresh, block })),
    script: { blocks, hash: scriptHash(blocks) },
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
  const script = await oldScript(films, videoId);
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
  const chaining = empty.input.chaining === 'extend' ? defaultChaining(model.limits) : empty.input.chaining;
  const limits = chaining === 'extend' ? model.limits : withoutExtensions(model.limits);
  const plan = planOfBlocks(script.blocks.length, reachedBy(foreign), limits);
  const durationSeconds = plan.reduce((sum, { seconds }) => sum + seconds, 0);
  const hasOwnCap = defaults.maxUsd !== undefined || settings.limits.maxUsd !== undefined;
  const planned = withPlan(empty, script, plan, hasOwnCap);
  const { name, revision } = script.object;
  const film: FilmState = {
    ...planned,
    input: { ...planned.input, durationSeconds },
    published: { [name]: { revision, token: planned.script?.hash ?? '' } },
  };
  return advanceState(film, foreignFacts(film, foreign, NOTHING_OURS, now), { steps, now });
}

const withoutExtensions = ({ extendSeconds: _, ...limits }: VideoLimits): VideoLimits => limits;

/**
 * Makes a film that others began, or whose script somebody uploaded, one of ours, under the default cap. Nothing is bought again: their
 * operations are watched, their finished blocks accepted as they lie there. Throws `film-exists`, `script-missing`, `script-invalid`,
 * `function-not-owned`.
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
