import type { Look } from '../../core/ports.ts';
import { policyText } from './classification.ts';
import { supportCodes } from './errors.ts';
import { isGoogleFile } from './google-files.ts';
import { isBucketUri } from './veo-launch.ts';
import { refusal } from './veo-look.ts';

/** What of an interaction is read; everything may be missing. */
export interface InteractionAnswer {
  readonly status?: string;
  readonly errors?:
    | readonly { readonly code?: string | undefined; readonly message?: string | undefined }[]
    | undefined;
  readonly steps?: readonly unknown[] | undefined;
}

export interface Place {
  readonly vertex: boolean;
  /** Where a result on Vertex AI must lie; undefined where the caller does not say. */
  readonly outputPlace?: string | undefined;
}

/** An URI of ours for a video that came inside the interaction's own answer. */
export const inlineUri = (id: string) => `interactions/${id}`;

/** What an interaction that ended without a video means. */
export const interactionEnds: Readonly<Record<string, { readonly code: string; readonly message: string }>> = {
  failed: { code: 'vendor-internal', message: 'The interaction failed inside Google.' },
  cancelled: { code: 'operation-cancelled', message: 'The interaction was cancelled.' },
  incomplete: { code: 'no-video', message: 'The interaction ended half way.' },
  requires_action: { code: 'no-video', message: 'The interaction waits for an action that nobody offered.' },
  budget_exceeded: { code: 'vendor-overloaded', message: 'The interaction ran out of its budget at Google.' },
};

const refusedText = /\bsafety\b|\bblocked\b|prohibited/i;

/** An interaction as a Look. */
export function interactionLook(id: string, interaction: InteractionAnswer, place: Place): Look {
  const { status = '' } = interaction;
  if (['queued', 'in_progress', 'requires_continuation'].includes(status)) return { status: 'running' };
  const videos = outputs(interaction);
  const uri = videos.find((video) => typeof video.uri === 'string')?.uri;
  if (typeof uri === 'string') return delivered(uri, place);
  if (videos.some((video) => typeof video.data === 'string')) return { status: 'done', output: { uri: inlineUri(id) } };
  const texts = problems(interaction);
  if (policyText.test(texts) || refusedText.test(texts) || supportCodes(texts).length > 0) return refusal(texts);
  if (/issue with the audio/i.test(texts)) return refusal(texts);
  const ended = interactionEnds[status];
  if (ended) return { status: 'failed', ...ended };
  if (status === 'completed')
    return { status: 'failed', code: 'no-video', message: 'The interaction is done and has no video.' };
  return { status: 'running' };
}

function delivered(uri: string, { vertex, outputPlace }: Place): Look {
  const inPlace =
    isBucketUri(uri) && !uri.includes('/../') && (outputPlace === undefined || uri.startsWith(outputPlace));
  if (vertex ? inPlace : isGoogleFile(uri)) return { status: 'done', output: { uri } };
  return { status: 'failed', code: 'foreign-output', message: 'The result does not lie where Google keeps ours.' };
}

/** The content of every step that is the model's. */
export function outputs({ steps = [] }: InteractionAnswer): readonly Readonly<Record<string, unknown>>[] {
  return steps
    .filter((step) => isRecord(step) && step.type === 'model_output')
    .flatMap((step) => (isRecord(step) && Array.isArray(step.content) ? step.content : []))
    .filter((content) => isRecord(content))
    .filter((content) => content.type === 'video');
}

/** Errors of the interaction and of its steps, as one text to match. */
function problems({ errors = [], steps = [] }: InteractionAnswer): string {
  const ofSteps = steps.flatMap((step) =>
    isRecord(step) && isRecord(step.error) ? [String(step.error.message ?? '')] : [],
  );
  return [...errors.map(({ code = '', message = '' }) => `${code} ${message}`), ...ofSteps].join(' ');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
