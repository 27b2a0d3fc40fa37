import { beforeAll, describe, expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { PALETTES } from '../../src/adapters/simulated/palettes.ts';
import { inspectedFindings, measuredFindings } from '../../src/core/checks.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { FilmState } from '../../src/core/state.ts';
import { clip, fileOf } from '../ffmpeg/support.ts';
import { videoSetting } from '../simulated/support.ts';
import { studio } from '../support/studio.ts';

const SECONDS = 8;
const stretch = { fromMs: 0, durationMs: SECONDS * 1000 };

/** A film whose first block has words to say. */
let film: FilmState;
beforeAll(async () => {
  const { make, state } = studio();
  const { videoId } = await make();
  film = (await state.load(videoId))?.state as unknown as FilmState;
});

async function found(path: string): Promise<readonly string[]> {
  const inspection = await ffmpeg().inspect(fileOf(path), { ...stretch, timeoutMs: 60_000 });
  return inspectedFindings(film, 1, inspection, stretch).map(({ code }) => code);
}

/** The film as if its first block were this file. */
async function measured(path: string): Promise<readonly string[]> {
  const info = await measureMp4(fileOf(path));
  const [first, ...others] = film.blocks;
  const planned = film.plan[0];
  if (!first?.accepted || !planned) throw new Error('the film has no first block');
  const takes = first.takes.map((take) => (take.output ? { ...take, output: { ...take.output, ...info } } : take));
  const accepted = { ...first.accepted, covers: { fromMs: 0, toMs: info.durationMs } };
  return measuredFindings({ ...film, blocks: [{ ...first, takes, accepted }, ...others] }, planned).map(
    ({ code }) => code,
  );
}

describe('a real take', { timeout: 60_000 }, () => {
  const frames = SECONDS * 24;
  const spoken = { frames, hertz: 300 };

  test('that is as it should be passes', async () => {
    expect(await found(await clip(spoken))).toEqual([]);
    expect(await measured(await clip(spoken))).toEqual([]);
  });
  test('that ends in black', async () => {
    expect(await found(await clip({ ...spoken, picture: 'fade=t=out:st=6.5:d=0.5' }))).toEqual(['black-end']);
  });
  test('whose picture stands still at the end', async () => {
    const picture = 'trim=end=5,tpad=stop_mode=clone:stop_duration=4';
    expect(await found(await clip({ ...spoken, picture }))).toEqual(['frozen-end']);
  });
  test.each([['silent', { ...spoken, sound: 'volume=0' }] as const, ['without sound', { frames }] as const])(
    'that is %s',
    async (_, options) => {
      expect(await found(await clip(options))).toEqual(['silent']);
    },
  );
  test('of the wrong shape', async () => {
    expect(await measured(await clip({ ...spoken, size: '320x180' }))).toEqual(['wrong-aspect']);
  });
  test('of the wrong length', async () => {
    expect(await measured(await clip({ ...spoken, frames: 6 * 24 }))).toEqual(['wrong-duration']);
  });
});

test.each(PALETTES.map(({ name }, index) => [name, index] as const))(
  'a simulated take in %s passes',
  { timeout: 60_000 },
  async (name, seed) => {
    const setting = await videoSetting({ seed });
    const prompt = {
      dialogue: 'Look up: the sky is blue, and nobody knows why.',
      language: 'en',
      visual: `${name} colours`,
    };
    const { path } = await setting.make({
      prompt,
      seconds: SECONDS,
      labels: { film: `film-${seed}`, block: '1', take: '1' },
    });
    expect(await found(path)).toEqual([]);
    expect(await measured(path)).toEqual([]);
  },
);
