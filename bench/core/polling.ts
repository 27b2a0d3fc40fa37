/** The polling model of peers.md 4: seeded latencies, the library's own rule, learning as it goes. */

import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { seeded } from '../../src/adapters/memory/seeded.ts';
import { firstLookAt, LATENCIES_KEPT, learn, nextLookAt } from '../../src/core/looks.ts';

const FILMS = 20_000;
const BLOCKS = 5;
/** After a block is seen: download and launch, as in peers.md. */
const BETWEEN_MS = 5_500;
const MEDIAN_MS = 55_000;
const SIGMA = 0.523;
const CRON_MS = 60_000;
const CRON_BUDGET_MS = 50_000;

export interface PollingBench {
  /** Seconds that a film of five blocks lasts longer than if each block were seen the moment it was ready. */
  readonly pollDelaySeconds: number;
  readonly pollCalls: number;
  readonly cronDelaySeconds: number;
  readonly notifiedDelaySeconds: number;
}

const { timing } = fakeVideo().model;

/** Lognormal, cut to 11–360 s. */
function latencyMs(random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.min(360_000, Math.max(11_000, MEDIAN_MS * Math.exp(SIGMA * normal)));
}

/** Which moment a look that is due at `due` really happens at. */
type Awake = (due: number) => number;

const always: Awake = (due) => due;
/** A cron each minute whose tick goes on looking for 50 s. */
const cron: Awake = (due) => {
  const sinceTick = due % CRON_MS;
  return sinceTick <= CRON_BUDGET_MS ? due : due - sinceTick + CRON_MS;
};

function model(seed: number, awake: Awake, notifiedAfterMs?: (random: () => number) => number | undefined) {
  const random = seeded(seed);
  let known: number[] = [];
  let [delay, calls] = [0, 0];
  for (let film = 0; film < FILMS; film += 1) {
    let now = random() * CRON_MS;
    for (let block = 0; block < BLOCKS; block += 1) {
      const learnt = learn(known, timing);
      const [launched, ready] = [now, now + latencyMs(random)];
      const told = notifiedAfterMs?.(random);
      let last = launched;
      for (
        let due = awake(firstLookAt(launched, learnt));
        ;
        due = awake(nextLookAt(launched, due, learnt, timing, random()))
      ) {
        const seen = told === undefined ? due : Math.min(due, ready + told);
        if (seen === due) calls += 1;
        if (seen < ready) {
          last = seen;
          continue;
        }
        delay += seen - ready;
        known = [...known, (last + seen) / 2 - launched].slice(-LATENCIES_KEPT);
        now = seen + BETWEEN_MS;
        break;
      }
    }
  }
  return { delaySeconds: delay / FILMS / 1000, calls: calls / FILMS };
}

/** 20,000 films by own timers, by a minute cron with 50 s of budget, and with events (99 % come, 1 s late). */
export function pollingBench(): PollingBench {
  const own = model(1, always);
  const byCron = model(1, cron);
  const notified = model(1, always, (random) => (random() < 0.99 ? 1_000 : undefined));
  return {
    pollDelaySeconds: own.delaySeconds,
    pollCalls: own.calls,
    cronDelaySeconds: byCron.delaySeconds,
    notifiedDelaySeconds: notified.delaySeconds,
  };
}
