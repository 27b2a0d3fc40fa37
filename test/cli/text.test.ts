import { describe, expect, test } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { commandLines, tellFilm } from '../../src/cli/film-report.ts';
import { helpOf, overview } from '../../src/cli/help.ts';
import { panelOf } from '../../src/cli/panel.ts';
import { programName, quoted } from '../../src/cli/program.ts';
import { columnsOf, shorten, type Terminal, wrap } from '../../src/cli/terminal.ts';
import { type VerbName, verbs } from '../../src/cli/verbs.ts';
import { moneyToAllow } from '../../src/cli/words.ts';
import type { FilmView } from '../../src/index.ts';
import { studio } from '../support/studio.ts';

const same = (text: string): string => text;
const terminal = (columns: number, rows = 24): Terminal => ({
  print: () => undefined,
  tell: () => undefined,
  write: () => undefined,
  redraws: true,
  columns,
  rows,
  paint: { bold: same, dim: same, green: same, yellow: same, red: same, cyan: same },
  marks: { done: '✓', active: '●', open: '○', failed: '✗', more: '…' },
});

describe('help', () => {
  test('fits 80 columns and shows every verb with examples', () => {
    const names = Object.keys(verbs) as VerbName[];
    const pages = ['reelstate', 'npm run reelstate --'].map((program) => [
      ...overview(program),
      ...names.flatMap((name) => helpOf(name, program)),
    ]);
    expect(pages.flat().filter((line) => columnsOf(line) > 80)).toEqual([]);
    for (const name of names) {
      expect(overview('reelstate').some((line) => line.startsWith(`  ${name} `))).toBe(true);
      expect(helpOf(name, 'reelstate').join('\n')).toMatch(new RegExp(`Examples\\n {2}reelstate ${name}`));
    }
  });
});

describe('text fits its columns', () => {
  test('wide letters count twice, marks and colours not at all', () => {
    expect(columnsOf('空は青い')).toBe(8);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf('\u001b[32mgreen\u001b[39m')).toBe(5);
    expect(columnsOf('🎬')).toBe(2);
  });

  test('what is too long is cut or wrapped, also where there are no spaces', () => {
    expect(columnsOf(shorten('空'.repeat(100), 21))).toBeLessThanOrEqual(21);
    expect(shorten('short', 21)).toBe('short');
    const lines = wrap(`why ${'空'.repeat(100)} is blue`, 30);
    expect(lines.filter((line) => columnsOf(line) > 30)).toEqual([]);
    expect(lines.join('').replaceAll(' ', '')).toBe(`why${'空'.repeat(100)}isblue`);
  });

  test('a command is continued before it wraps, and reads back as it was', () => {
    const call = { program: 'npm run reelstate --', values: { out: "/data/somebody's films" } };
    const lines = commandLines(call, 'approve', 'video_20261123_085153_ce7cfa59', '--script', '6cb43e6f6fa3');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    const whole = lines
      .join('\n')
      .replaceAll(/ \\\n +/g, ' ')
      .trim();
    expect(whole).toBe(
      `npm run reelstate -- approve video_20261123_085153_ce7cfa59 --script 6cb43e6f6fa3 --out '/data/somebody'\\''s films'`,
    );
  });
});

describe('what is told of a film at rest', () => {
  const told = async (film: FilmView): Promise<string> => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const host = {
      films: studio().films,
      model: fakeVideo().model,
      simulated: true,
      pathOf: () => '/x',
      close: async () => {},
    };
    const values = { out: 'here', size: '180x320' };
    const call = { program: 'reelstate', values, positionals: [], json: false, out: '/here', host: async () => host };
    tellFilm({ ...call, terminal: { ...terminal(80), print: say, tell: say } }, film, host);
    expect(lines.filter((line) => columnsOf(line) > 80)).toEqual([]);
    return lines.join('\n');
  };

  test('a failed one names its code, what to do and the command', async () => {
    const failing = studio({ outcomes: ['failed', 'failed', 'failed', 'failed'] });
    const { videoId } = await failing.make();
    const text = await told(await failing.films.get(videoId));
    expect(text).toMatch(/^error attempts-exhausted: Block 1[\s\S]*\n {2}Send resume/);
    expect(text).toContain(`  reelstate resume ${videoId} --size 180x320 --out here`);
  });

  test('one that needs a person names every command that goes on', async () => {
    const { films, run } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 15, maxUsd: 1 });
    await run(videoId);
    const film = await films.get(videoId);
    const text = await told(film);
    expect(text).toMatch(/Block \d would bring the film to \$1\.5\d; its cap is \$1\.00/);
    for (const command of film.status === 'needs-input' ? film.commands : []) {
      expect(text).toContain(`  reelstate ${command} ${videoId}`);
    }
    expect(text).toMatch(/resume \S+ --max-usd 1\.5\d/);
  });

  test('a cancelled one tells what was spent', async () => {
    const { films } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    expect(await told(await films.send(videoId, { type: 'cancel' }))).toBe('Cancelled; $0.00 was spent.');
  });
});

test('a sum to agree to is never less than the price', () => {
  expect([2.2, 2.201, 0.7, 1.2056].map(moneyToAllow)).toEqual(['2.20', '2.21', '0.70', '1.21']);
});

test('advice names the program as it was called', () => {
  expect(programName({ npm_package_name: 'reelstate' }, '/x/src/cli/main.ts')).toBe('npm run reelstate --');
  expect(programName({ npm_command: 'exec' }, '/x/node_modules/.bin/reelstate')).toBe('npx reelstate');
  expect(programName({}, '/usr/bin/reelstate')).toBe('reelstate');
  expect(quoted("it's")).toBe(`'it'\\''s'`);
});

describe('the panel', () => {
  const panels = async (columns: number, rows?: number) => {
    const { films, run } = studio();
    const theme = '空はなぜ青いのか '.repeat(20);
    const { videoId } = await films.create({ theme, durationSeconds: 180 });
    const shown: string[][] = [];
    const show = async () => {
      const options = { terminal: terminal(columns, rows), simulated: true, now: Date.now(), startedAt: 0 };
      shown.push([...panelOf(await films.get(videoId), options)]);
    };
    await show();
    for (const step of [1, 2, 3, 4, 5]) {
      await run(videoId, (film) => film.blocks.filter((block) => block.status === 'accepted').length >= step);
      await show();
    }
    await run(videoId);
    await show();
    return shown;
  };

  test('never wraps and never outgrows the terminal', async () => {
    for (const columns of [80, 60]) {
      for (const lines of await panels(columns, 24)) {
        expect(lines.filter((line) => columnsOf(line) >= columns)).toEqual([]);
        expect(lines.length).toBeLessThan(24);
      }
    }
  });

  test('shows steps, takes and money', async () => {
    const all = (await panels(80, 60)).map((lines) => lines.join('\n'));
    expect(all[0]).toMatch(/● script {3}○ blocks 0\/25|● script/);
    expect(all[3]).toMatch(/✓ script {3}● blocks \d+\/\d+/);
    expect(all[3]).toMatch(/✓ block {2}1 {3}8 s {3}take 1 {3}accepted +\$0\.\d\d/);
    expect(all.at(-1)).toMatch(/✓ cut/);
    expect(all.at(-1)).toMatch(/of at most \$\d+\.\d\d \(simulated, nothing is paid\)/);
  });
});
