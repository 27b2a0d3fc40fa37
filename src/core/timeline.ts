/** Where in the film each block lies and which file shows it. Pure. */
import { acceptedTake } from './blocks.ts';
import { memo } from './memo.ts';
import { FRAMES_PER_SECOND, type PlannedBlock } from './plan.ts';
import { type Covers, type FilmState, filmPlan, type TakeOutput } from './state.ts';

export interface PlacedBlock {
  readonly block: number;
  readonly chain: number;
  readonly take: number;
  readonly token: string;
  readonly output: TakeOutput;
  /** Where its own seconds begin in its file, ms. */
  readonly inFileMs: number;
  /** Where they lie in the film, ms. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Where its chain begins in the film, ms. */
  readonly chainStartMs: number;
}

/** A stretch of the finished film: one whole file. */
export interface FilmPart {
  readonly output: TakeOutput;
  readonly token: string;
  readonly dropFirstFrame: boolean;
}

export interface Timeline {
  readonly blocks: readonly PlacedBlock[];
  readonly parts: readonly FilmPart[];
  readonly durationMs: number;
}

interface Shown {
  readonly planned: PlannedBlock;
  readonly covers: Covers;
  readonly take: number;
  readonly token: string;
  readonly output: TakeOutput;
}

/** The accepted blocks in order; the first that is missing ends them. */
function shownBlocks(film: FilmState): readonly Shown[] {
  const shown: Shown[] = [];
  for (const planned of filmPlan(film)) {
    const found = acceptedTake(film, planned.block);
    if (found === undefined) break;
    const { accepted, take, output } = found;
    shown.push({ planned, covers: accepted.covers, take: take.take, token: take.token, output });
  }
  return shown;
}

/** The fewest files that show a chain: from its end backwards, each file saves those whose seconds it contains. */
function partsOfChain(chain: readonly Shown[]): readonly FilmPart[] {
  const parts: FilmPart[] = [];
  let neededUntilMs = Number.POSITIVE_INFINITY;
  for (const { covers, token, output } of [...chain].reverse()) {
    if (covers.fromMs >= neededUntilMs) continue;
    parts.unshift({ output, token, dropFirstFrame: false });
    neededUntilMs = covers.fromMs;
  }
  const joint = chain[0]?.planned.kind === 'last-frame';
  return parts.map((part, index) => ({ ...part, dropFirstFrame: joint && index === 0 }));
}

/** The film's accepted blocks in the film's own time. */
export const timeline: (film: FilmState) => Timeline = memo(placeBlocks);

function placeBlocks(film: FilmState): Timeline {
  const shown = shownBlocks(film);
  const blocks: PlacedBlock[] = [];
  let startMs = 0;
  let endMs = 0;
  for (const [index, { planned, covers, take, token, output }] of shown.entries()) {
    // A chain that begins with the last frame of the one before shows that frame once.
    if (planned.kind !== 'extend') startMs = endMs - (planned.kind === 'last-frame' ? 1000 / FRAMES_PER_SECOND : 0);
    const ownFromMs = planned.kind === 'extend' ? (shown[index - 1]?.covers.toMs ?? 0) : 0;
    endMs = startMs + covers.toMs;
    blocks.push({
      block: planned.block,
      chain: planned.chain,
      chainStartMs: startMs,
      take,
      token,
      output,
      inFileMs: ownFromMs - covers.fromMs,
      fromMs: startMs + ownFromMs,
      toMs: endMs,
    });
  }
  const chains = [...new Set(shown.map(({ planned }) => planned.chain))];
  const parts = chains.flatMap((chain) => partsOfChain(shown.filter(({ planned }) => planned.chain === chain)));
  return { blocks, parts, durationMs: endMs };
}

/** A part of a file, for a stretch of the film. */
export interface Stretch extends FilmPart {
  readonly inFileMs: number;
  readonly durationMs: number;
}

/** The files that show the film between two moments, ms. */
export function partsBetween({ parts }: Timeline, startMs: number, endMs: number): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let atMs = 0;
  for (const part of parts) {
    const droppedMs = part.dropFirstFrame ? 1000 / FRAMES_PER_SECOND : 0;
    const partEndMs = atMs + part.output.durationMs - droppedMs;
    const [fromMs, toMs] = [Math.max(startMs, atMs), Math.min(endMs, partEndMs)];
    if (toMs - fromMs > 1) {
      const isWhole = fromMs === atMs;
      const inFileMs = isWhole ? 0 : fromMs - atMs + droppedMs;
      stretches.push({
        ...part,
        dropFirstFrame: isWhole && part.dropFirstFrame,
        inFileMs,
        durationMs: toMs - fromMs + (isWhole ? droppedMs : 0),
      });
    }
    atMs = partEndMs;
  }
  return stretches;
}
