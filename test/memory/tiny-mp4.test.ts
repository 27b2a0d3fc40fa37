import { describe, expect, it } from 'vitest';
import { saidIn, tinyMp4 } from '../../src/adapters/memory/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';

describe('tinyMp4', () => {
  it.each([
    { durationMs: 8000, width: 720, height: 1280, audio: true },
    { durationMs: 36_000, width: 1920, height: 1080, audio: false },
    { durationMs: 1000, width: 2160, height: 3840, audio: true },
  ])('is measured as what it was asked to be: %o', async (film) => {
    const info = await measureMp4(sourceOf(tinyMp4(film)));
    expect(info).toMatchObject({
      durationMs: film.durationMs,
      width: film.width,
      height: film.height,
      hasAudio: film.audio,
    });
    expect(info).toMatchObject({ frames: (film.durationMs * 24) / 1000, framesPerSecond: 24, videoCodec: 'h264' });
  });

  it('keeps what is said, in any script', async () => {
    const said = [{ text: 'Pourquoi le ciel est-il bleu ? 空', fromMs: 300, toMs: 7700 }];
    expect(await saidIn(sourceOf(tinyMp4({ durationMs: 8000, said })))).toEqual(said);
    expect(await saidIn(sourceOf(new TextEncoder().encode('no film')))).toEqual([]);
  });

  it('stays small enough for a unit test', () => {
    expect(tinyMp4({ durationMs: 37_000 }).length).toBeLessThan(5000);
  });
});
