/** What a film will cost, before anything starts. */
import type { CreateInput } from './input.ts';
import { checkInput, planOf } from './input.ts';
import { type Limits, takePrice, toMicro, toUsd } from './ledger.ts';
import { llmTokens } from './paid-call.ts';
import { type PlannedBlock, plannedDurationMs } from './plan.ts';
import type { LanguageModel, Transcriber, VideoModel } from './ports.ts';

/** Where a host lacks the port, its usual price stands in: $0.02 for a script, $0.006 a minute heard (Whisper, 2026-11). */
const USUAL_SCRIPT_MICRO = 20_000;
const USUAL_MINUTE_MICRO = 6_000;
/** Failed takes and re-rolls are allowed for. */
export const CAP_FACTOR = 1.5;

/** The plan of a film and what it will cost. */
export interface Estimate {
  /** The blocks that will be made. */
  readonly plan: readonly PlannedBlock[];
  /** How many videos the blocks make up. */
  readonly chains: number;
  /** Of the finished film, ms. */
  readonly durationMs: number;
  /** Id of the video model. */
  readonly model: string;
  /** What is paid for, each with the date of its price. */
  readonly lines: readonly { readonly what: string; readonly usd: number; readonly asOf?: string }[];
  /** All lines together, US dollars. */
  readonly usd: number;
  /** What the film may cost at most unless someone raises it. */
  readonly capUsd: number;
  /** What to know before starting: a model past its date. */
  readonly warnings: readonly string[];
}

export function modelWarnings(model: VideoModel, now: number): readonly string[] {
  if (model.retiresOn === undefined || now < Date.parse(model.retiresOn)) return [];
  const next = model.successor === undefined ? '' : ` Its successor is ${model.successor}.`;
  return [`The vendor may have retired ${model.id} on ${model.retiresOn} or later.${next}`];
}

export function estimateFilm(
  input: CreateInput,
  means: {
    readonly model: VideoModel;
    readonly llm?: LanguageModel | undefined;
    readonly transcription?: Transcriber | undefined;
    readonly limits: Limits;
    readonly now: number;
  },
): Estimate {
  const { model, llm, transcription, limits } = means;
  const checked = checkInput(input, model);
  const plan = planOf(checked, model, limits.maxSeconds);
  const durationMs = plannedDurationMs(plan);
  const video = plan.reduce((sum, block) => sum + takePrice(model, checked.resolution, block.seconds), 0);
  const script = checked.script === undefined ? (llm?.price(llmTokens(plan.length)) ?? USUAL_SCRIPT_MICRO) : 0;
  const heard =
    checked.captions === false ? 0 : (durationMs / 60_000) * (transcription?.pricePerMinute ?? USUAL_MINUTE_MICRO);
  const total = Math.ceil(video + script + heard);
  const line = (what: string, micro: number, asOf?: string) => ({
    what,
    usd: toUsd(Math.ceil(micro)),
    ...(asOf === undefined ? {} : { asOf }),
  });
  return {
    plan,
    chains: plan.at(-1)?.chain ?? 0,
    durationMs,
    model: model.id,
    lines: [
      line(`video, ${plan.length} blocks by ${model.id}`, video, model.asOf),
      line('script', script, llm?.priceDate),
      line('transcription', heard, transcription?.priceDate),
    ],
    usd: toUsd(total),
    capUsd: checked.maxUsd ?? limits.maxUsd ?? toUsd(Math.ceil(total * CAP_FACTOR)),
    warnings: modelWarnings(model, means.now),
  };
}

export const estimateMicro = (estimate: Estimate): number => toMicro(estimate.usd);
