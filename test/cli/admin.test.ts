import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { readJournal } from '../../src/adapters/simulated/index.ts';
import { stateFile, vendorFolder } from '../../src/cli/host.ts';
import type { Call } from '../../src/cli/verb.ts';
import { takeOver } from '../../src/cli/verbs/take-over.ts';
import { studio } from '../support/studio.ts';
import { cli, lastLine, SMALL, scratchFolders, start } from './support.ts';

const scratch = scratchFolders();
const MINUTE = { timeout: 60_000 };
const launchesIn = async (out: string) =>
  (await readJournal(vendorFolder(out))).filter((entry) => entry.event === 'launched').length;

const make = (out: string, seconds: number, ...more: readonly string[]) => [
  'make',
  '--theme',
  'Why is the sky blue?',
  '-d',
  `${seconds}`,
  '--id',
  'film-of-a-test',
  '--out',
  out,
  ...SMALL,
  ...more,
];

/** A lost database: the file and what SQLite keeps beside it. */
function loseDatabase(out: string): void {
  const folder = dirname(stateFile(out));
  const files = readdirSync(folder).filter((name) => name.startsWith('films.db'));
  expect(files).toContain('films.db');
  for (const name of files) rmSync(join(folder, name));
}

test('a film whose database was lost is rebuilt, and resume makes it without buying again', MINUTE, async () => {
  const out = scratch();
  const making = start(make(out, 15));
  await making.said(/block 1 of 2 accepted[\s\S]*block 2 take 1 launched/);
  making.child.kill('SIGINT');
  expect((await making.ended).code).toBe(130);
  loseDatabase(out);
  expect((await cli(['status', 'film-of-a-test', '--out', out])).stderr).toContain('film-not-found');
  const rebuilt = await cli(['rebuild', 'film-of-a-test', '--out', out]);
  expect(rebuilt).toMatchObject({ code: 0, stderr: '' });
  expect(rebuilt.stdout).toMatch(/What can be done:[\s\S]* resume film-of-a-test /);
  const again = await cli(['rebuild', 'film-of-a-test', '--json', '--out', out]);
  expect(JSON.parse(again.stdout)).toMatchObject({ status: 'needs-input', reason: { code: 'rebuild' } });
  expect(await launchesIn(out)).toBe(2);
  const resumed = await cli(['resume', 'film-of-a-test', '--out', out, ...SMALL]);
  expect([resumed.code, resumed.stderr]).toEqual([0, expect.stringContaining('15.00 s')]);
  expect(existsSync(lastLine(resumed.stdout))).toBe(true);
  expect(await launchesIn(out)).toBe(2);
});

test('orphans lists the take that a re-roll left, and whose it is; remove deletes the film', MINUTE, async () => {
  const out = scratch();
  expect(await cli(['orphans', '--out', out])).toMatchObject({ code: 0, stdout: '', stderr: 'No orphans.\n' });
  await cli(make(out, 8, '--owner', 'somebody'));
  await cli(['reroll', 'last', '--block', '1', '--max-usd', '0.80', '--out', out, ...SMALL]);
  const text = await cli(['orphans', '--owner', 'somebody', '--out', out]);
  expect(text.stdout).toMatch(/^film-of-a-test +block 1 take 1 +\$0\.80 {2}charged\n$/);
  expect(text.stderr).toBe('1 take, $0.80 (simulated, nothing was paid)\n');
  expect(JSON.parse((await cli(['orphans', '--json', '--out', out])).stdout)).toEqual({
    orphans: [{ videoId: 'film-of-a-test', owner: 'somebody', block: 1, take: 1, usd: 0.8, charge: 'charged' }],
    usd: 0.8,
    simulated: true,
  });
  expect((await cli(['orphans', '--owner', 'another', '--out', out])).stdout).toBe('');
  const removed = await cli(['remove', 'last', '--out', out]);
  expect([removed.code, removed.stdout]).toEqual([
    0,
    expect.stringMatching(/^film-of-a-test is removed, with \d+ files/),
  ]);
  expect((await cli(['list', '--out', out])).stdout).toBe('');
  expect(readdirSync(out, { recursive: true }).filter((name) => `${name}`.endsWith('final.mp4'))).toEqual([]);
  const gone = await cli(['remove', 'film-of-a-test', '--out', out]);
  expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('error film-not-found')]);
});

test('remove refuses a film that is still made, and deletes it with --force', MINUTE, async () => {
  const out = scratch();
  const making = start(make(out, 15));
  await making.said(/block 1 take 1 launched/);
  making.child.kill('SIGINT');
  await making.ended;
  const refused = await cli(['remove', 'film-of-a-test', '--out', out]);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(/error film-not-final: Film film-of-a-test is running[\s\S]*--force/);
  expect((await cli(['status', 'film-of-a-test', '--json', '--out', out])).code).toBe(0);
  const forced = await cli(['remove', 'film-of-a-test', '--force', '--json', '--out', out]);
  expect(JSON.parse(forced.stdout)).toEqual({ videoId: 'film-of-a-test', objects: expect.any(Number), state: true });
  expect((await cli(['status', 'film-of-a-test', '--out', out])).code).toBe(2);
});

test('wrong input of these verbs exits with 2 and says what to do', MINUTE, async () => {
  const wrong: readonly (readonly [args: readonly string[], code: string, cure: RegExp])[] = [
    [['take-over'], 'no-old-documents', /firestore\(\)/],
    [['take-over', '--limit', '0'], 'invalid-arguments', /whole number/],
    [['rebuild'], 'invalid-arguments', /name of its folder/],
    [['rebuild', 'last'], 'invalid-arguments', /name of its folder/],
    [['rebuild', 'nobody-knows-it'], 'film-not-found', /--out/],
  ];
  const ended = await Promise.all(wrong.map(([args]) => cli([...args, '--out', scratch()])));
  for (const [at, [, code, cure]] of wrong.entries()) {
    expect(ended[at]).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(`error ${code}:`) });
    expect(ended[at]?.stderr).toMatch(cure);
  }
});

test('take-over tells which films stay as they were, where the store has old documents', async () => {
  const { state, host } = studio();
  const limits: unknown[] = [];
  const foreignFilms = async (request: object) => {
    limits.push(request);
    return [{ videoId: 'an-old-film', revision: '1', foreign: { blocks: [] } }];
  };
  const films = host({ state: { ...state, foreignFilms } });
  const printed: string[] = [];
  const call = {
    values: { limit: '3' },
    json: true,
    terminal: { print: (line: string) => void printed.push(line) },
    host: async () => ({ films }),
  } as unknown as Call;
  expect(await takeOver(call)).toBe(1);
  expect(JSON.parse(printed.join('\n'))).toEqual({
    taken: [],
    refused: [{ videoId: 'an-old-film', code: 'script-missing', message: expect.any(String) }],
  });
  expect(limits).toEqual([{ limit: 3 }]);
});
