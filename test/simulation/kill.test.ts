import { expect, test } from 'vitest';
import { type KillRound, killRound } from './kill/rounds.ts';

const ROUNDS = 30;
const AT_ONCE = 2;

const killsOf = ({ kills }: KillRound): number => Object.values(kills).reduce((sum, count) => sum + count, 0);

test(`${ROUNDS} films with real ffmpeg whose processes are killed without warning: all are made whole, no take is launched twice`, {
  timeout: 600_000,
}, async () => {
  const rounds = new Map<number, KillRound>();
  let next = 1;
  const work = async (): Promise<void> => {
    while (next <= ROUNDS) {
      const seed = next;
      next += 1;
      rounds.set(seed, await killRound(seed));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const broken = [...rounds].flatMap(([seed, round]) => round.broken.map((what) => `seed ${seed}: ${what}`));
  expect(broken).toEqual([]);
  const kills = [...rounds.values()].reduce((sum, round) => sum + killsOf(round), 0);
  expect(kills).toBeGreaterThan(ROUNDS / 2);
});
