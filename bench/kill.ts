/** `node bench/kill.ts --rounds N`: films whose processes are killed without warning. The last line is one JSON object. */
import { parseArgs } from 'node:util';
import { killRound } from '../test/simulation/kill/rounds.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '30' }, from: { type: 'string', default: '1' } },
});
const rounds = Number(values.rounds);
const startedAt = performance.now();
const takes: number[] = [];
let [completed, kills, twice] = [0, 0, 0];
for (let round = 0; round < rounds; round += 1) {
  const result = await killRound(Number(values.from) + round);
  kills += result.kills;
  if (result.broken.length === 0) completed += 1;
  else console.info(`seed ${Number(values.from) + round}: ${result.broken.join('; ')}`);
  for (const count of Object.values(result.launches)) {
    takes.push(count);
    if (count > 1) twice += 1;
  }
}
console.info(
  JSON.stringify({
    rounds,
    completed,
    kills,
    takes: takes.length,
    takesLaunchedTwice: twice,
    launchesPerTake: takes.reduce((sum, count) => sum + count, 0) / Math.max(1, takes.length),
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  }),
);
if (completed < rounds) process.exitCode = 1;
