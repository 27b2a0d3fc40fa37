import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { cli, scratchFolders } from './support.ts';

const scratch = scratchFolders();
const wrong: Readonly<Record<string, readonly [args: readonly string[], code: string, cure: RegExp]>> = {
  'a verb that is none': [['film'], 'invalid-arguments', /help/],
  'an option that is none': [['make', '--theem', 'x'], 'invalid-arguments', /help make/],
  'no theme at all': [['make'], 'invalid-arguments', /--theme/],
  'an empty theme': [['make', '--theme', ''], 'invalid-theme', /1 to 2000/],
  'a theme of 10,000 characters': [['make', '--theme', 'x'.repeat(10_000)], 'invalid-theme', /2000/],
  'a theme with control characters': [['make', '--theme', 'a\u0007b'], 'invalid-theme', /Remove/],
  'a duration of 0': [['make', '--theme', 'x', '--duration', '0'], 'invalid-duration', /--duration above 0/],
  'a duration of -1': [['make', '--theme', 'x', '--duration', '-1'], 'invalid-duration', /--duration/],
  'a duration that is no number': [['make', '--theme', 'x', '--duration', 'NaN'], 'invalid-arguments', /--duration 15/],
  'a duration of 1000': [['make', '--theme', 'x', '--duration', '1000'], 'invalid-duration', /at most 180 s\.$/m],
  'an unknown language': [['make', '--theme', 'x', '--language', 'klingon'], 'unknown-language', /fr/],
  'an id with ../': [['status', '../../etc/passwd'], 'invalid-video-id', /list/],
  'an id of 200 characters': [['status', 'x'.repeat(200)], 'invalid-video-id', /list/],
  'an id of nobody': [['status', 'nobody-knows-it'], 'film-not-found', /list/],
  'no id': [['status'], 'invalid-arguments', /list/],
  'the last film of an empty folder': [['status', 'last'], 'invalid-arguments', /--out/],
  'more than one id': [['status', 'nobody-knows-it', 'other'], 'invalid-arguments', /help status/],
  'a resolution that the model lacks': [
    ['make', '--theme', 'x', '--resolution', '8k'],
    'unsupported-resolution',
    /720p/,
  ],
  'a size that is none': [['make', '--theme', 'x', '--size', '3'], 'invalid-arguments', /180x320/],
  'a script that is not there': [['make', '--script', 'nowhere.json'], 'invalid-arguments', /JSON/],
  'metadata that are no pair': [['list', '--metadata', 'spring'], 'invalid-arguments', /NAME=VALUE/],
  'a status that is none': [['list', '--status', 'done'], 'invalid-arguments', /completed/],
};

describe.concurrent('wrong input exits with 2 and says what to do', { timeout: 60_000 }, () => {
  for (const [what, [args, code, cure]] of Object.entries(wrong)) {
    test(what, async () => {
      const ended = await cli([...args, ...(args.length > 1 ? ['--out', scratch()] : [])]);
      expect(ended).toMatchObject({ code: 2, stdout: '' });
      expect(ended.stderr).toContain(`error ${code}:`);
      expect(ended.stderr).toMatch(cure);
      expect(ended.stderr).not.toMatch(/\n\s+at |node:internal/);
    });
  }
});

describe('a folder', { timeout: 60_000 }, () => {
  test('below a file is refused with a cure', async () => {
    const file = join(scratch(), 'file');
    writeFileSync(file, '');
    const ended = await cli(['make', '--theme', 'x', '--out', join(file, 'films')]);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    expect(ended.stderr).toMatch(/storage-not-a-folder[\s\S]*--out DIR/);
  });

  // Root may write anywhere, so the program is started as somebody else.
  test.skipIf(process.getuid?.() === undefined)('without write permission is refused with a cure', async (context) => {
    const out = join(scratch(), 'films');
    mkdirSync(out, { mode: 0o500 });
    const nobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const may = await cli(['--version'], nobody).catch(() => undefined);
    if (may?.code !== 0) context.skip('another user may not read this checkout');
    const ended = await cli(['make', '--theme', 'x', '--out', out], nobody);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(/storage-denied[\s\S]*--out DIR/);
  });
});

test('an error is one JSON object where asked for', async () => {
  const ended = await cli(['make', '--theme', '', '--json', '--out', scratch()]);
  expect(ended).toMatchObject({ code: 2, stderr: '' });
  expect(JSON.parse(ended.stdout)).toEqual({
    error: { kind: 'permanent', code: 'invalid-theme', message: expect.any(String), cure: expect.any(String) },
  });
});
