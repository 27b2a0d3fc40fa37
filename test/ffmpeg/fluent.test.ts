/** Each fault of fluent-ffmpeg that its file names, shown closed: these fail where the library runs ffmpeg itself. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type JobParts, runDirect, runFluent } from '../../src/adapters/ffmpeg/fluent.ts';
import { type FfmpegJob, runJob } from '../../src/adapters/ffmpeg/job.ts';
import { runProcess } from '../../src/adapters/ffmpeg/process.ts';
import { clip, onEachFfmpeg, script, temporaryFolder, untilDead } from './support.ts';

const later = () => Date.now() + 20_000;

onEachFfmpeg('a job by fluent-ffmpeg', (tools) => {
  const testPattern = async (cwd: string, rest: Partial<FfmpegJob> = {}): Promise<FfmpegJob> => ({
    ffmpeg: (await tools()).ffmpeg,
    inputs: [{ options: ['-f', 'lavfi'], url: 'testsrc2=s=64x64:r=24:d=2' }],
    options: ['-c:v', 'libx264', '-preset', 'ultrafast'],
    output: 'out.mp4',
    cwd,
    deadline: later(),
    ...rest,
  });

  test('reads lavfi, which its capability check denies on newer versions', async () => {
    await using folder = await temporaryFolder();
    await runJob(await testPattern(folder.path));
    expect((await readFile(join(folder.path, 'out.mp4'))).length).toBeGreaterThan(1_000);
  });

  test('percentages are ours: of the frames, never falling, 1 once', async () => {
    await using folder = await temporaryFolder();
    const fractions: number[] = [];
    await runJob(await testPattern(folder.path, { frames: 48, onProgress: (fraction) => fractions.push(fraction) }));
    expect(fractions).toEqual([...new Set(fractions)].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
  });

  test('an error has the last lines of stderr and not only "Conversion failed!"', async () => {
    await using folder = await temporaryFolder();
    const job = await testPattern(folder.path, { options: ['-vf', 'nosuchfilter'] });
    await expect(runJob(job)).rejects.toMatchObject({
      code: 'process-failed',
      details: {
        exitCode: expect.any(Number),
        stderr: expect.arrayContaining([expect.stringMatching(/nosuchfilter/)]),
      },
    });
  });

  test('arguments and file names with blanks stay whole', async () => {
    await using folder = await temporaryFolder();
    const job = await testPattern(folder.path, {
      output: 'a b.mp4',
      options: ['-metadata', 'title=a b', '-frames:v', '1'],
    });
    await runJob(job);
    const probed = await runProcess({
      command: job.ffmpeg,
      args: ['-nostdin', '-i', 'a b.mp4', '-f', 'null', '-'],
      cwd: folder.path,
      timeoutMs: 10_000,
    });
    expect(probed.stderrTail.join('\n')).toMatch(/title\s+: a b/);
  });
});

test('a binary that vanishes after a first good run is a clean error', async () => {
  await using folder = await temporaryFolder();
  const command = await script(folder.path, 'ffmpeg', 'exit 0');
  const job: FfmpegJob = {
    ffmpeg: command,
    inputs: [{ options: ['-f', 'mov'], url: 'x' }],
    options: ['-t', '1'],
    output: 'y',
    cwd: folder.path,
    deadline: later(),
  };
  await runJob(job);
  await rm(command);
  await expect(runJob(job)).rejects.toMatchObject({ kind: 'permanent', code: 'ffmpeg-missing' });
});

test('an abort in the first moment is not lost', async () => {
  await using folder = await temporaryFolder();
  const pidFile = join(folder.path, 'pid');
  const command = await script(folder.path, 'ffmpeg', `echo $$ > ${pidFile}; exec sleep 60`);
  const controller = new AbortController();
  const started = performance.now();
  const running = runJob({
    ffmpeg: command,
    inputs: [{ options: ['-f', 'mov'], url: 'x' }],
    options: ['-t', '1'],
    output: 'y',
    cwd: folder.path,
    deadline: later(),
    signal: controller.signal,
  });
  setTimeout(() => controller.abort(), 1);
  await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
  expect(performance.now() - started).toBeLessThan(2_000);
  const pid = Number(await readFile(pidFile, 'utf8').catch(() => '0'));
  if (pid > 0) expect(await untilDead(pid)).toBe(true);
});

test('one job starts one process, without our credentials, and each job its own binary', async () => {
  await using folder = await temporaryFolder();
  process.env.SOME_SECRET = 'hunter2';
  try {
    const log = join(folder.path, 'log');
    const [one, two] = [
      await script(folder.path, 'one', `echo one "$SOME_SECRET" >> ${log}`),
      await script(folder.path, 'two', `echo two "$SOME_SECRET" >> ${log}`),
    ];
    const job = (ffmpeg: string): FfmpegJob => ({
      ffmpeg,
      inputs: [{ options: ['-f', 'mov'], url: 'x' }],
      options: ['-t', '1'],
      output: 'y',
      cwd: folder.path,
      deadline: later(),
    });
    await Promise.all([runJob(job(one)), runJob(job(two))]);
    expect(
      (await readFile(log, 'utf8'))
        .split('\n')
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['', 'one', 'two']);
  } finally {
    delete process.env.SOME_SECRET;
  }
});

test('fluent-ffmpeg and a plain spawn run the same command line', async () => {
  const seen: (readonly string[])[] = [];
  const parts: JobParts = {
    inputs: [
      {
        options: ['-nostdin', '-headers', 'A: b', '-protocol_whitelist', 'file,pipe', '-f', 'mov'],
        url: 'file:/a b/c.mp4',
      },
      { options: ['-ss', '1.5', '-f', 'mov'], url: 'http://127.0.0.1:1/x' },
    ],
    options: ['-filter_complex', '[0:v:0]trim=end_frame=3[v]', '-map', '[v]', '-metadata', 'title=a b'],
    output: 'out.mp4',
    run: async (args) => {
      seen.push(args);
      return { stdout: new Uint8Array(), stderrTail: [], durationMs: 0 };
    },
  };
  await runFluent(parts);
  await runDirect(parts);
  expect(seen[0]).toEqual(seen[1]);
  expect(seen[0]).toContain('file:/a b/c.mp4');
});

test('the demuxer that is forced refuses a playlist even where nobody measured the file before', async () => {
  await using folder = await temporaryFolder();
  const { openInputs } = await import('../../src/adapters/ffmpeg/input.ts');
  const { resolveFfmpeg } = await import('../../src/adapters/ffmpeg/resolve.ts');
  const { writeFile } = await import('node:fs/promises');
  const path = join(folder.path, 'block_1.mp4');
  await writeFile(path, `ffconcat version 1.0\nfile '${await clip({ frames: 24, hertz: 440 })}'\n`);
  await using open = await openInputs([{ path, size: 10, open: () => new Blob([]).stream() }]);
  const { ffmpeg } = await resolveFfmpeg();
  const job = {
    ffmpeg,
    inputs: open.inputs,
    options: ['-f', 'null'],
    output: '-',
    cwd: folder.path,
    deadline: later(),
  };
  await expect(runJob(job, open)).rejects.toMatchObject({ kind: 'permanent', code: 'unusable-media' });
});
