import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { childEnvironment, type ProcessRequest, runProcess } from '../../src/adapters/ffmpeg/process.ts';
import { script, temporaryFolder, untilDead } from './support.ts';

const shell = (body: string, request: Partial<ProcessRequest> = {}) =>
  runProcess({ command: '/bin/sh', args: ['-c', body], timeoutMs: 10_000, ...request });

const TREE = 'sleep 60 & echo $!; wait';

describe.skipIf(process.platform === 'win32')('runProcess', () => {
  afterEach(() => {
    expect(process.listenerCount('SIGTERM')).toBe(0);
  });

  test('gives stdout and the last thirty lines of stderr', async () => {
    const lines: string[] = [];
    const result = await shell('echo out; for i in $(seq 40); do echo line $i >&2; done', {
      onStderrLine: (line) => void lines.push(line),
    });
    expect(new TextDecoder().decode(result.stdout)).toBe('out\n');
    expect(lines).toHaveLength(40);
    expect(result.stderrTail).toHaveLength(30);
    expect(result.stderrTail.at(-1)).toBe('line 40');
  });

  test('splits statistics that end with a carriage return, and a last line without an end', async () => {
    const { stderrTail } = await shell("printf 'a\\rb\\r\\nc' >&2");
    expect(stderrTail).toEqual(['a', 'b', 'c']);
  });

  test('passes arguments as they are, without a shell', async () => {
    const { stdout } = await runProcess({ command: '/bin/echo', args: ['$(id)', '; ls', "'"], timeoutMs: 5_000 });
    expect(new TextDecoder().decode(stdout)).toBe("$(id) ; ls '\n");
  });

  test('keeps credentials of the host from the child', async () => {
    process.env.TEST_API_KEY = 'secret';
    process.env.https_proxy = 'http://user:password@proxy';
    try {
      const { stdout } = await shell('env', { env: { FONTCONFIG_FILE: 'x' } });
      const text = new TextDecoder().decode(stdout);
      expect(text).toContain('PATH=');
      expect(text).toContain('FONTCONFIG_FILE=x');
      expect(text).not.toMatch(/secret|password/);
      expect(Object.keys(childEnvironment())).not.toContain('NODE_OPTIONS');
    } finally {
      delete process.env.TEST_API_KEY;
      delete process.env.https_proxy;
    }
  });

  test('a failure has the exit code and the last words', async () => {
    await expect(shell('echo the reason >&2; exit 7')).rejects.toMatchObject({
      code: 'process-failed',
      kind: 'retryable',
      effect: 'none',
      message: expect.stringContaining('the reason'),
      details: { exitCode: 7, stderr: ['the reason'] },
    });
  });

  test.each(['/nowhere/at/all', fileURLToPath(import.meta.url)])(
    'what cannot be started is an error: %#',
    async (command) => {
      await expect(runProcess({ command, args: [], timeoutMs: 1_000 })).rejects.toMatchObject({
        code: 'process-not-started',
        kind: 'permanent',
      });
    },
  );

  test('an abort kills the whole tree, and says so', async () => {
    const controller = new AbortController();
    let pid = 0;
    const running = shell(TREE, {
      signal: controller.signal,
      onStdout: (chunk) => {
        pid = Number(new TextDecoder().decode(chunk));
        controller.abort(new Error('the host leaves'));
      },
    });
    await expect(running).rejects.toMatchObject({
      kind: 'cancelled',
      code: 'aborted',
      cause: new Error('the host leaves'),
    });
    expect(pid).toBeGreaterThan(0);
    expect(await untilDead(pid)).toBe(true);
  });

  test('nothing is started for a signal that was aborted before', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'started');
    await expect(shell(`echo x > ${file}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('the deadline kills the whole tree', async () => {
    let pid = 0;
    const running = shell(TREE, {
      timeoutMs: 300,
      onStdout: (chunk) => {
        pid = Number(new TextDecoder().decode(chunk));
      },
    });
    await expect(running).rejects.toMatchObject({ code: 'process-timeout', kind: 'retryable' });
    expect(await untilDead(pid)).toBe(true);
  });

  test('what a finished program left running is killed too', async () => {
    const { stdout } = await shell('sleep 60 >/dev/null 2>&1 & echo $!');
    expect(await untilDead(Number(new TextDecoder().decode(stdout)))).toBe(true);
  });

  test('a kill from outside, as by the OOM killer, is not taken for ours', async () => {
    await expect(shell('kill -9 $$')).rejects.toMatchObject({
      code: 'process-killed',
      kind: 'retryable',
      details: { signal: 'SIGKILL' },
      cure: expect.stringContaining('memory'),
    });
  });

  test('a flood on stdout is stopped', async () => {
    await expect(shell('yes', { maxOutputBytes: 100_000 })).rejects.toMatchObject({ code: 'process-output-too-large' });
  });

  test('an error of a callback ends the program and comes out as it is', async () => {
    const error = new Error('mine');
    const onStderrLine = () => {
      throw error;
    };
    await expect(shell('echo x >&2; sleep 60', { onStderrLine })).rejects.toBe(error);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('a host that dies of %s takes its children with it', async (signal) => {
    await using folder = await temporaryFolder();
    const child = await script(folder.path, 'child.sh', 'echo "$$"\nexec sleep 60');
    const module = new URL('../../src/adapters/ffmpeg/process.ts', import.meta.url).href;
    const code = `const { runProcess } = await import(${JSON.stringify(module)});
      await runProcess({ command: ${JSON.stringify(child)}, args: [], timeoutMs: 60000, onStdout: (pid) => process.stdout.write(pid) });`;
    const host = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pid = await new Promise<number>((resolve) =>
      host.stdout.once('data', (chunk) => resolve(Number(`${chunk}`))),
    );
    const ended = new Promise((resolve) => host.once('exit', (_code, by) => resolve(by)));
    host.kill(signal);
    expect(await ended).toBe(signal);
    expect(await untilDead(pid)).toBe(true);
  });
});
