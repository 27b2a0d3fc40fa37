/** `npm run e2e` against a server of our own in the place of deployed functions. */
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { toNodeHandler } from '../../src/hosts/index.ts';
import { startHost } from '../hosts/support.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const e2e = (...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', './scripts/source-imports.mjs', 'test/cloud/e2e.ts', ...args], {
    cwd: root,
  });

test('it asks for a film, follows it and ends with one JSON object', { timeout: 60_000 }, async () => {
  const host = await startHost({ realTime: true });
  const server = createServer(toNodeHandler(host.functions.all));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(
    () => host.close(),
    () => server.close(),
  );
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { stdout } = await e2e('--base-url', base, '--open', '--theme', 'Bees', '--duration', '15', '--every', '0.1');
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^T\+[\d.]+s\s+video_\w+: 2 blocks, success$/);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    status: 'completed',
    blocks: 2,
    final_url: expect.stringMatching(/^gs:\/\/films\/video_.*\/final\.mp4$/),
  });
  await expect(e2e('--base-url', base, '--open', '--duration', '4000')).rejects.toMatchObject({
    stderr: expect.stringContaining('400 (invalid-duration)'),
  });
});
