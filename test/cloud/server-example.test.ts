/** examples/server, started as its first line says: a film by HTTP, without a key. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

test('a film is asked for, watched to its end, and hidden from others', { timeout: 180_000 }, async () => {
  const out = await mkdtemp(path.join(tmpdir(), 'reelstate-server-'));
  const server = spawn(process.execPath, ['--import', './scripts/source-imports.mjs', 'examples/server/main.ts'], {
    cwd: root,
    env: { ...process.env, OUT: out, PORT: '0', SPEED_UP: '400', SIZE: '90x160' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: Record<string, unknown>[] = [];
  try {
    const port = await new Promise<number>((resolve, reject) => {
      let rest = '';
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) lines.push(JSON.parse(line) as Record<string, unknown>);
        const listening = lines.find(({ message }) => message === 'listening');
        if (listening) resolve(Number(listening.port));
      });
      server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
    });
    const ask = (at: string, init: RequestInit = {}, user = 'ada') =>
      fetch(`http://127.0.0.1:${port}${at}`, {
        ...init,
        headers: { ...init.headers, 'x-user': user, 'content-type': 'application/json' },
      });
    const bad = await ask('/videos', { method: 'POST', body: '{"theme":""}' });
    expect([bad.status, await bad.json()]).toMatchObject([400, { code: 'invalid-theme' }]);
    const made = await ask('/videos', { method: 'POST', body: '{"theme":"Why is the sky blue?","durationSeconds":8}' });
    expect(made.status).toBe(202);
    const { videoId } = (await made.json()) as { readonly videoId: string };
    expect((await ask(`/videos/${videoId}`, {}, 'eve')).status).toBe(404);
    expect(
      (await ask(`/videos/${videoId}/commands`, { method: 'POST', body: '{"type":"cancel"}' }, 'eve')).status,
    ).toBe(404);
    const events = await (await ask(`/videos/${videoId}/events`)).text();
    expect(events).toMatch(/event: take-launched\n[\s\S]*event: film-completed\n[\s\S]*event: end\n/);
    expect(await (await ask(`/videos/${videoId}`)).json()).toMatchObject({
      status: 'completed',
      output: { durationMs: 8000 },
    });
    const late = await ask(`/videos/${videoId}/commands`, { method: 'POST', body: '{"type":"cancel"}' });
    expect([late.status, await late.json()]).toMatchObject([409, { code: 'command-not-applicable' }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ severity: 'INFO', event: 'take-launched', videoId, block: 1, usd: 0.8 }),
    );
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  } finally {
    server.kill('SIGKILL');
    await rm(out, { recursive: true, force: true });
  }
});
