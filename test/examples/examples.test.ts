import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { measureMp4 } from '../../src/core/mp4.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'reelstate-examples-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const hooks = new URL('../../scripts/source-imports.mjs', import.meta.url).href;
const run = (file: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, ['--import', hooks, join(root, 'examples', file), ...args], { cwd: scratch });

describe('examples', { timeout: 120_000 }, () => {
  test('every one of them is run here', () => {
    expect(readdirSync(join(root, 'examples')).filter((name) => /^0[1-5].*\.ts$/.test(name))).toEqual([
      '01-in-memory.ts',
      '02-local-film.ts',
      '03-own-step.ts',
      '04-own-adapter.ts',
      '05-music-and-logo.ts',
    ]);
  });

  test('01 makes a film in memory, a failed take and a lost answer included', async () => {
    const { stdout } = await run('01-in-memory.ts');
    expect(stdout).toMatch(/take-failed block 1 take 1[\s\S]*take-unknown block 1 take 2[\s\S]*film-completed/);
    expect(stdout).toContain('15 s for $1.50');
  });

  test('02 makes a real film on this machine, and goes on with it', async () => {
    const { stdout } = await run('02-local-film.ts');
    const path = stdout.trimEnd().split('\n').at(-1) ?? '';
    expect(statSync(path).size).toBeGreaterThan(100_000);
    expect((await run('02-local-film.ts')).stdout).toBe(stdout);
  });

  test('03 has its own step done behind the cut', async () => {
    const { stdout } = await run('03-own-step.ts', join(scratch, 'own-step'));
    const [steps, cover = ''] = stdout.trimEnd().split('\n');
    expect(steps).toMatch(/^completed script .*captions cut cover$/);
    expect(statSync(cover).size).toBeGreaterThan(1000);
  });

  test('04 keeps the published contract', async () => {
    const { stdout } = await run('04-own-adapter.ts');
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .every((line) => line.startsWith('ok ')),
    ).toBe(true);
  });

  test('05 lays music, a title, a closing card and a logo over the cut', async () => {
    const { stdout } = await run('05-music-and-logo.ts', join(scratch, 'music'));
    const [steps, path = ''] = stdout.trimEnd().split('\n');
    expect(steps).toMatch(/^completed script .*cut music$/);
    const source = {
      open: (range?: { start?: number; end?: number }) => bytes.slice(range?.start, range?.end).stream(),
    };
    const bytes = new Blob([readFileSync(path)]);
    expect(await measureMp4(source)).toMatchObject({ frames: 24 * (8 + 2.5), hasAudio: true, width: 180, height: 320 });
  });
});
