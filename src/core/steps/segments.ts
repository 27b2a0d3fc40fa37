/**
 * The incremental burn: while the vendor makes block k+1, the pictures of block k get their captions. After the last block only its own
 * seconds remain. Nothing here is needed for the film: what does not fit any more is left out and burned by the cut.
 */
import { blocksDone } from '../blocks.ts';
import { wholeObject } from '../bytes.ts';
import { captioned } from '../captioning.ts';
import { endsSentence } from '../captions/breaks.ts';
import type { Cue } from '../captions/index.ts';
import type { Context } from '../context.ts';
import type { Fact } from '../evolve.ts';
import { fingerprint } from '../hash.ts';
import type { Json } from '../json.ts';
import type { Step, Task } from '../machine.ts';
import { paths } from '../paths.ts';
import { FRAMES_PER_SECOND } from '../plan.ts';
import type { CutPart, Source } from '../ports.ts';
import { type FilmState, filmPlan } from '../state.ts';
import { withTemporary } from '../temporary.ts';
import { type PlacedBlock, partsBetween, timeline } from '../timeline.ts';
import { isHeard } from './heard.ts';

/** Veo conditions an extension on about the last second of its input, so that second may come out differently (media.md 2). */
const HOLD_BACK_MS = 1000;
/** Shorter than this is not worth a file. */
const LEAST_MS = 1000;

interface Segment {
  readonly name: string;
  readonly revision: string;
  /** Where in the film it lies, ms, on whole frames. */
  readonly startMs: number;
  readonly endMs: number;
  /** The captions that are burned in. */
  readonly captions: string;
  /** Up to where its file begins with the one before it, ms of the chain. */
  readonly headMs?: number;
}

export const segmentTaskId = (block: number): string => `segment:${block}`;
const onFrame = (ms: number): number => (Math.floor((ms * FRAMES_PER_SECOND) / 1000) * 1000) / FRAMES_PER_SECOND;

function segmentOf(film: FilmState, placed: PlacedBlock): Segment | undefined {
  const record = film.tasks[segmentTaskId(placed.block)];
  const output = record?.input === placed.token ? record.done?.output : undefined;
  return output === undefined || output === null ? undefined : (output as unknown as Segment);
}

/** The events of an ASS file that show between two moments: equal texts burn equal pictures. */
export function eventsBetween(ass: string, startMs: number, endMs: number): string {
  const ms = (clock: string): number => {
    const [hours = 0, minutes = 0, seconds = 0] = clock.split(':').map(Number);
    return (hours * 3600 + minutes * 60 + seconds) * 1000;
  };
  const events = ass.split('\n').filter((line) => {
    const [, from = '', to = ''] = line.startsWith('Dialogue:') ? line.split(',') : [];
    return from !== '' && ms(from) < endMs && ms(to) > startMs;
  });
  return fingerprint(events);
}

/** How far the captions are as they will be: the next block leaves them as they are (a test keeps that true) up to a sentence that it goes on with. */
function settledUntil(cues: readonly Cue[], untilMs: number): number {
  const last = cues.findLastIndex(({ lines }) => endsSentence(lines.at(-1)?.at(-1)?.text ?? ''));
  return onFrame(Math.min(untilMs, cues[last + 1]?.startMs ?? untilMs));
}

const cutParts = (
  film: FilmState,
  startMs: number,
  endMs: number,
  source: (name: string, revision: string) => Source,
): readonly CutPart[] =>
  partsBetween(timeline(film), startMs, endMs).map(({ output, inFileMs, durationMs, dropFirstFrame }) => ({
    source: source(output.name, output.revision),
    fromMs: inFileMs,
    durationMs,
    dropFirstFrame,
  }));

async function burn(film: FilmState, placed: PlacedBlock, context: Context): Promise<Segment | undefined> {
  const { media, storage } = context.ports;
  const { blocks } = timeline(film);
  const until = blocks.filter(({ block }) => block <= placed.block);
  const before = until.at(-2);
  const startMs = before === undefined ? 0 : segmentOf(film, before)?.endMs;
  if (media?.segment === undefined || startMs === undefined) return undefined;
  const made = await captioned(film, until, placed.toMs, context);
  const endsChain = film.plan[placed.block]?.chain !== film.plan[placed.block - 1]?.chain;
  const endMs = settledUntil(made.burned, endsChain ? placed.toMs : placed.toMs - HOLD_BACK_MS);
  if (endMs - startMs < LEAST_MS) return undefined;
  const parts = cutParts(film, startMs, endMs, (name, revision) => storage.source(name, { revision }));
  const { signal, settings } = context;
  const request = { parts, ass: made.ass, startMs, timeoutMs: settings.mediaTimeoutMs, signal };
  const headMs = before?.chain === placed.chain ? await sameUntilMs(before, placed, context) : undefined;
  const name = paths.segment(film.videoId, placed.block, placed.take);
  const captions = eventsBetween(made.ass, startMs, endMs);
  return withTemporary(media.segment(request), async (file) => {
    const there = await storage.head(name);
    const options = {
      ifRevision: there?.revision ?? null,
      contentType: 'video/mp4',
      metadata: { token: placed.token },
      signal,
    };
    const { revision } = await storage.put(name, file, options);
    const segment = { name, revision, startMs, endMs, captions };
    return headMs === undefined || headMs === Number.POSITIVE_INFINITY ? segment : { ...segment, headMs };
  });
}

const segmentTask = (placed: PlacedBlock): Task => ({
  id: segmentTaskId(placed.block),
  role: 'assembler',
  input: placed.token,
  kind: 'work',
  light: false,
  async perform(film, context): Promise<readonly Fact[]> {
    const segment = await burn(film, placed, context).catch((error: unknown) => {
      if (context.signal.aborted) throw error;
      context.ports.logger.info('a segment was left to the cut', { videoId: film.videoId, block: placed.block });
      return undefined;
    });
    const output = (segment ?? null) as unknown as Json;
    return [{ type: 'task-done', id: segmentTaskId(placed.block), input: placed.token, at: context.now(), output }];
  },
});

/** Up to where a file begins with what the one before it showed, ms of the chain: checked, never assumed. */
async function sameUntilMs(earlier: PlacedBlock, later: PlacedBlock, context: Context): Promise<number> {
  const { media, storage } = context.ports;
  // A file of new seconds alone leaves the earlier ones to the file that has them.
  if (later.inFileMs === 0) return Number.POSITIVE_INFINITY;
  if (media?.compareHead === undefined) return 0;
  const source = ({ output }: PlacedBlock): Source => wholeObject(storage, output);
  const options = { timeoutMs: context.settings.mediaTimeoutMs, signal: context.signal };
  const { identicalMs } = await media.compareHead(source(earlier), source(later), options);
  const fileStartMs = earlier.fromMs - earlier.chainStartMs - earlier.inFileMs;
  return fileStartMs + identicalMs;
}

/** Up to where the film still shows what was burned from this block's file, ms of its chain. Only the last file has to be compared now. */
async function keptUntilMs(
  film: FilmState,
  placed: PlacedBlock,
  compared: Map<string, Promise<number>>,
  context: Context,
) {
  const chain = timeline(film).blocks.filter((other) => other.chain === placed.chain && other.block >= placed.block);
  let keptMs = Number.POSITIVE_INFINITY;
  for (const [index, later] of chain.entries()) {
    const earlier = chain[index - 1];
    if (earlier === undefined) continue;
    const known = headOf(film, later);
    const now =
      compared.get(later.token) ??
      (known === undefined ? sameUntilMs(earlier, later, context) : Promise.resolve(known));
    compared.set(later.token, now);
    keptMs = Math.min(keptMs, await now);
  }
  return keptMs;
}

/** The segments, from the film's first frame on, that are what the cut would burn. */
export async function usableSegments(film: FilmState, ass: string, context: Context): Promise<readonly Source[]> {
  const { storage } = context.ports;
  const usable: Source[] = [];
  const compared = new Map<string, Promise<number>>();
  let endMs = 0;
  for (const placed of timeline(film).blocks) {
    const segment = segmentOf(film, placed);
    if (segment === undefined || Math.abs(segment.startMs - endMs) > 1) break;
    if (eventsBetween(ass, segment.startMs, segment.endMs) !== segment.captions) break;
    if ((await keptUntilMs(film, placed, compared, context)) < segment.endMs - placed.chainStartMs) break;
    // Somebody may have cleared the place up.
    if ((await storage.head(segment.name, { signal: context.signal }))?.revision !== segment.revision) break;
    usable.push(storage.source(segment.name, { revision: segment.revision }));
    endMs = segment.endMs;
  }
  return usable;
}

const headTaskId = (block: number): string => `head:${block}`;

/** The last block's file compared with the one before it, so that the cut need not: whether what was burned ahead still holds. */
export async function comparedHead(film: FilmState, placed: PlacedBlock, context: Context): Promise<readonly Fact[]> {
  const { blocks } = timeline(film);
  const [earlier, later] = [blocks.at(-2), blocks.at(-1)];
  const isLast = blocksDone(film) && later?.token === placed.token;
  if (!isLast || earlier === undefined || earlier.chain !== later.chain || later.inFileMs === 0) return [];
  if (segmentOf(film, earlier) === undefined) return [];
  // Nothing needs it: what was burned ahead is then burned again.
  const headMs = await sameUntilMs(earlier, later, context).catch(() => 0);
  if (context.signal.aborted) return [];
  const id = headTaskId(later.block);
  return [{ type: 'task-done', id, input: later.token, at: context.now(), output: { headMs } }];
}

function headOf(film: FilmState, placed: PlacedBlock): number | undefined {
  const known = segmentOf(film, placed)?.headMs;
  const record = film.tasks[headTaskId(placed.block)];
  if (known !== undefined || record?.input !== placed.token) return known;
  return (record.done?.output as { readonly headMs: number } | undefined)?.headMs;
}

/** Burns ahead of time what will not change any more. */
export const segmentsStep = (): Step => ({
  name: 'segments',
  after: ['script'],
  isDone: () => true,
  tasks: (film) => {
    if (film.input.captions === false || film.input.trim) return [];
    const { blocks } = timeline(film);
    const last = filmPlan(film).length;
    if (blocksDone(film)) return [];
    // In order: a segment begins where the one before it ended.
    const next = blocks.find(
      (placed) =>
        film.tasks[segmentTaskId(placed.block)]?.input !== placed.token ||
        film.tasks[segmentTaskId(placed.block)]?.done === undefined,
    );
    return next !== undefined && next.block < last && isHeard(film, next) ? [segmentTask(next)] : [];
  },
});
