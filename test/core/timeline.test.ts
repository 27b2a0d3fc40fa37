import assert from 'node:assert/strict';
import { describe, it } from 'vitest';
import type { FilmState } from '../../src/core/state.ts';
import { partsBetween, timeline } from '../../src/core/timeline.ts';
import { studio } from '../support/studio.ts';

async function film(durationSeconds: number, extensions: 'whole' | 'new'): Promise<FilmState> {
  const { make, state } = studio({ extensions });
  const { videoId } = await make({ theme: 'Bees', durationSeconds });
  return (await state.load(videoId))?.state as unknown as FilmState;
}

const FRAME = 1000 / 24;
const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(value));

describe('the timeline', () => {
  it('of whole extensions needs the last file of each chain alone', async () => {
    const { parts, blocks } = timeline(await film(37, 'whole'));
    assert.deepEqual(
      parts.map((part) => [part.output.durationMs, part.dropFirstFrame]),
      [
        [22_000, false],
        [15_000, true],
      ],
    );
    assert.deepEqual(rounded(blocks.map((block) => block.fromMs)), [
      0,
      8000,
      15_000,
      rounded([22_000 - FRAME])[0],
      rounded([30_000 - FRAME])[0],
    ]);
  });

  it('of extensions that are their new seconds alone needs every file', async () => {
    const { parts, blocks, durationMs } = timeline(await film(22, 'new'));
    assert.deepEqual(
      parts.map((part) => part.output.durationMs),
      [8000, 7000, 7000],
    );
    assert.deepEqual(
      blocks.map((block) => block.inFileMs),
      [0, 0, 0],
    );
    assert.equal(durationMs, 22_000);
  });

  it('cuts a stretch out of the files that show it, the joint’s frame once', async () => {
    const line = timeline(await film(37, 'whole'));
    const [first, second] = partsBetween(line, 20_000, 25_000);
    assert.deepEqual([first?.inFileMs, first?.durationMs], [20_000, 2000]);
    assert.deepEqual([second?.inFileMs, second?.dropFirstFrame], [0, true]);
    assert.equal(Math.round((first?.durationMs ?? 0) + (second?.durationMs ?? 0) - FRAME), 5000);
    const inside = partsBetween(line, 25_000, 26_000);
    assert.equal(inside.length, 1);
    assert.equal(Math.round(inside[0]?.inFileMs ?? 0), Math.round(3000 + FRAME));
  });
});
