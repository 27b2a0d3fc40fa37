/** `node bench/kill.ts --rounds N`: films whose processes are killed without warning, two at a time. The last line is one JSON object. */
import { parseArgs } from 'node:util';
import type { Phase } from '../test/simulation/kill/life.ts';
import { type KillRound, killRound } from '../test/simulation/kill/rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, from: { type: 'string', default: '1' } },
});
const [rounds, from] = [Number(values.rounds), Number(values.from)];
const AT_ONCE = 2;
const SAY_EVERY = 50;
const startedAt = performance.now();
const done: KillRound[] = [];
let next = from;

async function work(): Promise<void> {
  while (next < from + rounds) {
    const seed = next;
    next += 1;
    const result = await killRound(seed);
    done.push(result);
    if (result.broken.length > 0) console.info(`seed ${seed}: ${result.broken.join('; ')}`);
    if (done.length % SAY_EVERY === 0) console.info(`${done.length} rounds in ${seconds()} s`);
  }
}

const seconds = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
const sum = (of: (round: KillRound) => number): number => done.reduce((total, round) => total + of(round), 0);

await Promise.all(Array.from({ length: AT_ONCE }, work));

const takes = done.flatMap(({ launches }) => Object.values(launches));
const killsByPhase: Partial<Record<Phase, number>> = {};
for (const { kills } of done) {
  for (const [phase, count] of Object.entries(kills) as [Phase, number][]) {
    killsByPhase[phase] = (killsByPhase[phase] ?? 0) + count;
  }
}
const completed = done.filter(({ broken }) => broken.length === 0).length;
console.info(
  JSON.stringify({
    rounds,
    completed,
    kills: Object.values(killsByPhase).reduce((total, count) => total + count, 0),
    killsByPhase,
    ffmpegKilled: sum(({ ffmpegKilled }) => ffmpegKilled),
    sideBySide: sum(({ together }) => together),
    takes: takes.length,
    takesLaunchedTwice: takes.filter((count) => count > 1).length,
    launchesPerTake: takes.reduce((total, count) => total + count, 0) / Math.max(1, takes.length),
    tornObjects: sum(({ tornObjects }) => tornObjects),
    seconds: seconds(),
  }),
);
if (completed < rounds) process.exitCode = 1;
