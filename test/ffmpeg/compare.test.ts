import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/media.ts';
import { clip, fileOf, makeMedia, memorySource, onEachFfmpeg, temporaryFolder } from './support.ts';

/** Sound with a shape that fits at one place only. */
const speech = 'aeval=0.4*sin(2*PI*(200+90*sin(2.3*t))*t)*(0.5+0.5*sin(7*t*t))';

onEachFfmpeg('compareHead', (tools) => {
  const compare = async (previous: string, next: string) =>
    ffmpeg({ ffmpegPath: (await tools()).ffmpeg }).compareHead(fileOf(previous), memorySource(readFileSync(next)), {
      timeoutMs: 20_000,
    });
  const short = () => clip({ frames: 72, hertz: 440, sound: speech });
  const long = () => clip({ frames: 120, hertz: 440, sound: speech });

  test('an extension that holds the earlier packets is identical', async () => {
    const found = await compare(await short(), await long());
    expect(found.verdict).toBe('identical');
    expect(found.identicalMs).toBeGreaterThan(2_900);
    expect(await compare(await short(), await short())).toEqual({ verdict: 'identical', identicalMs: 3_000 });
  });

  test('the same film encoded anew is equivalent, and moved sound is not', async () => {
    await using folder = await temporaryFolder();
    const { ffmpeg: command } = await tools();
    const anew = async (name: string, ...filters: readonly string[]) => {
      const path = `${folder.path}/${name}.mp4`;
      await makeMedia(command, [
        '-i',
        await long(),
        ...filters,
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-crf',
        '30',
        '-c:a',
        'aac',
        '-b:a',
        '64k',
        path,
      ]);
      return path;
    };
    const again = await compare(await short(), await anew('again'));
    expect(again.verdict).toBe('equivalent');
    expect(again.audioCorrelation).toBeGreaterThan(0.95);
    expect(Math.abs(again.audioLagMs ?? 99)).toBeLessThan(5);
    const moved = await compare(await short(), await anew('moved', '-af', 'adelay=60|60'));
    expect(moved.verdict).toBe('different');
    expect(Math.abs((moved.audioLagMs ?? 0) - 60)).toBeLessThan(3);
  });

  test('another film, a shorter one and one without sound are different', async () => {
    const other = await clip({ frames: 120, hertz: 700 });
    expect(await compare(await short(), other)).toMatchObject({ verdict: 'different', identicalMs: 0 });
    expect(await compare(await long(), await short())).toMatchObject({ verdict: 'different' });
    expect(await compare(await short(), await clip({ frames: 120 }))).toMatchObject({ verdict: 'different' });
  });

  test('a change in the last second, which nobody relies on, is passed over', async () => {
    const changed = await clip({
      frames: 120,
      hertz: 440,
      sound: speech,
      picture: "drawbox=t=fill:color=red:enable='gt(t,2.5)'",
    });
    const found = await compare(await short(), changed);
    expect(found).toMatchObject({ verdict: 'identical' });
    expect(found.identicalMs).toBeLessThan(2_600);
    const earlier = await clip({
      frames: 120,
      hertz: 440,
      sound: speech,
      picture: "drawbox=t=fill:color=red:enable='gt(t,1.5)'",
    });
    expect(await compare(await short(), earlier)).toMatchObject({ verdict: 'equivalent' });
  });
});
