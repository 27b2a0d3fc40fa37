import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterGraph, planAfter, planCut, rateText } from '../../src/adapters/ffmpeg/cut-plan.ts';
import type { CutPart, MediaInfo } from '../../src/core/ports.ts';

const FPS = 24;
const source = { open: () => new Blob([]).stream() };

const infoOf = (frames: number): MediaInfo => ({
  ...{ frames, durationMs: Math.round((frames * 1000) / FPS), width: 720, height: 1280, framesPerSecond: FPS },
  ...{ hasAudio: true, videoCodec: 'h264', audioCodec: 'aac' },
});

/** Parts as the timeline gives them: whole frames, in milliseconds. */
const partList = fc.array(
  fc.record({
    from: fc.nat(200),
    frames: fc.integer({ min: 2, max: 900 }),
    spare: fc.nat(50),
    dropFirstFrame: fc.boolean(),
  }),
  { minLength: 1, maxLength: 6 },
);

const plain = { burns: true, changesLoudness: false };

function planOf(
  list: readonly { from: number; frames: number; spare: number; dropFirstFrame: boolean }[],
  endMs?: number,
) {
  const parts: CutPart[] = list.map(({ from, frames, dropFirstFrame }) => ({
    ...{ source, fromMs: (from * 1000) / FPS, durationMs: (frames * 1000) / FPS, dropFirstFrame },
  }));
  return planCut(
    parts,
    list.map(({ from, frames, spare }) => infoOf(from + frames + spare)),
    { ...plain, endMs },
  );
}

/** The frames that are shown, each by its part and its place in the source. */
const shown = ({ parts }: { readonly parts: ReturnType<typeof planOf>['parts'] }): string[] =>
  parts.flatMap(({ index, firstFrame, frames }) =>
    Array.from({ length: frames }, (_value, at) => `${index}:${firstFrame + at}`),
  );

describe('planCut', () => {
  test('shows each frame of each part once, less the dropped ones', () => {
    fc.assert(
      fc.property(partList, (list) => {
        const wanted = list.flatMap(({ from, frames, dropFirstFrame }, index) =>
          Array.from({ length: frames }, (_value, at) => `${index}:${from + at}`).slice(dropFirstFrame ? 1 : 0),
        );
        const plan = planOf(list);
        expect(shown(plan)).toEqual(wanted);
        expect(plan.frames).toBe(wanted.length);
      }),
    );
  });

  test('an end, and what follows a beginning, are cut on the frame', () => {
    fc.assert(
      fc.property(partList, fc.integer({ min: 1, max: 4_000 }), (list, frames) => {
        const whole = planOf(list);
        const at = Math.min(frames, whole.frames);
        expect(shown(planOf(list, (at * 1000) / FPS))).toEqual(shown(whole).slice(0, at));
        expect(shown(planAfter(whole, at))).toEqual(shown(whole).slice(at));
        expect(planAfter(whole, at).frames).toBe(whole.frames - at);
      }),
    );
  });

  test('the sound of all parts together is as long as the picture, to the sample', () => {
    fc.assert(
      fc.property(partList, (list) => {
        const plan = planOf([...list, ...list]);
        const samples = [...filterGraph(plan, { burns: false }).matchAll(/atrim=end_sample=(\d+)/g)].map(([, count]) =>
          Number(count),
        );
        expect(samples).toHaveLength(plan.parts.length);
        expect(samples.reduce((sum, count) => sum + count, 0)).toBe(plan.frames * 2_000);
      }),
    );
  });
});

test.each([
  [24, '24'],
  [23.976023976, '24000/1001'],
  [29.97002997, '30000/1001'],
  [59.94005994, '60000/1001'],
  [25.00001, '25'],
  [17.3, '17.300000'],
])('a frame rate of %d is %s for ffmpeg', (rate, text) => {
  expect(rateText(rate)).toBe(text);
});
