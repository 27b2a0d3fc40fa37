import { endsSentence } from './breaks.ts';
import type { Lines } from './cues.ts';
import { joinWords } from './subtitles.ts';
import type { CaptionWord, Cue } from './types.ts';

/** A caption stays this long after its last word, milliseconds. */
const HOLD = 250;
/** A shorter gap to the next caption is closed, so that nothing flickers. */
const CLOSED_GAP = 500;
/** A caption that is hard to read in its time may stay longer after the voice, and come earlier. */
const LONGEST_HOLD = 1500;
const EARLIEST = 250;
const COMFORT = 16;
const COMFORTABLE_MS = 833;

interface Film {
  readonly blockCutsMs: readonly number[];
  readonly durationMs: number;
  readonly framesPerSecond: number;
}

interface Span {
  readonly lines: Lines;
  readonly startMs: number;
  readonly endMs: number;
}

/** When each cue is on screen: with its words, a little longer, on whole frames, gaps closed, no two at once. */
export function cueTimes(groups: readonly Lines[], film: Film): Cue[] {
  const spans = groups.flatMap((lines): Span[] => {
    const words = lines.flat();
    const first = words[0];
    const last = words.at(-1);
    return first === undefined || last === undefined ? [] : [{ lines, startMs: first.startMs, endMs: last.endMs }];
  });
  const cues: Cue[] = [];
  let free = 0;
  for (const [index, span] of spans.entries()) {
    const cue = timed(span, spans[index + 1], free, film);
    if (cue === undefined) continue;
    cues.push(cue);
    free = cue.endMs;
  }
  return cues;
}

function timed(span: Span, next: Span | undefined, free: number, film: Film): Cue | undefined {
  const length = [...span.lines.map((line) => joinWords(line)).join(' ')].length;
  const wanted = Math.max(COMFORTABLE_MS, (length * 1000) / COMFORT);
  const limit = Math.min(film.durationMs, next?.startMs ?? film.durationMs, cutAfter(span, film));
  const held = limit - span.endMs < CLOSED_GAP && next !== undefined ? limit : Math.min(limit, span.endMs + HOLD);
  const until = Math.max(held, Math.min(limit, span.endMs + LONGEST_HOLD, span.startMs + wanted));
  const lead = Math.min(EARLIEST, Math.max(0, wanted - (until - span.startMs)));
  const frame = (ms: number) => Math.floor((ms * film.framesPerSecond) / 1000 + 1e-6);
  const time = (frames: number) => Math.round((frames * 1000) / film.framesPerSecond);
  const from = Math.max(frame(free + 1), frame(Math.max(cutBefore(span, film), span.startMs - lead)));
  const to = Math.max(from + 1, frame(until));
  if (time(from) >= film.durationMs) return undefined;
  return { startMs: time(from), endMs: time(to), lines: span.lines };
}

/** The cut that a cue must be gone by: the first after its words, unless the sentence runs on. */
function cutAfter({ lines }: Span, { blockCutsMs, durationMs }: Film): number {
  const last = lines.flat().at(-1);
  if (last === undefined || !endsSentence(last.text)) return durationMs;
  return blockCutsMs.find((cut) => cut >= last.endMs) ?? durationMs;
}

function cutBefore({ lines }: Span, { blockCutsMs }: Film): number {
  const first: CaptionWord | undefined = lines.flat()[0];
  return first === undefined ? 0 : (blockCutsMs.findLast((cut) => cut <= first.startMs) ?? 0);
}
