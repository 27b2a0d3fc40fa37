import { expect, test } from 'vitest';
import { killRound } from './kill/rounds.ts';

const ROUNDS = 30;

test(`${ROUNDS} films whose processes are killed without warning: all are made, no take is launched twice`, {
  timeout: 300_000,
}, async () => {
  const rounds = [];
  for (let seed = 1; seed <= ROUNDS; seed += 2) {
    rounds.push(...(await Promise.all([killRound(seed), killRound(seed + 1)])));
  }
  expect(rounds.flatMap(({ broken }, index) => broken.map((what) => `round ${index + 1}: ${what}`))).toEqual([]);
  expect(rounds.reduce((sum, { kills }) => sum + kills, 0)).toBeGreaterThan(ROUNDS / 2);
});
