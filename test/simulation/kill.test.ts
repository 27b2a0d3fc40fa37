import { afterAll, expect, test } from 'vitest';
import type { Shot } from './kill/life.ts';
import { planted, removePlanted, withoutIntentMark, withoutRename } from './kill/planted.ts';
import { type KillRound, killRound } from './kill/rounds.ts';

afterAll(removePlanted);

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

test.each([
  // The vendor has the launch after a few milliseconds and answers after 30.
  { name: 'a launch without its mark', edits: withoutIntentMark, during: 'launch', afterMs: 20, finds: /launches for/ },
  { name: 'a file written in its place', edits: withoutRename, during: 'publish', afterMs: 40, finds: /final\.mp4/ },
] as const)(
  'the audit finds a planted bug: $name',
  {
    timeout: 120_000,
  },
  async ({ name, edits, during, afterMs, finds }) => {
    const sources = planted(name.replaceAll(' ', '-'), edits);
    const found: string[] = [];
    // A kill may miss its moment.
    for (let attempt = 0; attempt < 8 && !found.some((what) => finds.test(what)); attempt += 1) {
      const shot: Shot = { at: 'process', during, nth: 1, afterMs: afterMs + 5 * attempt };
      const plan = { blocks: 1, shots: [shot], ffmpegShots: [] };
      found.push(...(await killRound(attempt, { sources, plan })).broken);
    }
    expect(found).toContainEqual(expect.stringMatching(finds));
  },
);
