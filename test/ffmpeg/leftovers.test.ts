/** What processes that were killed leave in the folder for temporary files, and a disk that is full before ffmpeg begins. */
import { spawn } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { processName } from '../../src/adapters/local/process-name.ts';
import { clip, fileOf, leftovers, script, temporaryFolder, untilDead } from './support.ts';

const child = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Runs a cut in a process of its own: `limit` a command before node's. */
function start(args: readonly string[], limit: readonly string[] = []) {
  const [command = '', ...rest] = [...limit, process.execPath, child, ...args];
  const running = spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  running.stdout.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const ended = new Promise<string>((resolve, reject) =>
    running.once('error', reject).once('close', () => resolve(said.join('').trim())),
  );
  return { running, ended };
}

test.skipIf(process.platform !== 'linux')(
  'the folder of a process that was killed with its ffmpeg at work goes with the next job, those of the living stay',
  async () => {
    await using tools = await temporaryFolder();
    await using temp = await temporaryFolder();
    const path = await clip({ frames: 24, hertz: 440 });
    const ready = join(tools.path, 'ready');
    await mkdir(ready);
    const hangs = await script(
      tools.path,
      'ffmpeg',
      `case "$*" in *-progress*a.flac*) echo half > a.flac; : > ${ready}/$$; exec sleep 60;; *) exec ffmpeg "$@";; esac`,
    );
    const { running, ended } = start(['audio', path, temp.path, hangs]);
    while ((await readdir(ready)).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    running.kill('SIGKILL');
    await ended;
    const [left = '', ...others] = await leftovers(temp.path);
    expect(others).toEqual([]);
    expect(await readdir(join(temp.path, left, 'work'))).toEqual(['a.flac']);
    const alive = `reelstate-media-${processName()}.aBcDeF`;
    await mkdir(join(temp.path, alive));

    const sound = await ffmpeg({ tempDir: temp.path }).audio(fileOf(path), {
      fromMs: 0,
      durationMs: 1000,
      timeoutMs: 20_000,
    });
    await sound.dispose();
    expect(await leftovers(temp.path)).toEqual([alive]);
    const [orphan = ''] = await readdir(ready);
    process.kill(Number(orphan), 'SIGKILL');
    expect(await untilDead(Number(orphan))).toBe(true);
  },
);

test.skipIf(process.platform === 'win32')(
  'captions that the disk has no room for: nothing is cut with half of them, nothing is left',
  async () => {
    await using temp = await temporaryFolder();
    const path = await clip({ frames: 24, hertz: 440 });
    const limit = ['/bin/bash', '-c', 'ulimit -f 512 && exec "$@"', 'bash'];
    expect(await start(['captioned', path, temp.path, String(1024 * 1024)], limit).ended).toBe('retryable disk-full');
    expect(await leftovers(temp.path)).toEqual([]);
    expect(await start(['captioned', path, temp.path, '1024'], limit).ended).toBe('24 frames');
  },
);
