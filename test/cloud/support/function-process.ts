/** One function in a process of its own, behind the real functions-framework. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Loopback } from './connections.ts';
import type { Meter } from './meter.ts';

export interface FunctionProcess {
  readonly name: string;
  readonly url: string;
  /** What it has asked of Firestore so far. */
  readonly meter: Meter;
  readonly pid: number;
  close(): Promise<void>;
}

export interface FunctionOptions {
  readonly loopback: Loopback;
  readonly env?: Readonly<Record<string, string>>;
  /** Each line that it prints. */
  readonly onLine?: (line: string) => void;
  /** @default the registration of the example's four functions */
  readonly source?: string;
}

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const framework = join(dirname(createRequire(import.meta.url).resolve('@google-cloud/functions-framework')), 'main.js');

type Message = { readonly port?: number; readonly meter?: Meter };

export async function startFunction(name: string, options: FunctionOptions): Promise<FunctionProcess> {
  const { loopback, env = {}, onLine, source = here('registered.ts') } = options;
  const imports = [here('../../../scripts/source-imports.mjs'), here('loopback-only.mjs')].flatMap((file) => [
    '--import',
    file,
  ]);
  const child = spawn(process.execPath, [...imports, framework, `--target=${name}`, `--source=${source}`, '--port=0'], {
    env: {
      ...process.env,
      NODE_ENV: 'production',
      METADATA_SERVER_DETECTION: 'none',
      GCP_PROJECT: loopback.project,
      AUDIENCE: `https://${name}.example`,
      CALLERS: loopback.issuer.email,
      LOOPBACK: JSON.stringify(loopback),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const meter: Meter = { reads: 0, writes: 0, commits: 0 };
  let errors = '';
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  // A run that dies leaves no function behind.
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.port !== undefined) resolve(message.port);
      if (message.meter !== undefined) Object.assign(meter, message.meter);
    });
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}: ${errors}`)));
  });
  return {
    name,
    url: `http://127.0.0.1:${port}/`,
    meter,
    pid: child.pid ?? 0,
    async close() {
      process.off('exit', kill);
      child.kill('SIGTERM');
      const late = setTimeout(kill, 2000);
      await ended;
      clearTimeout(late);
      if (errors !== '') onLine?.(errors);
    },
  };
}
