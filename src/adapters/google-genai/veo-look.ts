import type { GenerateVideosOperation } from '@google/genai';
import type { Look } from '../../core/ports.ts';
import { policyText } from './classification.ts';
import { isAboutAudio, supportCodes } from './errors.ts';
import { isBucketUri } from './veo-launch.ts';

/** What Google's support codes stand for (responsible AI guidelines of the video models). */
export const supportCodeCategories: Readonly<Record<string, string>> = {
  '58061214': 'child',
  '17301594': 'child',
  '29310472': 'celebrity',
  '15236754': 'celebrity',
  '64151117': 'video safety',
  '42237218': 'video safety',
  '62263041': 'dangerous content',
  '57734940': 'hate',
  '22137204': 'hate',
  '74803281': 'other',
  '29578790': 'other',
  '42876398': 'other',
  '39322892': 'people or faces',
  '92201652': 'personal information',
  '89371032': 'prohibited content',
  '49114662': 'prohibited content',
  '63429089': 'prohibited content',
  '72817394': 'prohibited content',
  '60599140': 'prohibited content',
  '35561574': 'third-party content',
  '35561575': 'third-party content',
  '90789179': 'sexual',
  '43188360': 'sexual',
  '78610348': 'toxic',
  '61493863': 'violence',
  '56562880': 'violence',
  '32635315': 'vulgar',
};

/** What an operation that ended with an error means, by its gRPC code. */
export const operationErrors: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  2: { code: 'vendor-unavailable', message: 'The operation failed inside Google for an unknown reason (2).' },
  3: { code: 'operation-rejected', message: 'The operation ended with an invalid argument (3).' },
  4: { code: 'vendor-unavailable', message: 'The operation ran into a deadline inside Google (4).' },
  5: { code: 'operation-rejected', message: 'The operation did not find its input or its output place (5).' },
  7: {
    code: 'operation-rejected',
    message: 'The operation was not allowed to read its input or to write its output (7).',
  },
  8: { code: 'vendor-overloaded', message: 'Google had no capacity for the operation (8).' },
  9: {
    code: 'operation-rejected',
    message: 'The operation found a precondition of the project unmet, such as billing (9).',
  },
  10: { code: 'vendor-unavailable', message: 'The operation was aborted inside Google (10).' },
  13: { code: 'vendor-internal', message: 'The operation failed with an internal error of Google (13).' },
  14: { code: 'vendor-unavailable', message: 'Google was unavailable to the operation (14).' },
  16: { code: 'operation-rejected', message: 'The operation had no valid credentials (16).' },
};

const resultName = /\/sample_\d+\.mp4$/;

/** An operation's answer as a Look. `place` is where its result must lie; undefined where the caller does not say. */
export function lookOf(
  operation: Pick<GenerateVideosOperation, 'done' | 'error' | 'response'>,
  place: string | undefined,
): Look {
  if (operation.done !== true) return { status: 'running' };
  if (operation.error) return operationError(operation.error);
  const { generatedVideos, raiMediaFilteredCount = 0, raiMediaFilteredReasons = [] } = operation.response ?? {};
  const uri = generatedVideos?.find(({ video }) => video?.uri !== undefined)?.video?.uri;
  if (uri !== undefined) return delivered(uri, place);
  if (raiMediaFilteredCount > 0 || raiMediaFilteredReasons.length > 0)
    return refusal(raiMediaFilteredReasons.join(' '));
  return { status: 'failed', code: 'no-video', message: 'The operation is done and has neither a video nor a reason.' };
}

/** A result outside the take's own place is nothing that we asked for, and nothing that we would fetch. */
function delivered(uri: string, place: string | undefined): Look {
  const ours =
    isBucketUri(uri) && !uri.includes('/../') && resultName.test(uri) && (place === undefined || uri.startsWith(place));
  if (ours) return { status: 'done', output: { uri } };
  return {
    status: 'failed',
    code: 'foreign-output',
    message: "The operation's result does not lie in the take's own place.",
  };
}

function operationError(error: Record<string, unknown>): Look {
  const code = typeof error.code === 'number' ? error.code : 2;
  const text = typeof error.message === 'string' ? error.message : '';
  if (policyText.test(text) || (code === 3 && supportCodes(text).length > 0)) return refusal(text);
  const known = operationErrors[code];
  return {
    status: 'failed',
    ...(known ?? { code: 'vendor-unavailable', message: `The operation ended with error ${code}.` }),
  };
}

/** In our words, so that nothing of the vendor's text is kept: the kind of refusal, its support codes and their categories. */
export function refusal(text: string): Look {
  const codes = supportCodes(text);
  const audio = isAboutAudio(text);
  const categories = [...new Set(codes.map((code) => supportCodeCategories[code] ?? 'unlisted'))];
  const about = categories.length === 0 ? '' : ` (${categories.join(', ')})`;
  const message = audio
    ? 'The safety filter refused the sound of the video.'
    : `The safety filter refused the video${about}.`;
  return { status: 'refused', message, audio, supportCodes: codes };
}
