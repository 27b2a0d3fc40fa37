import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./child.ts', import.meta.url));

/** Starts one of the roles of `child.ts`; `wrap` is a command before node's. */
export function start(args: readonly string[], wrap: readonly string[] = []): ChildProcess {
  const [command = '', ...rest] = [...wrap, process.execPath, script, ...args];
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Runs a role to its end and answers with what it said. */
export async function run(args: readonly string[], wrap?: readonly string[]): Promise<string> {
  const child = start(args, wrap);
  const said: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => said.push(chunk.toString()));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}: ${said.join('')}`);
  return said.join('').trim();
}

/** Runs a role until it has said so many lines, kills it without warning and answers with all that it said. */
export async function killAfter(lines: number, args: readonly string[]): Promise<string[]> {
  const child = start(args);
  const said: string[] = [];
  const ended = new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (child.stdout === null) throw new Error('no output to listen to');
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(line);
    if (said.length === lines) child.kill('SIGKILL');
  }
  await ended;
  return said;
}

/** The name of a process that has ended. */
export const deadProcess = (): Promise<string> => run(['name']);
