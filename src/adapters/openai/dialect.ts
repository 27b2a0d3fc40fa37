import { ReelstateError } from '../../core/errors.ts';
import type { HeardSegment, HeardWord, Transcript } from '../../core/ports.ts';
import { mergeTokens, type Piece, repairWords } from './words.ts';

/**
 * The `verbose_json` of OpenAI, speaches, whisper.cpp (words only inside the segments, in tokens) and LocalAI (`text` for `word`) as
 * a transcript. Throws `no-word-times` where a text has none, and `answer-unreadable` for anything else.
 */
export function readVerboseJson(answer: unknown, durationMs: number): Transcript {
  if (!isRecord(answer)) throw unreadable();
  const segments = records(answer.segments);
  const scale = timeScale([...records(answer.words), ...segments], durationMs);
  const nested = segments.flatMap((segment) => records(segment.words));
  const top = records(answer.words);
  const pieces = (top.length > 0 ? top : nested).flatMap((word) => readPiece(word, scale));
  const words = repairWords(top.length > 0 ? pieces.map(trimmed) : mergeTokens(pieces), durationMs);
  const heard = segments.flatMap((segment) => readSegment(segment, scale, durationMs));
  const text = typeof answer.text === 'string' ? answer.text : heard.map((segment) => segment.text).join(' ');
  if (typeof answer.text !== 'string' && !Array.isArray(answer.segments)) throw unreadable();
  if (words.length === 0 && /[\p{L}\p{N}]/u.test(text)) throw withoutTimes();
  return { words, segments: words.length === 0 ? [] : inOrder(heard) };
}

/** Seconds, but for servers that leave Go's nanoseconds in. */
function timeScale(items: readonly Record<string, unknown>[], durationMs: number): number {
  const latest = Math.max(0, ...items.map((item) => (typeof item.end === 'number' ? item.end : 0)));
  return latest > durationMs * 1000 ? 1e-6 : 1000;
}

function readPiece(word: Record<string, unknown>, scale: number): Piece[] {
  const text = word.word ?? word.text;
  const { start, end, probability } = word;
  if (typeof text !== 'string' || typeof start !== 'number' || typeof end !== 'number') return [];
  if (!Number.isFinite(start) || !Number.isFinite(end)) return [];
  const confidence = typeof probability === 'number' && probability >= 0 && probability <= 1 ? probability : undefined;
  return [{ text, startMs: start * scale, endMs: end * scale, ...(confidence === undefined ? {} : { confidence }) }];
}

const trimmed = (piece: Piece): HeardWord => ({ ...piece, text: piece.text.trim() });

function readSegment(segment: Record<string, unknown>, scale: number, durationMs: number): HeardSegment[] {
  const { text, start, end } = segment;
  if (typeof text !== 'string' || typeof start !== 'number' || typeof end !== 'number' || text.trim() === '') return [];
  const startMs = Math.max(0, Math.round(start * scale));
  const endMs = Math.min(durationMs, Math.round(end * scale));
  if (!(startMs < endMs)) return [];
  return [{ text: text.trim(), startMs, endMs, ...quality(segment) }];
}

/** Segments as words are: in order and without overlaps. */
function inOrder(segments: readonly HeardSegment[]): readonly HeardSegment[] {
  let free = 0;
  return [...segments]
    .sort((a, b) => a.startMs - b.startMs)
    .flatMap((segment) => {
      const startMs = Math.max(free, segment.startMs);
      if (startMs >= segment.endMs) return [];
      free = segment.endMs;
      return [{ ...segment, startMs }];
    });
}

function quality(segment: Record<string, unknown>): Partial<HeardSegment> {
  const { avg_logprob: logprob, compression_ratio: ratio, no_speech_prob: silence } = segment;
  return {
    ...(isFigure(logprob) ? { averageLogProbability: logprob } : {}),
    ...(isFigure(ratio) ? { compressionRatio: ratio } : {}),
    ...(isFigure(silence) ? { noSpeechProbability: silence } : {}),
  };
}

const isFigure = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const records = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : [];

const unreadable = () =>
  new ReelstateError('retryable', 'The transcription server answered with something that is not verbose_json.', {
    code: 'answer-unreadable',
    cure: 'Check that the server and the model know response_format verbose_json.',
  });

const withoutTimes = () =>
  new ReelstateError('permanent', 'The transcription has a text and no word times.', {
    code: 'no-word-times',
    cure: 'Use a model that gives word times: whisper-1, or a Whisper of your own.',
  });
