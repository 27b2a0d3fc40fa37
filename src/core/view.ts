/** A film as people and programs see it. */
import { isFixed, orphans } from './blocks.ts';
import type { ErrorRecord } from './errors.ts';
import { costOf, toUsd } from './ledger.ts';
import { type Decision, type Step, stepsOf, type Waiting } from './machine.ts';
import { paths } from './paths.ts';
import type { Charge, Command, FilmEvent, FilmInput, FilmState, NeedsInputCode, Script, Take } from './state.ts';
import { type CutOutput, cutOutput } from './steps/cut.ts';
import { timeline } from './timeline.ts';

/** Where a take stands. */
export type TakeStatus =
  | 'intended'
  | 'launched'
  | 'unknown'
  | 'late'
  | 'finished'
  | 'refused'
  | 'failed'
  | 'lost'
  | 'released';

/** One paid attempt at a block. */
export interface TakeView {
  /** 1-based within its block. */
  readonly take: number;
  /** The block's round that it was made for. */
  readonly round: number;
  /** Where it stands. */
  readonly status: TakeStatus;
  /** Error code of a take that came to nothing. */
  readonly code?: string;
  /** Its price. */
  readonly usd: number;
  /** What is known of its price. */
  readonly charge: Charge;
  /** Epoch ms. */
  readonly launchedAt?: number;
  /** An unknown take is looked for until then, epoch ms. */
  readonly waitsUntil?: number;
  /** Object name of the result. */
  readonly object?: string;
}

/** One stretch of the film. */
export interface BlockView {
  /** 1-based. */
  readonly block: number;
  /** 1-based; the blocks of a chain are one video. */
  readonly chain: number;
  /** New seconds that it adds. */
  readonly seconds: number;
  /** From 1; `reroll`, `revise` and `pick` open the next one. */
  readonly round: number;
  /** Whether a take is accepted, or under way. */
  readonly status: 'open' | 'under-way' | 'accepted';
  /** The take that it shows. */
  readonly acceptedTake?: number;
  /** In the order of their intents. */
  readonly takes: readonly TakeView[];
}

/** What a film costs, US dollars. */
export interface CostView {
  /** As estimated when it was created. */
  readonly estimatedUsd: number;
  /** The most that it may cost. */
  readonly capUsd: number;
  /** Of takes and calls under way. */
  readonly reservedUsd: number;
  /** What was charged. */
  readonly chargedUsd: number;
  /** Of takes and calls whose fate nobody knows; counts in every budget. */
  readonly unknownUsd: number;
}

interface Common {
  readonly videoId: string;
  readonly theme: string;
  readonly language: string;
  /** What `create` was given, defaults filled in. */
  readonly input: FilmInput;
  readonly owner?: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** As planned, ms. */
  readonly durationMs: number;
  readonly script?: Script;
  readonly blocks: readonly BlockView[];
  readonly steps: readonly { readonly name: string; readonly done: boolean }[];
  /** Tasks that somebody is at: `cut`, `words:2`, `launch:3` … */
  readonly active: readonly string[];
  readonly cost: CostView;
  /** Paid for and not shown: `pick` uses them. */
  readonly orphans: readonly {
    readonly block: number;
    readonly take: number;
    readonly usd: number;
    readonly charge: Charge;
  }[];
  /** The last 100. */
  readonly events: readonly FilmEvent[];
}

/** Why a film failed. */
export interface FilmError extends ErrorRecord {
  /** One sentence that says what to do. */
  readonly cure: string;
}

/** A film as people and programs see it, told apart by `status`. */
export type FilmView = Common &
  (
    | { readonly status: 'running' }
    | {
        readonly status: 'needs-input';
        readonly reason: {
          readonly code: NeedsInputCode;
          readonly message: string;
          readonly block?: number;
          readonly take?: number;
          readonly scriptHash?: string;
          readonly neededUsd?: number;
        };
        readonly commands: readonly Command['type'][];
      }
    | { readonly status: 'completed'; readonly output: CutOutput; readonly partial: boolean }
    | { readonly status: 'failed'; readonly error: FilmError }
    | { readonly status: 'cancelled' }
  );

/** What `advance` answers: a running film waits for something. */
export type Film =
  | (Common & { readonly status: 'waiting'; readonly wakeAt: number; readonly on: Waiting })
  | Exclude<FilmView, { readonly status: 'running' }>;

function takeStatus(take: Take): TakeStatus {
  if (take.outcome) return take.outcome.kind;
  if (take.unknownSince !== undefined) return 'unknown';
  if (take.late) return 'late';
  return take.operation === undefined ? 'intended' : 'launched';
}

const takeView = (take: Take): TakeView => ({
  take: take.take,
  round: take.round,
  status: takeStatus(take),
  usd: toUsd(take.microUsd),
  charge: take.charge,
  ...(take.outcome?.code === undefined ? {} : { code: take.outcome.code }),
  ...(take.launchedAt === undefined ? {} : { launchedAt: take.launchedAt }),
  ...(take.outcome === undefined && take.settlesAt !== undefined ? { waitsUntil: take.settlesAt } : {}),
  ...(take.output === undefined ? {} : { object: take.output.name }),
});

function blockViews(film: FilmState): readonly BlockView[] {
  return film.blocks.map((block) => {
    const planned = film.plan[block.block - 1];
    const underWay = block.takes.some((take) => take.round === block.round && take.outcome === undefined);
    return {
      block: block.block,
      chain: planned?.chain ?? 0,
      seconds: planned?.seconds ?? 0,
      round: block.round,
      status: isFixed(film, block.block) ? 'accepted' : underWay ? 'under-way' : 'open',
      takes: block.takes.map(takeView),
      ...(block.accepted ? { acceptedTake: block.accepted.take } : {}),
    };
  });
}

function activeTasks(film: FilmState): readonly string[] {
  const leased = Object.entries(film.tasks).filter(
    ([, record]) => record.lease !== undefined && record.lease.until > film.updatedAt,
  );
  const launching = film.blocks.filter((block) => block.takes.some((take) => takeStatus(take) === 'intended'));
  return [...leased.map(([id]) => id), ...launching.map((block) => `launch:${block.block}`)];
}

function common(film: FilmState, steps: readonly Step[], durationMs: number): Common {
  const { theme, language, owner, metadata } = film.input;
  const cost = costOf(film);
  return {
    videoId: film.videoId,
    theme,
    language,
    input: film.input,
    metadata,
    createdAt: film.createdAt,
    updatedAt: film.updatedAt,
    durationMs,
    blocks: blockViews(film),
    steps: stepsOf(film, steps).map((step) => ({ name: step.name, done: step.isDone(film) })),
    active: activeTasks(film),
    cost: {
      estimatedUsd: toUsd(film.estimateMicroUsd),
      capUsd: toUsd(film.capMicroUsd),
      reservedUsd: toUsd(cost.reserved),
      chargedUsd: toUsd(cost.charged),
      unknownUsd: toUsd(cost.unknown),
    },
    orphans: orphans(film).map(({ block, take }) => ({
      block,
      take: take.take,
      usd: toUsd(take.microUsd),
      charge: take.charge,
    })),
    events: film.events,
    ...(owner === undefined ? {} : { owner }),
    ...(film.script === undefined ? {} : { script: film.script }),
  };
}

/** The final cut of another program. */
function foreignCut(film: FilmState, plannedMs: number): CutOutput | undefined {
  if (film.foreignFinal === undefined) return undefined;
  const { blocks, durationMs } = timeline(film);
  const { width = 0, height = 0 } = blocks.at(-1)?.output ?? {};
  return {
    uri: film.foreignFinal,
    name: paths.final(film.videoId),
    revision: '',
    durationMs: blocks.length === film.plan.length ? durationMs : plannedMs,
    width,
    height,
    partial: false,
  };
}

/** The film as it stands. */
export function viewOf(film: FilmState, steps: readonly Step[], durationMs: number): FilmView {
  const shown = common(film, steps, durationMs);
  switch (film.status) {
    case 'needs-input': {
      const { code = 'paused', message = '', commands = [], neededMicroUsd, ...rest } = film.needsInput ?? {};
      const { block, take, scriptHash } = rest as { block?: number; take?: number; scriptHash?: string };
      const reason = {
        code,
        message,
        ...(block === undefined ? {} : { block }),
        ...(take === undefined ? {} : { take }),
        ...(scriptHash === undefined ? {} : { scriptHash }),
        ...(neededMicroUsd === undefined ? {} : { neededUsd: Math.ceil(neededMicroUsd / 10_000) / 100 }),
      };
      return { ...shown, status: 'needs-input', reason, commands };
    }
    case 'failed': {
      const failure = film.failure ?? { kind: 'permanent', code: 'unexpected', message: 'The film failed.' };
      return {
        ...shown,
        status: 'failed',
        error: { ...failure, cure: failure.cure ?? 'Send resume to go on from what is paid.' },
      };
    }
    case 'completed': {
      const output = cutOutput(film) ?? foreignCut(film, durationMs);
      if (output === undefined) return { ...shown, status: 'running' };
      return { ...shown, status: 'completed', output, partial: output.partial };
    }
    default:
      return { ...shown, status: film.status };
  }
}

/** The film as `advance` leaves it. */
export function answerOf(view: FilmView, decision: Decision, now: number): Film {
  if (view.status !== 'running') return view;
  // Work that is due and not done here (the time was up, another call is at it): look again at once, or soon.
  const wakeAt = decision.ready.length > 0 ? now : (decision.wakeAt ?? now);
  return { ...view, status: 'waiting', wakeAt, on: decision.ready.length > 0 ? 'time' : (decision.on ?? 'time') };
}
