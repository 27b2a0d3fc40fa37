import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readJournal, simulatedVideo } from '../../src/adapters/simulated/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import { SMALL, temporaryFolder } from './support.ts';

const entry = new URL('../../src/adapters/simulated/index.ts', import.meta.url).href;

/** A process that launches one video and then does what `after` says. */
const launching = (folder: string, speedUp: number, after: string): string => `
  import { simulatedVideo } from ${JSON.stringify(entry)};
  const video = simulatedVideo({ folder: ${JSON.stringify(join(folder, 'vendor'))}, speedUp: ${speedUp}, voice: 'hum', size: ${JSON.stringify(SMALL)} });
  const { operation } = await video.launch({
    prompt: { dialogue: 'Look up.', language: 'en', visual: 'hills' },
    seconds: 4, aspectRatio: '9:16', resolution: '720p',
    outputPlace: ${JSON.stringify(`${pathToFileURL(join(folder, 'takes')).href}/`)},
    labels: { film: 'film', block: '1', take: '1' },
  });
  console.log(operation);
  ${after}
`;

function start(script: string) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  return { child, said, ended: once(child, 'exit') };
}

const videosBelow = async (folder: string) =>
  (await readdir(folder, { recursive: true }).catch(() => [])).filter((name) => name.endsWith('.mp4'));

async function lookUntilDone(folder: string, operation: string, speedUp: number): Promise<string> {
  const video = simulatedVideo({
    folder: join(folder, 'vendor'),
    speedUp,
    voice: 'hum',
    size: SMALL,
    background: false,
  });
  for (;;) {
    const look = await video.look(operation);
    if (look.status === 'done') return fileURLToPath(look.output.uri);
    expect(look.status).toBe('running');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('operations on disk', () => {
  test('do not keep their process alive, and go on without it', async () => {
    const folder = await temporaryFolder();
    const { said, ended } = start(launching(folder, 50, ''));
    const operation = await said;
    const [code] = await ended;
    expect(code).toBe(0);
    const path = await lookUntilDone(folder, operation, 50);
    expect(await measureMp4(sourceOf(await readFile(path)))).toMatchObject({ durationMs: 4000 });
  });

  test('survive kill -9 at any moment of the rendering, with one video and one charge', async () => {
    for (const delayMs of [0, 60, 150, 300, 500]) {
      const folder = await temporaryFolder();
      const { child, said, ended } = start(launching(folder, 1e6, 'await new Promise((r) => setTimeout(r, 60_000));'));
      const operation = await said;
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      child.kill('SIGKILL');
      await ended;
      const path = await lookUntilDone(folder, operation, 1e6);
      expect(await measureMp4(sourceOf(await readFile(path)))).toMatchObject({ durationMs: 4000, frames: 96 });
      expect(await videosBelow(join(folder, 'takes'))).toHaveLength(1);
      const entries = await readJournal(join(folder, 'vendor'));
      expect(entries.filter(({ event }) => event === 'charged')).toHaveLength(1);
    }
  });

  test('are delivered without being asked while a process lives, also those of a process that died', async () => {
    const folder = await temporaryFolder();
    const first = start(launching(folder, 1e6, 'process.kill(process.pid, "SIGKILL");'));
    await first.said;
    await first.ended;
    simulatedVideo({ folder: join(folder, 'vendor'), speedUp: 1e6, voice: 'hum', size: SMALL });
    await expect.poll(() => videosBelow(join(folder, 'takes')), { timeout: 15_000 }).toHaveLength(1);
    await expect
      .poll(async () => (await readJournal(join(folder, 'vendor'))).map(({ event }) => event))
      .toContain('delivered');
  });
});
