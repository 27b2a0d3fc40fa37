import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runJob } from '../../src/adapters/ffmpeg/job.ts';
import { resolveFfmpeg } from '../../src/adapters/ffmpeg/resolve.ts';
import { temporaryFolder } from './support.ts';

// The optional peer as it is where nobody installed it.
vi.mock('fluent-ffmpeg', () => {
  throw new Error("Cannot find package 'fluent-ffmpeg'");
});

test('a host without fluent-ffmpeg makes its films all the same', async () => {
  await expect(import('fluent-ffmpeg')).rejects.toThrow();
  await using folder = await temporaryFolder();
  const { ffmpeg } = await resolveFfmpeg();
  await runJob({
    ffmpeg,
    inputs: [{ options: ['-f', 'lavfi'], url: 'testsrc2=s=64x64:r=24:d=1' }],
    options: ['-c:v', 'libx264', '-t', '1'],
    output: 'out.mp4',
    cwd: folder.path,
    deadline: Date.now() + 20_000,
  });
  expect((await readFile(join(folder.path, 'out.mp4'))).length).toBeGreaterThan(1_000);
});
