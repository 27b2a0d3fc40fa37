import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nodeFindings } from '../../src/cli/doctor/node.ts';
import { cli, scratchFolders } from './support.ts';

const scratch = scratchFolders();

test('doctor finds this machine good, or says what to do', { timeout: 60_000 }, async () => {
  const { code, stdout } = await cli(['doctor', '--language', 'fr', '--json', '--out', scratch()]);
  const { ok, findings } = JSON.parse(stdout);
  expect(code).toBe(ok ? 0 : 1);
  expect(findings.map(({ about }: { about: string }) => about)).toEqual(
    expect.arrayContaining(['Node', 'ffmpeg', 'folder', 'model', 'OPENAI_API_KEY', 'simulated voice']),
  );
  for (const { level, cure } of findings) if (level === 'warning' || level === 'blocking') expect(cure).toBeTruthy();
});

test('doctor exits with 1 where ffmpeg is missing and the folder cannot be', { timeout: 60_000 }, async () => {
  const file = join(scratch(), 'file');
  writeFileSync(file, '');
  const env = { FFMPEG_PATH: '/nowhere/ffmpeg', OPENAI_API_KEY: 'sk-secret-of-the-test' };
  const { code, stdout } = await cli(['doctor', '--out', join(file, 'films')], { env });
  expect(code).toBe(1);
  expect(stdout).toMatch(/ffmpeg: [\s\S]*does not exist[\s\S]*FFMPEG_PATH/);
  expect(stdout).toMatch(/folder: [\s\S]*is a\s+file[\s\S]*--out DIR/);
  expect(stdout).toContain('No film can be made here yet.');
  expect(stdout).not.toContain('sk-secret');
});

test('doctor names a damaged state file', { timeout: 60_000 }, async () => {
  const out = scratch();
  await cli(['list', '--out', out]);
  writeFileSync(
    join(out, '.reelstate-data', 'films.db'),
    'not a database, and long enough to be read as one '.repeat(50),
  );
  const { code, stdout } = await cli(['doctor', '--out', out]);
  expect(code).toBe(1);
  expect(stdout).toMatch(/state: [\s\S]*is\s+damaged[\s\S]*backup/);
});

test('an old Node is a blocking finding with a cure', () => {
  expect(nodeFindings('22.13.0')).toMatchObject([{ level: 'good' }]);
  expect(nodeFindings('22.12.0')).toMatchObject([{ level: 'blocking', cure: expect.stringContaining('nodejs.org') }]);
  expect(nodeFindings('20.19.0')).toMatchObject([{ level: 'blocking' }]);
});
