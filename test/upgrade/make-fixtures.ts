/**
 * Freezes this release: every scenario at its moment, as JSON in `fixtures/<version>/`. Run it once per release, from the repository's root:
 * `npm run example -- test/upgrade/make-fixtures.ts`. What is there already is history and never made again (but for `--again`).
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Scenario, scenarios } from './scenarios.ts';
import { type End, type Frozen, world } from './world.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
};

/** Runs a scenario to its end and freezes its moment on the way. */
export async function frozenOf(scenario: Scenario): Promise<Frozen> {
  const made = await world(scenario);
  const films = made.host();
  let frozen: Omit<Frozen, 'end'> | undefined;
  const look = async (film: { readonly videoId: string }): Promise<void> => {
    frozen ??= await made.freeze(film.videoId);
  };
  if (scenario.afterLaunch === true) {
    made.onLaunch(() => look(scenario.input));
  } else {
    made.onSave(async (film) => {
      if (scenario.when(film)) await look(film);
    });
  }
  const { videoId } = await films.create(scenario.input);
  for (let turn = 0; turn < 1000 && frozen === undefined; turn += 1) {
    const film = await films.advance(videoId);
    await scenario.meanwhile?.(film, films, made);
    if (frozen !== undefined) break;
    if (film.status !== 'waiting') {
      if (!(await scenario.respond?.(film, films, made))) break;
      continue;
    }
    await made.clock.advance(Math.max(1, film.wakeAt - made.clock.now()));
  }
  if (frozen === undefined) throw new Error(`${scenario.name} never comes to its moment`);
  const end: End = await made.end(videoId, films);
  return { ...frozen, end };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL(`./fixtures/${version}/`, import.meta.url);
  if (existsSync(folder) && !process.argv.includes('--again')) throw new Error(`${version} is frozen already`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const scenario of scenarios) {
    const text = `${JSON.stringify(await frozenOf(scenario))}\n`;
    writeFileSync(new URL(`${scenario.name}.json`, folder), text);
    console.log(scenario.name, text.length);
  }
}
