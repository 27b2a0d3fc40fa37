/** Is the block that the next one continues worth continuing? Pure: what was measured and inspected, and what follows. */
import { acceptedTake, dialogueOf } from './blocks.ts';
import type { PlannedBlock } from './plan.ts';
import type { Inspection, Interval } from './ports.ts';
import type { FilmState } from './state.ts';

export interface Finding {
  readonly code: 'wrong-aspect' | 'wrong-duration' | 'black-end' | 'frozen-end' | 'silent';
  readonly message: string;
}

// An extension begins with the input's last second (media.md 2): what fills that second is what goes on.
const BLACK_END_MS = 500;
const FROZEN_END_MS = 1500;
const SILENT_SHARE = 0.9;
const DURATION_TOLERANCE_MS = 1000;
const END_TOLERANCE_MS = 100;

export const checkTaskId = (block: number): string => `check:${block}`;

/** What the file's own index tells of a block: needs no media port. */
export function measuredFindings(film: FilmState, planned: PlannedBlock): readonly Finding[] {
  const found = acceptedTake(film, planned.block);
  if (found === undefined) return [];
  const { width, height } = found.output;
  const findings: Finding[] = [];
  const isPortrait = height > width;
  if (isPortrait !== (film.input.aspectRatio === '9:16')) {
    findings.push({
      code: 'wrong-aspect',
      message: `The picture is ${width}x${height}, not ${film.input.aspectRatio}.`,
    });
  }
  const before = planned.kind === 'extend' ? (film.blocks[planned.block - 2]?.accepted?.covers.toMs ?? 0) : 0;
  const ownMs = found.accepted.covers.toMs - before;
  if (Math.abs(ownMs - planned.seconds * 1000) > DURATION_TOLERANCE_MS) {
    findings.push({
      code: 'wrong-duration',
      message: `The block lasts ${(ownMs / 1000).toFixed(2)} s, not ${planned.seconds} s.`,
    });
  }
  return findings;
}

const endingIn = (intervals: readonly Interval[], endMs: number): number =>
  intervals.reduce(
    (longest, { startMs, endMs: until }) =>
      until >= endMs - END_TOLERANCE_MS ? Math.max(longest, until - startMs) : longest,
    0,
  );

const total = (intervals: readonly Interval[]): number =>
  intervals.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);

/** What a look at pictures and sound tells of the stretch from `fromMs` on. */
export function inspectedFindings(
  film: FilmState,
  block: number,
  inspection: Inspection,
  stretch: { readonly fromMs: number; readonly durationMs: number },
): readonly Finding[] {
  const endMs = stretch.fromMs + stretch.durationMs;
  const findings: Finding[] = [];
  const blackMs = endingIn(inspection.black, endMs);
  if (blackMs >= BLACK_END_MS)
    findings.push({ code: 'black-end', message: `The last ${(blackMs / 1000).toFixed(1)} s are black.` });
  const frozenMs = endingIn(inspection.frozen, endMs);
  if (frozenMs >= FROZEN_END_MS && blackMs < BLACK_END_MS) {
    findings.push({
      code: 'frozen-end',
      message: `The picture stands still for the last ${(frozenMs / 1000).toFixed(1)} s.`,
    });
  }
  const isSilent = !inspection.hasAudio || total(inspection.silent) >= SILENT_SHARE * stretch.durationMs;
  if (isSilent && dialogueOf(film, block) !== '') {
    findings.push({ code: 'silent', message: 'Nobody speaks, although there is a dialogue.' });
  }
  return findings;
}

/** The inspection of the accepted take, once it is made. */
export function inspectedBefore(film: FilmState, block: number): readonly Finding[] | undefined {
  const record = film.tasks[checkTaskId(block)];
  const token = film.blocks[block - 1]?.accepted?.token;
  return record?.done !== undefined && record.input === token
    ? (record.done.output as unknown as readonly Finding[])
    : undefined;
}

/** Why the next block should not be bought yet; nothing where a person said to go on. */
export function stoppingFindings(film: FilmState, planned: PlannedBlock): readonly Finding[] {
  const block = film.blocks[planned.block - 1];
  if (block?.accepted === undefined || block.asIs === block.accepted.token) return [];
  return [...measuredFindings(film, planned), ...(inspectedBefore(film, planned.block) ?? [])];
}

/** Until when the launch of a block waits for the inspection of the one before, epoch ms. */
export function gateUntil(film: FilmState, planned: PlannedBlock): number {
  if (film.gateMs === undefined || planned.kind === 'start') return 0;
  const before = acceptedTake(film, planned.block - 1);
  if (before === undefined || inspectedBefore(film, planned.block - 1) !== undefined) return 0;
  return (before.take.outcome?.at ?? 0) + film.gateMs;
}
