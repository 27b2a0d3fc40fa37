import { scriptHash } from './commands.ts';
import { estimateFilm, estimateMicro } from './estimate.ts';
import { fingerprint } from './hash.ts';
import { type CreateInput, checkInput, ownScript, planOf } from './input.ts';
import { type Limits, toMicro } from './ledger.ts';
import { checkVideoId } from './paths.ts';
import type { Clock, LanguageModel, Transcriber, VideoModel } from './ports.ts';
import { type FilmState, SCHEMA } from './state.ts';

/** `video_YYYYMMDD_HHMMSS_` and 8 random hex digits, so that two in one second differ. */
export function newVideoId(clock: Clock): string {
  const stamp = new Date(clock.now()).toISOString().replace(/[-:]/g, '').replace('T', '_').slice(0, 15);
  return `video_${stamp}_${clock.uuid().replaceAll('-', '').slice(0, 8)}`;
}

/** The gate waits at most as long as two of the model's fastest blocks take: a host that inspects is much faster. */
const GATE_FLOORS = 2;

/** A film that has just been asked for. Throws what `checkInput`, `planBlocks` and `checkScript` throw. */
export function newFilm(
  request: CreateInput,
  means: {
    readonly videoId: string;
    readonly model: VideoModel;
    readonly llm?: LanguageModel | undefined;
    readonly transcription?: Transcriber | undefined;
    readonly limits: Limits;
    readonly steps: readonly string[];
    /** Whether some host inspects blocks before the next one is bought. */
    readonly checks: boolean;
    readonly now: number;
  },
): FilmState {
  const { model, limits, now } = means;
  const input = checkInput(request, model);
  const plan = planOf(input, model, limits.maxSeconds);
  const estimate = estimateFilm(request, means);
  const film: FilmState = {
    schema: SCHEMA,
    videoId: checkVideoId(means.videoId),
    createdAt: now,
    updatedAt: now,
    input,
    inputHash: fingerprint(input),
    model,
    maxAttempts: limits.maxAttempts,
    ...(means.llm === undefined && input.script !== undefined ? { canSoften: false as const } : {}),
    ...(means.checks ? { gateMs: GATE_FLOORS * model.timing.floorMs } : {}),
    steps: means.steps,
    plan,
    revision: { number: 1 },
    blocks: plan.map(({ block }) => ({
      block,
      round: 1,
      rewrites: [],
      allowance: limits.maxAttempts,
      acknowledged: 0,
      takes: [],
    })),
    calls: [],
    estimateMicroUsd: estimateMicro(estimate),
    capMicroUsd: toMicro(estimate.capUsd),
    tasks: {},
    published: {},
    commands: [],
    paused: false,
    cancelled: false,
    status: 'running',
    events: [{ number: 1, at: now, type: 'film-created' }],
    eventCount: 1,
  };
  const own = ownScript(film);
  return own === undefined ? film : { ...film, script: { ...own, hash: scriptHash(own.blocks) } };
}
