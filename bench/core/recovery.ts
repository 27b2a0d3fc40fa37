import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./recovery-child.ts', import.meta.url));
const ROUNDS = 5;
const KILL_AFTER_EFFECTS = 200;

const effects = (folder: string): readonly string[] => {
  try {
    return readFileSync(join(folder, 'effects.log'), 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
};

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries > 20_000) throw new Error('the worker made no progress');
    await sleep(2);
  }
}

/** Milliseconds from the start of the new process to its first effect, less what an empty process takes to start. */
async function round(folder: string): Promise<number> {
  mkdirSync(folder, { recursive: true });
  const start = (mode: string) => spawn(process.execPath, [CHILD, folder, mode], { stdio: 'ignore' });
  const first = start('begin');
  await until(() => effects(folder).length >= KILL_AFTER_EFFECTS);
  const dead = new Promise((resolve) => first.once('exit', resolve));
  first.kill('SIGKILL');
  await dead;
  const startedAt = performance.now();
  const second = start('resume');
  await until(() => effects(folder).some((line) => line.startsWith('resume')));
  const took = performance.now() - startedAt;
  second.kill('SIGKILL');
  return took;
}

/** Median milliseconds from a restart after kill -9 to the first new effect, Node's own start included. */
export async function recoveryBench(folder: string): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < ROUNDS; index += 1) times.push(await round(join(folder, `recovery-${index}`)));
  return [...times].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? Number.NaN;
}
