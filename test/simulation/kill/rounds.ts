/** Films whose processes are killed without warning, again and again, next to a vendor that outlives them and keeps its own books. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folder } from '../../../src/adapters/local/index.ts';
import { seeded } from '../../../src/adapters/memory/seeded.ts';
import { audit, leftovers } from './audit.ts';
import { type Footage, openFootage } from './footage.ts';
import { type Activity, type Life, live, type Phase, type Shot, someRun } from './life.ts';
import { VIDEO } from './setting.ts';
import { openVendor } from './vendor.ts';

const MAX_LIVES = 40;
/** A process comes to its first paid launch after about half a second, and to its end after two. */
const LIFE_MS = 2_200;

export interface KillRound {
  readonly kills: Readonly<Record<Phase, number>>;
  readonly ffmpegKilled: number;
  /** Lives that went side by side with another one. */
  readonly together: number;
  /** Per take's place, how often the vendor was asked to make it. */
  readonly launches: Readonly<Record<string, number>>;
  readonly tornObjects: number;
  /** What is wrong, if anything is. */
  readonly broken: readonly string[];
}

export interface Plan {
  readonly blocks: number;
  /** Each kills once: the first whose moment comes ends a life, the others are left for the next one. */
  readonly shots: readonly Shot[];
  readonly ffmpegShots: readonly Shot[];
}

/** How long after it began an activity is shot at, at most, ms: a little longer than it takes. */
const WITHIN_MS: Readonly<Record<Activity, number>> = { launch: 70, media: 150, cut: 250, publish: 12, write: 6 };
/** Which one of its kind may be shot at. */
const TIMES: Readonly<Record<Activity, number>> = { launch: 4, media: 5, cut: 1, publish: 1, write: 20 };

function duringOf(luck: number): Shot['during'] {
  if (luck < 0.3) return 'life';
  if (luck < 0.5) return 'launch';
  if (luck < 0.65) return 'media';
  if (luck < 0.8) return 'cut';
  return luck < 0.85 ? 'publish' : 'write';
}

function shotOf(random: () => number): Shot {
  const during = duringOf(random());
  const [withinMs, times] = during === 'life' ? [LIFE_MS, 1] : [WITHIN_MS[during], TIMES[during]];
  return { at: 'process', during, nth: 1 + Math.floor(random() * times), afterMs: Math.floor(random() * withinMs) };
}

function planOf(random: () => number): Plan {
  const luck = random();
  const blocks = luck < 0.15 ? 1 : luck < 0.85 ? 2 : 3;
  const shots = Array.from({ length: 1 + Math.floor(random() ** 2 * 5) }, () => shotOf(random));
  const hitsFfmpeg = random() < 0.3;
  const during = random() < 0.5 ? 'cut' : 'media';
  const ffmpegShot: Shot = { at: 'ffmpeg', during, nth: 1, afterMs: Math.floor(random() * 40) };
  return { blocks, shots, ffmpegShots: hitsFfmpeg ? [ffmpegShot] : [] };
}

/** Lives of the film's processes until one sees its end. */
async function untilCompleted(plan: Plan, random: () => number, begin: (shots: readonly Shot[]) => Promise<Life>) {
  const lives: Life[] = [];
  let left = plan.shots;
  let ffmpegLeft = plan.ffmpegShots;
  let together = 0;
  let end: string | undefined;
  while (end === undefined && lives.length < MAX_LIVES && !lives.some(({ crash }) => crash)) {
    const count = lives.length > 0 && random() < 0.3 ? 2 : 1;
    together += count === 2 ? 2 : 0;
    // Two at once are not shot by the same one.
    const shotsOf = (index: number) => [...left.filter((_, at) => at % count === index), ...ffmpegLeft];
    const generation = await Promise.all(Array.from({ length: count }, (_, index) => begin(shotsOf(index))));
    left = left.filter((shot) => !generation.some(({ killed }) => killed?.by === shot));
    if (generation.some(({ ffmpegKilled }) => ffmpegKilled > 0)) ffmpegLeft = [];
    lives.push(...generation);
    end = generation.find((life) => life.end !== undefined)?.end;
  }
  return { lives, together, end };
}

async function untilGone(pids: readonly number[]): Promise<boolean> {
  for (let waited = 0; waited < 10_000 && someRun(pids); waited += 20) await sleep(20);
  return !someRun(pids);
}

async function writeOnce(films: string): Promise<void> {
  const storage = folder(films);
  const { revision } = await storage.put(`${VIDEO}/note.txt`, 'x', { ifRevision: null });
  await storage.remove(`${VIDEO}/note.txt`, { ifRevision: revision });
}

const noKills = (): Record<Phase, number> => ({ start: 0, idle: 0, launch: 0, media: 0, cut: 0, publish: 0, write: 0 });

let footage: Promise<Footage> | undefined;

/** Makes one film through some sudden deaths, lets one more process look at it, and audits what is there then. */
export async function killRound(
  seed: number,
  { sources, plan: given }: { readonly sources?: string; readonly plan?: Plan } = {},
): Promise<KillRound> {
  footage ??= openFootage();
  const place = mkdtempSync(join(tmpdir(), 'reelstate-kill-'));
  const [films, tempDir, database] = [join(place, 'films'), join(place, 'tmp'), join(place, 'state.db')];
  mkdirSync(tempDir);
  const random = seeded(seed);
  const plan = given ?? planOf(random);
  const delays = seeded(seed + 1_000_000);
  const vendor = await openVendor(folder(films), await footage, () => 40 + delays() * 600);
  const request = { place, url: vendor.url, blocks: plan.blocks, tempDir, sources };
  try {
    const { lives, together, end } = await untilCompleted(plan, random, (shots) => live({ ...request, shots }));
    const broken: string[] = [];
    if (!(await untilGone(lives.flatMap(({ started }) => started)))) broken.push('an ffmpeg goes on and on');
    const again = await live({ ...request, shots: [] });
    if (end !== 'completed') broken.push(`the film ended as ${end ?? 'nothing'}`);
    for (const { crash } of [...lives, again]) if (crash !== undefined) broken.push(`a process fell over: ${crash}`);
    if (again.end !== 'completed') broken.push(`one more run ended as ${again.end ?? 'nothing'}`);
    const kills = noKills();
    for (const { killed } of lives) if (killed !== undefined) kills[killed.during] += 1;
    const launches: Record<string, number> = {};
    for (const { outputPlace } of vendor.books) {
      const take = outputPlace.split('/').at(-2) ?? '';
      launches[take] = (launches[take] ?? 0) + 1;
    }
    const audited = await audit({ films, database, tempDir, blocks: plan.blocks, books: vendor.books });
    broken.push(...audited.broken);
    // A process that dies beside the one that completes the film leaves what only the next write to the film clears away.
    if (together > 0) await writeOnce(films);
    broken.push(...leftovers({ films, tempDir }).map((what) => `left over: ${what}`));
    const ffmpegKilled = lives.reduce((sum, life) => sum + life.ffmpegKilled, 0);
    return { kills, ffmpegKilled, together, launches, tornObjects: audited.tornObjects, broken };
  } finally {
    await vendor.close();
    rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  }
}
