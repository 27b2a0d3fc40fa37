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
  return shareTime(cues, film);
}

function timed(span: Span, next: Span | undefined, free: number, film: Film): Cue | undefined {
  const length = lengthOf(span);
  const wanted = Math.max(COMFORTABLE_MS, (length * 1000) / COMFORT);
  const limit = Math.min(film.durationMs, next?.startMs ?? film.durationMs, cutAfter(span, film));
  const held = limit - span.endMs < CLOSED_GAP && next?.startMs === limit ? limit : Math.min(limit, span.endMs + HOLD);
  const until = Math.max(held, Math.min(limit, span.endMs + LONGEST_HOLD, span.startMs + wanted));
  const lead = Math.min(EARLIEST, Math.max(0, wanted - (until - span.startMs)));
  const { frame, time } = gridOf(film);
  const from = Math.max(frame(free + 1), frame(Math.max(cutBefore(span, film), span.startMs - lead)));
  const to = Math.max(from + 1, frame(until));
  if (time(from) >= film.durationMs) return undefined;
  return { startMs: time(from), endMs: time(to), lines: span.lines };
}

/** A cue that is hard to read takes time from neighbours that can spare it: at most this much before or after the voice. */
const BORROWED_BEFORE = 300;
const BORROWED_AFTER = 160;
/** Of its last word's time, what a cue keeps when it gives way to the next. */
const KEPT = 0.5;
/** Characters per second that no cue has to pass while a neighbour has time. */
const FASTEST = 16.8;
const ROUNDS = 3;

function shareTime(cues: readonly Cue[], film: Film): Cue[] {
  const { frame, time } = gridOf(film);
  const result = [...cues];
  const spare = (cue: Cue) => cue.endMs - cue.startMs - Math.max((lengthOf(cue) * 1000) / FASTEST, SHORTEST_LENDER);
  // Several rounds, so that time passes along a row of cues.
  for (let step = 0; step < ROUNDS * result.length; step++) {
    const index = step % result.length;
    const before = result[index - 1];
    const cue = result[index];
    if (before === undefined || cue === undefined || before.endMs !== cue.startMs) continue;
    const last = before.lines.at(-1)?.at(-1);
    const first = cue.lines[0]?.[0];
    if (last === undefined || first === undefined || cutBetween(before, cue, film)) continue;
    const lacking = -Math.min(0, spare(cue), spare(before));
    if (lacking === 0 || Math.max(spare(cue), spare(before)) <= 0) continue;
    const amount = Math.min(lacking, Math.max(spare(cue), spare(before)));
    const earliest = Math.max(first.startMs - BORROWED_BEFORE, last.startMs + (last.endMs - last.startMs) * KEPT);
    const latest = first.startMs + BORROWED_AFTER;
    const at =
      spare(cue) < 0
        ? time(frame(Math.min(cue.startMs, Math.max(earliest, cue.startMs - amount)) + 1))
        : time(frame(Math.max(cue.startMs, Math.min(latest, cue.startMs + amount)) - 1) + 1);
    if (at <= before.startMs || at >= cue.endMs) continue;
    result[index - 1] = { ...before, endMs: at };
    result[index] = { ...cue, startMs: at };
  }
  return result;
}

const SHORTEST_LENDER = 600;

const lengthOf = ({ lines }: Pick<Cue, 'lines'>): number => [...lines.map((line) => joinWords(line)).join(' ')].length;

const cutBetween = (before: Cue, cue: Cue, { blockCutsMs }: Film): boolean =>
  blockCutsMs.some((cut) => Math.abs(cut - cue.startMs) <= BORROWED_BEFORE && before.startMs < cut);

const gridOf = ({ framesPerSecond }: Film) => ({
  frame: (ms: number) => Math.floor((ms * framesPerSecond) / 1000 + 1e-6),
  time: (frames: number) => Math.round((frames * 1000) / framesPerSecond),
});

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
