import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readJournal } from '../../src/adapters/simulated/index.ts';
import { vendorFolder } from '../../src/cli/host.ts';
import { cli, lastLine, SMALL, scratchFolders, start } from './support.ts';

const scratch = scratchFolders();
const THEME = ['--theme', 'Why is the sky blue?'];
const launchesIn = async (out: string) =>
  (await readJournal(vendorFolder(out))).filter((entry) => entry.event === 'launched').length;

describe('make', { timeout: 60_000 }, () => {
  test('ends with the path of the film, tells prices first and each block as it comes', async () => {
    const out = scratch();
    const { code, stdout, stderr } = await cli(['make', ...THEME, '--duration', '15', '--out', out, ...SMALL]);
    expect(stderr).toMatch(/About \$1\.5\d, at most \$2\.\d\d \(simulated prices: nothing is paid\)/);
    expect(stderr).toMatch(
      /script written, 2 blocks[\s\S]*block 1 take 1 launched, \$0\.80[\s\S]*block 2 of 2 accepted/,
    );
    expect(stderr).not.toContain('\u001b');
    const path = lastLine(stdout);
    expect(stdout).toBe(`${path}\n`);
    expect(isAbsolute(path) && statSync(path).size > 1000).toBe(true);
    expect(code).toBe(0);
  });

  test('prints one JSON object where asked to, and list and status agree with it', async () => {
    const out = scratch();
    const made = await cli(['make', ...THEME, '-d', '8', '--metadata', 'for=test', '--json', '--out', out, ...SMALL]);
    const film = JSON.parse(made.stdout);
    expect(film).toMatchObject({ status: 'completed', simulated: true, partial: false, metadata: { for: 'test' } });
    expect(existsSync(film.path)).toBe(true);
    expect(made.stderr).toBe('');
    const listed = JSON.parse((await cli(['list', '--metadata', 'for=test', '--json', '--out', out])).stdout);
    expect(listed.films.map(({ videoId }: { videoId: string }) => videoId)).toEqual([film.videoId]);
    const status = JSON.parse((await cli(['status', 'last', '--json', '--out', out])).stdout);
    expect(status).toMatchObject({ videoId: film.videoId, path: film.path });
    const text = await cli(['status', film.videoId, '--out', out]);
    expect(lastLine(text.stdout)).toBe(film.path);
    expect(text.stdout.split('\n').filter((line) => line.length > 80 && line !== film.path)).toEqual([]);
  });

  test('with --approval shows script, price and the command, which then films it', async () => {
    const out = scratch();
    const asked = await cli(['make', ...THEME, '-d', '8', '--approval', '--out', out, ...SMALL]);
    expect(asked.code).toBe(3);
    expect(asked.stdout).toMatch(/1\. \(8 s\)[\s\S]*Price: about \$0\.8\d, at most \$1\.2\d/);
    expect(await launchesIn(out)).toBe(0);
    const advised = asked.stdout.replaceAll(' \\\n', ' ').match(/approve (\S+)\s+--script\s+(\S+)\s+--max-usd\s+(\S+)/);
    const [, id = '', hash = '', usd = ''] = advised ?? [];
    const stale = await cli(['approve', id, '--script', '0123456789ab', '--out', out]);
    expect([stale.code, stale.stderr]).toEqual([2, expect.stringContaining('not the hash')]);
    const film = await cli(['approve', id, '--script', hash, '--max-usd', usd, '--out', out, ...SMALL]);
    expect(film.code).toBe(0);
    expect(existsSync(lastLine(film.stdout))).toBe(true);
  });

  test('of one film by two processes at once makes it once', async () => {
    const out = scratch();
    const args = ['make', ...THEME, '-d', '15', '--id', 'the-same-film', '--out', out, ...SMALL];
    const both = await Promise.all([cli(args), cli(args)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(lastLine(both[0].stdout)).toBe(lastLine(both[1].stdout));
    expect(await launchesIn(out)).toBe(2);
    const other = await cli(['make', '--theme', 'Tides', '--id', 'the-same-film', '--out', out]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('film-exists')]);
  });
});

describe('a film that is left', { timeout: 60_000 }, () => {
  test('by Ctrl-C says how to go on, and resume does, without buying anything twice', async () => {
    const out = scratch();
    const making = start(['make', ...THEME, '-d', '15', '--out', out, ...SMALL]);
    await making.said(/block 1 take 1 launched/);
    making.child.kill('SIGINT');
    const left = await making.ended;
    expect(left.code).toBe(130);
    expect(left.stdout).toBe('');
    expect(left.stderr).toMatch(/go on with:\n {2}\S.* resume video_/);
    const resumed = await cli(['resume', 'last', '--out', out, ...SMALL]);
    expect(resumed.code).toBe(0);
    expect(existsSync(lastLine(resumed.stdout))).toBe(true);
    expect(await launchesIn(out)).toBe(2);
  });

  test('by SIGTERM exits with its own code, as JSON where asked to', async () => {
    const out = scratch();
    const making = start(['make', ...THEME, '-d', '15', '--json', '--id', 'terminated', '--out', out, ...SMALL]);
    while (!existsSync(join(out, 'terminated', 'takes'))) await new Promise((resolve) => setTimeout(resolve, 20));
    making.child.kill('SIGTERM');
    const left = await making.ended;
    expect(left.code).toBe(143);
    expect(JSON.parse(left.stdout)).toMatchObject({ status: 'running', interrupted: true });
  });

  test('is cut short by finish, which is partial, and made whole by resume', async () => {
    const out = scratch();
    const making = start(['make', ...THEME, '-d', '15', '--out', out, ...SMALL]);
    await making.said(/block 1 of 2 accepted/);
    making.child.kill('SIGINT');
    await making.ended;
    const finished = await cli(['finish', 'last', '--out', out, ...SMALL]);
    expect([finished.code, finished.stderr]).toEqual([4, expect.stringContaining('partial')]);
    expect(existsSync(lastLine(finished.stdout))).toBe(true);
    expect((await cli(['list', '--out', out])).stdout).toContain('partial');
    const whole = await cli(['resume', 'last', '--out', out, ...SMALL]);
    expect([whole.code, whole.stderr]).toEqual([0, expect.stringContaining('15.00 s')]);
  });

  test('paused or cancelled says so by its exit code', async () => {
    const out = scratch();
    const asked = await cli(['make', ...THEME, '-d', '8', '--approval', '--out', out, ...SMALL]);
    expect(asked.code).toBe(3);
    expect((await cli(['pause', 'last', '--out', out])).code).toBe(0);
    expect((await cli(['status', 'last', '--out', out])).stdout).toContain('resume');
    expect((await cli(['cancel', 'last', '--out', out])).code).toBe(0);
    expect((await cli(['resume', 'last', '--out', out])).code).toBe(5);
  });
});

test('a completed film is re-rolled for the price that was named, and picked back', { timeout: 60_000 }, async () => {
  const out = scratch();
  await cli(['make', ...THEME, '-d', '8', '--out', out, ...SMALL]);
  const refused = await cli(['reroll', 'last', '--block', '1', '--out', out, ...SMALL]);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--max-usd 0.80')]);
  expect(await launchesIn(out)).toBe(1);
  const again = await cli(['reroll', 'last', '--block', '1', '--max-usd', '0.80', '--out', out, ...SMALL]);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain('Paid for and not shown: block 1 take 1');
  expect(await launchesIn(out)).toBe(2);
  const picked = await cli(['pick', 'last', '--block', '1', '--take', '1', '--json', '--out', out, ...SMALL]);
  expect(JSON.parse(picked.stdout).blocks[0].acceptedTake).toBe(1);
  expect(await launchesIn(out)).toBe(2);
  expect(readdirSync(out).filter((name) => !name.startsWith('video_'))).toEqual(['.reelstate-data']);
});
