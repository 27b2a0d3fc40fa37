/** One run of the program: finds the verb, reads its arguments, and tells what became of it. */
import { resolve } from 'node:path';
import process from 'node:process';
import { parse, reader, wrongArguments } from './arguments.ts';
import { exitCodeOfError, tellError, told } from './errors.ts';
import { EXIT } from './exit-code.ts';
import { helpOf, overview } from './help.ts';
import type { Host } from './host.ts';
import { programName } from './program.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import type { Call } from './verb.ts';
import { type VerbName, verbs } from './verbs.ts';

const DEFAULT_OUT = './films';

const isVerb = (name: string): name is VerbName => Object.hasOwn(verbs, name);
const isHelp = (arg: string): boolean => arg === '--help' || arg === '-h';

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  for (let place = new URL('./', import.meta.url); place.pathname !== '/'; place = new URL('../', place)) {
    const text = await readFile(new URL('package.json', place), 'utf8').catch(() => undefined);
    if (text !== undefined) return (JSON.parse(text) as { version: string }).version;
  }
  return 'unknown';
}

function verbNamed(name: string, program: string): VerbName {
  if (isVerb(name)) return name;
  throw wrongArguments(`There is no verb '${name}'.`, `See ${program} help.`);
}

/** Width and height, as `180x320`. */
function sizeOf(text: string | undefined): { readonly width: number; readonly height: number } | undefined {
  if (text === undefined) return undefined;
  const [width = 0, height = 0] = /^(\d{2,4})x(\d{2,4})$/.exec(text)?.slice(1).map(Number) ?? [];
  if (width > 0 && height > 0 && width % 2 === 0 && height % 2 === 0) return { width, height };
  throw wrongArguments(
    `--size '${text}' is no size.`,
    'Give even numbers of a portrait video, such as --size 180x320.',
  );
}

function speedUpOf(speedUp: number | undefined): number | undefined {
  if (speedUp === undefined || (speedUp >= 1 && speedUp <= 10_000)) return speedUp;
  throw wrongArguments(`--speed-up ${speedUp} is not possible.`, 'Give a number from 1 to 10000.');
}

/** The pipeline, opened when a verb first wants it. */
function lazyHost(read: ReturnType<typeof reader>, out: string) {
  let opened: Promise<Host> | undefined;
  const open = async (): Promise<Host> => {
    const { becomeLive, liveVendorsOf, openLive } = await import('./live.ts');
    const vendors = read.flag('live') ? await becomeLive(out, process.env) : await liveVendorsOf(out);
    if (vendors !== undefined) return openLive(out, vendors);
    const { openEmbedded } = await import('./host.ts');
    const [size, speedUp] = [sizeOf(read.text('size')), speedUpOf(read.number('speed-up'))];
    return openEmbedded({ out, ...(size ? { size } : {}), ...(speedUp === undefined ? {} : { speedUp }) });
  };
  return {
    host: () => {
      opened ??= open();
      return opened;
    },
    close: async () => (await opened?.catch(() => undefined))?.close(),
  };
}

async function runVerb(args: readonly string[], terminal: Terminal, program: string): Promise<number> {
  const [first = 'help', ...rest] = args;
  if (first === '--version' || first === '-v') {
    terminal.print(await version());
    return EXIT.done;
  }
  if (first === 'help' || isHelp(first)) {
    const named = rest.find((arg) => !arg.startsWith('-'));
    for (const line of named === undefined ? overview(program) : helpOf(verbNamed(named, program), program))
      terminal.print(line);
    return EXIT.done;
  }
  const name = verbNamed(first, program);
  if (rest.some(isHelp)) {
    for (const line of helpOf(name, program)) terminal.print(line);
    return EXIT.done;
  }
  const verb = verbs[name];
  const parsed = parse(rest, verb.options, verb.positionals, `${program} help ${name}`);
  const read = reader(parsed);
  const out = resolve(read.text('out') || DEFAULT_OUT);
  const { host, close } = lazyHost(read, out);
  const call: Call = { ...parsed, terminal, program, json: read.flag('json'), out, host };
  try {
    const act = await verb.load();
    return await act(call);
  } finally {
    await close();
  }
}

/** Runs one command line; answers the exit code and never throws. */
export async function run(args: readonly string[]): Promise<number> {
  const terminal = openTerminal();
  try {
    return await runVerb(args, terminal, programName());
  } catch (caught) {
    const error = told(caught);
    if (args.includes('--json')) terminal.print(JSON.stringify({ error }));
    else tellError(terminal, error);
    return exitCodeOfError(error);
  }
}
