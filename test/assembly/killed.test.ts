import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { resolveFfmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import { fileOf, script } from '../ffmpeg/support.ts';
import { end, openHost, realMedia, scratch, stageFirstBlock } from './support.ts';

const filesOf = async (folder: string): Promise<string[]> =>
  existsSync(folder)
    ? (await readdir(folder, { withFileTypes: true })).flatMap((one) => (one.isFile() ? [one.name] : []))
    : [];

test('an assembler that is killed while it burns ahead leaves no half segment', { timeout: 120_000 }, async () => {
  using root = scratch();
  const { ffmpeg } = await resolveFfmpeg();
  const media = realMedia(ffmpeg);
  const staged = await stageFirstBlock(root.path, { media });
  const segments = join(staged.folder, 'films', staged.videoId, 'segments');
  const marker = join(root.path, 'burning');
  const tempDir = join(root.path, 'tmp');
  mkdirSync(tempDir);
  const burnsForever = `case "$*" in
*-an*out.mp4) head -c 5000 /dev/urandom > out.mp4; echo $$ > ${marker}.part; mv ${marker}.part ${marker}; exec sleep 60;;
*) exec ${ffmpeg} "$@";;
esac`;
  const slow = await script(root.path, 'ffmpeg', burnsForever);
  const file = fileURLToPath(new URL('child.ts', import.meta.url));
  const child = spawn(process.execPath, [file, staged.folder, staged.vendor, staged.videoId, slow, tempDir], {
    stdio: 'inherit',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  while (!existsSync(marker)) {
    if (child.exitCode !== null) throw new Error('the assembler ended before it burned anything');
    await sleep(20);
  }
  child.kill('SIGKILL');
  await gone;
  process.kill(Number(readFileSync(marker, 'utf8')), 'SIGKILL');
  expect(await filesOf(segments)).toEqual([]);

  const assembler = openHost(staged, { media, part: 'assembler' });
  await assembler.films.advance(staged.videoId);
  await assembler.close();
  expect(await filesOf(segments)).toEqual(['1-1.mp4']);
  expect((await measureMp4(fileOf(join(segments, '1-1.mp4')))).frames).toBe(7 * 24);
  const { provenance } = await end(staged, media);
  expect(provenance.burnedAhead).toBe(1);
});
