import type { HeardWord, Transcript } from '../../core/ports.ts';

/** A word or a token of one, text as it came, times as they came. */
export interface Piece {
  readonly text: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly confidence?: number;
}

/** No word is shown for less. */
const shortestMs = 10;
const withoutSpaces = /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
/** whisper.cpp's own marks: `[_BEG_]`, `[_TT_150]`. */
const mark = /^\[_[A-Z_]+\d*_?\]$/;

/**
 * whisper.cpp's tokens as words: a piece that does not begin with a space belongs to the one before. Where no piece does (LocalAI's whole words,
 * scripts without spaces) each stays by itself.
 */
export function mergeTokens(pieces: readonly Piece[]): readonly HeardWord[] {
  const kept = pieces.filter((piece) => !mark.test(piece.text.trim()));
  if (!kept.some((piece) => /^\s/.test(piece.text)))
    return kept.map((piece) => ({ ...piece, text: piece.text.trim() }));
  const groups: Piece[][] = [];
  for (const piece of kept) {
    const last = groups.at(-1);
    if (last && !/^\s/.test(piece.text) && !withoutSpaces.test(piece.text)) last.push(piece);
    else groups.push([piece]);
  }
  return groups.map(joined);
}

function joined(tokens: readonly Piece[]): HeardWord {
  const confidences = tokens.flatMap(({ confidence }) => (confidence === undefined ? [] : [confidence]));
  const mean = confidences.reduce((sum, each) => sum + each, 0) / confidences.length;
  return {
    text: tokens
      .map((token) => token.text)
      .join('')
      .trim(),
    startMs: Math.min(...tokens.map((token) => token.startMs)),
    endMs: Math.max(...tokens.map((token) => token.endMs)),
    ...(confidences.length === 0 ? {} : { confidence: mean }),
  };
}

/**
 * Words in order, each with `startMs < endMs`, none over another, none beyond the audio. Whisper gives words of no length and several
 * that begin at once: those share the time up to the next one.
 */
export function repairWords(words: readonly HeardWord[], durationMs: number): readonly HeardWord[] {
  const spoken = words
    .filter((word) => word.text !== '' && word.startMs < durationMs)
    .map((word) => ({ ...word, startMs: Math.max(0, Math.round(word.startMs)), endMs: Math.round(word.endMs) }))
    .sort((a, b) => a.startMs - b.startMs);
  const repaired: HeardWord[] = [];
  let free = 0;
  for (let at = 0; at < spoken.length; ) {
    const startMs = Math.max(free, spoken[at]?.startMs ?? 0);
    let next = at;
    while (next < spoken.length && (spoken[next]?.startMs ?? 0) <= startMs) next += 1;
    const group = spoken.slice(at, next);
    const limit = spoken[next]?.startMs ?? durationMs;
    const wanted = Math.max(...group.map((word) => word.endMs), startMs + shortestMs * group.length);
    free = share(group, startMs, Math.min(wanted, Math.max(limit, startMs + group.length)), repaired);
    at = next;
  }
  return repaired
    .filter((word) => word.startMs < durationMs)
    .map((word) => ({ ...word, endMs: Math.min(word.endMs, durationMs) }));
}

/** Splits a stretch evenly among words; gives back its end. */
function share(group: readonly HeardWord[], startMs: number, endMs: number, into: HeardWord[]): number {
  const each = (endMs - startMs) / group.length;
  group.forEach((word, index) => {
    into.push({
      ...word,
      startMs: Math.round(startMs + each * index),
      endMs: Math.round(startMs + each * (index + 1)),
    });
  });
  return endMs;
}

/** The transcripts of pieces of one audio, each with the time at which it begins, as one. */
export function joinTranscripts(
  pieces: readonly { readonly fromMs: number; readonly transcript: Transcript }[],
): Transcript {
  const moved = [...pieces].sort((a, b) => a.fromMs - b.fromMs);
  const shift = <T extends { readonly startMs: number; readonly endMs: number }>(items: readonly T[], byMs: number) =>
    items.map((item) => ({ ...item, startMs: item.startMs + byMs, endMs: item.endMs + byMs }));
  const words = moved.flatMap(({ fromMs, transcript }) => shift(transcript.words, fromMs));
  return {
    words: repairWords(words, Math.max(0, ...words.map((word) => word.endMs))),
    segments: moved.flatMap(({ fromMs, transcript }) => shift(transcript.segments, fromMs)),
  };
}
