/** The public surface: eight methods over the driver. */
import { checkCommand } from './commands.ts';
import type { Hint, Settings } from './context.ts';
import { advance as drive } from './driver.ts';
import { badInput, ReelstateError } from './errors.ts';
import { type Estimate, estimateFilm } from './estimate.ts';
import { createFilmStore } from './film-store.ts';
import { type CreateInput, checkUsd } from './input.ts';
import { checkLimits, type Limits } from './ledger.ts';
import type { Step } from './machine.ts';
import { readMarks, writeFilmMark } from './marks.ts';
import { newFilm, newVideoId } from './new-film.ts';
import { checkCommandOwners, checkFilmOwners } from './owners.ts';
import { checkVideoId } from './paths.ts';
import { plannedDurationMs } from './plan.ts';
import type { ListFilter, Logger, Ports, Role, VideoModel } from './ports.ts';
import { redactingLogger } from './redact.ts';
import { checkRenderable } from './renderable.ts';
import type { Engine } from './session.ts';
import { type Command, type FilmEvent, type FilmState, filmPlan } from './state.ts';
import { defaultSteps } from './steps/index.ts';
import { storeTimeAtLeast } from './store-time.ts';
import { createTick, type Tick, type TickOptions } from './tick.ts';
import { answerOf, type Film, type FilmView, viewOf } from './view.ts';

export interface PipelineOptions extends Omit<Ports, 'logger'> {
  /** @default silent */
  readonly logger?: Logger;
  /** The model that new films are pinned to. @default that of the video port */
  readonly model?: VideoModel;
  /** Budgets, attempts and the longest film. */
  readonly limits?: Partial<Limits>;
  /** @default defaultSteps() */
  readonly steps?: readonly Step[];
  /**
   * Functions of the flow that this host does; what it does not own it never begins. A host that has media but no transcription makes films
   * without captions; its `tick` looks for them only with `assembler: true`. @default all
   */
  readonly owns?: Partial<Record<Role, boolean>>;
  /** What follows a take whose fate nobody can tell. @default 'relaunch' where the vendor writes into our place, else 'ask' */
  readonly onUnknownTake?: 'ask' | 'relaunch';
  /** @default 60000 */
  readonly leaseMs?: number;
  /** Inspect each block before the next one is bought (black, frozen, silent). @default true where media can inspect */
  readonly checks?: boolean;
  /** Longest that one media job may take, ms. @default 480000, less than the 540 s of a function that events start */
  readonly mediaTimeoutMs?: number;
}

const engines = new WeakMap<Pipeline, Engine>();

/** What a pipeline is made of, for `reelstate/admin` and hosts. */
export function engineOf(pipeline: Pipeline): Engine {
  const engine = engines.get(pipeline);
  if (engine) return engine;
  throw badInput('not-a-pipeline', 'That is no pipeline of createPipeline.', 'Pass what createPipeline returned.');
}

/** A page of a list. */
export interface Page<T> {
  /** The entries of this page. */
  readonly items: readonly T[];
  /** Pass as `after` for the next page. */
  readonly next?: string;
}

/** Makes films: eight methods, each safe to call from any process at any time. */
export interface Pipeline {
  /** Asks for a film. The same id and input again: the same film; other input: `film-exists`. Nothing is bought yet. */
  create(input: CreateInput): Promise<FilmView>;
  /** Does what is due and answers what the film waits for. Anybody may call it, any number of times, at once. Never sleeps idly. */
  advance(
    videoId: string,
    options?: { readonly hint?: Hint; readonly budgetMs?: number; readonly signal?: AbortSignal },
  ): Promise<Film>;
  /** Advances whatever is due, of all films. */
  tick(options?: TickOptions): Promise<Tick>;
  /** Throws `film-not-found`. */
  get(videoId: string): Promise<FilmView>;
  /** Films from the newest on, in pages. */
  list(filter?: ListFilter, page?: { readonly limit?: number; readonly after?: string }): Promise<Page<FilmView>>;
  /** Tells the film something. With an id of yours a repeated send changes nothing. Throws `command-not-applicable`, `price-not-confirmed`. */
  send(videoId: string, command: Command, options?: { readonly id?: string }): Promise<FilmView>;
  /** The plan and its price, before anything starts. */
  estimate(input: CreateInput): Promise<Estimate>;
  /** Events as they happen, across processes, from `after` on; ends with the signal or when the film rests. */
  watch(
    videoId: string,
    options?: { readonly after?: number; readonly signal?: AbortSignal },
  ): AsyncIterable<FilmEvent>;
  /** The steps of this pipeline, in order. */
  readonly steps: readonly string[];
}

const silent: Logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const WATCH_POLL_MS = 1000;
const MEDIA_TIMEOUT_MS = 480_000;
const COMMANDS: readonly Command['type'][] = [
  'approve',
  'revise',
  'reroll',
  'pick',
  'resume',
  'finish',
  'pause',
  'cancel',
];
const rests = (film: FilmState): boolean => film.status !== 'running';

function settingsOf(options: PipelineOptions): Settings {
  const { limits, owns, onUnknownTake, leaseMs = 60_000, mediaTimeoutMs = MEDIA_TIMEOUT_MS } = options;
  return {
    limits: checkLimits(limits),
    owns: { script: true, video: true, monitor: true, assembler: true, ...owns },
    leaseMs,
    mediaTimeoutMs,
    ...(onUnknownTake === undefined ? {} : { onUnknownTake }),
  };
}

/** What this host has ports for; a film without captions needs nobody who hears. */
function means({ llm, video, transcription, media }: PipelineOptions, role: Role, film?: FilmState): boolean {
  if (role === 'script') return llm !== undefined;
  if (role === 'assembler')
    return media !== undefined && (film?.input.captions === false || transcription !== undefined);
  return video !== undefined && (film === undefined || film.model.id === video.model.id);
}

/** Throws `invalid-step` for names that are given twice or that `after` does not find. */
function checkSteps(steps: readonly Step[]): readonly Step[] {
  const names = steps.map((step) => step.name);
  for (const { name, after } of steps) {
    const unknown = after.find((other) => !names.includes(other));
    if (unknown !== undefined || names.indexOf(name) !== names.lastIndexOf(name)) {
      const what =
        unknown === undefined
          ? `Two steps are called '${name}'.`
          : `Step '${name}' comes after '${unknown}', which is no step.`;
      throw badInput('invalid-step', what, `The steps are: ${names.join(', ')}.`);
    }
  }
  return steps;
}

function createEngine(options: PipelineOptions): Engine {
  const settings = settingsOf(options);
  const steps = checkSteps(options.steps ?? defaultSteps());
  const ports: Ports = { ...options, logger: redactingLogger(options.logger ?? silent) };
  const can = (role: Role, film?: FilmState): boolean => settings.owns[role] && means(options, role, film);
  return {
    ports,
    settings,
    steps,
    films: createFilmStore(ports, settings, steps),
    model: options.model ?? options.video?.model,
    holder: options.state.holder ?? options.clock.uuid(),
    inFlight: new Set(),
    can,
    owned: (role) =>
      can(role) || (role === 'assembler' && options.owns?.assembler === true && options.media !== undefined),
  };
}

/** Makes a pipeline over the given ports. A port that this host lacks is left out; another host does its part. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const engine = createEngine(options);
  const { ports, settings, steps, films } = engine;
  const { clock, storage, state } = ports;
  const { model } = engine;
  const names = steps.map((step) => step.name);
  const checks = options.checks ?? ports.media?.inspect !== undefined;

  const view = (film: FilmState): FilmView => viewOf(film, steps, plannedDurationMs(filmPlan(film)));

  function modelOrThrow(): VideoModel {
    if (model) return model;
    throw badInput(
      'model-missing',
      'This host knows no video model.',
      'Pass video, or model where another host makes the videos.',
    );
  }

  const meansOf = () => ({
    model: modelOrThrow(),
    llm: ports.llm,
    transcription: ports.transcription,
    limits: settings.limits,
    now: clock.now(),
  });

  async function same(film: FilmState, wanted: FilmState): Promise<FilmView> {
    if (film.inputHash !== wanted.inputHash) {
      throw badInput('film-exists', `There is another film ${film.videoId}.`, 'Use another videoId, or leave it out.');
    }
    await writeFilmMark(storage, films, film.videoId);
    return view(film);
  }

  async function create(input: CreateInput): Promise<FilmView> {
    const videoId = checkVideoId(input.videoId ?? newVideoId(clock));
    const wanted = newFilm(input, { ...meansOf(), videoId, steps: names, checks });
    await checkRenderable(wanted, ports.media);
    checkFilmOwners(wanted, settings.owns);
    const known = await films.find(videoId);
    if (known) return same(known.film, wanted);
    const others = input.videoId === undefined ? [] : await state.foreignFilms?.({ videoId });
    if (others?.length) {
      throw badInput(
        'film-exists',
        `Another program has a film ${videoId}.`,
        'Take it over (reelstate/admin), or use another videoId.',
      );
    }
    const marks = await readMarks(storage, videoId);
    if (marks.film !== undefined || marks.takes.length > 0) {
      // Made by somebody else just now, after we looked?
      const made = await films.find(videoId);
      if (made) return same(made.film, wanted);
      throw badInput(
        'film-exists',
        `The bucket has a film ${videoId} that the database does not know.`,
        'Rebuild it (reelstate/admin), or use another videoId.',
      );
    }
    try {
      await films.create(wanted);
    } catch (error) {
      if (!ReelstateError.is(error) || error.code !== 'state-conflict') throw error;
      return same((await films.load(videoId)).film, wanted);
    }
    await writeFilmMark(storage, films, videoId);
    return view((await films.load(videoId)).film);
  }

  const advance: Pipeline['advance'] = async (videoId, advanceOptions = {}) => {
    const { stored, decision } = await drive(engine, checkVideoId(videoId), advanceOptions);
    return answerOf(view(stored.film), decision, storeTimeAtLeast(stored.time, clock));
  };

  const send: Pipeline['send'] = async (videoId, command, { id = clock.uuid() } = {}) => {
    if (!COMMANDS.includes(command.type)) {
      throw badInput(
        'command-unknown',
        `There is no command '${command.type}'.`,
        `Send one of: ${COMMANDS.join(', ')}.`,
      );
    }
    if ('maxUsd' in command && command.maxUsd !== undefined) checkUsd('maxUsd', command.maxUsd);
    await films.update(checkVideoId(videoId), (film, now) => {
      if (film.commands.some((record) => record.id === id)) return [];
      checkCommand(film, command);
      checkCommandOwners(command, film, settings.owns);
      return [{ type: 'command', record: { id, at: now, command } }];
    });
    await writeFilmMark(storage, films, videoId);
    return view((await films.load(videoId)).film);
  };

  async function* watch(
    videoId: string,
    { after = 0, signal }: { readonly after?: number; readonly signal?: AbortSignal } = {},
  ) {
    const stop = new AbortController();
    const ends = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
    const changes = state.watch?.(checkVideoId(videoId), { signal: ends })[Symbol.asyncIterator]();
    try {
      for (let seen = after; !ends.aborted; ) {
        const { film } = await films.load(videoId);
        for (const event of film.events) if (event.number > seen) yield event;
        seen = Math.max(seen, film.eventCount);
        if (rests(film)) return;
        if (changes) await changes.next();
        else await clock.sleep(WATCH_POLL_MS, ends).catch(() => undefined);
      }
    } finally {
      stop.abort();
    }
  }

  const pipeline: Pipeline = {
    create,
    advance,
    tick: createTick(engine),
    get: async (videoId) => view((await films.load(checkVideoId(videoId))).film),
    list: async (filter = {}, { limit = 50, after } = {}) => {
      const { videoIds, next } = await state.list(filter, { limit, ...(after === undefined ? {} : { after }) });
      const found = await Promise.all(
        videoIds.map((videoId) =>
          films.find(videoId).catch((error) => {
            ports.logger.error('film could not be read', { videoId, code: ReelstateError.from(error).code });
            return undefined;
          }),
        ),
      );
      const items = found.flatMap((stored) => (stored ? [view(stored.film)] : []));
      return next === undefined ? { items } : { items, next };
    },
    send,
    estimate: async (input) => estimateFilm(input, meansOf()),
    watch,
    steps: names,
  };
  engines.set(pipeline, engine);
  return pipeline;
}
