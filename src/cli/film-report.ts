/** What is told of a film that rests: where it lies, what is missing, and the command that goes on. */
import type { FilmView } from '../index.ts';
import { reworded, tellError } from './errors.ts';
import type { Host } from './host.ts';
import { spentUsd } from './panel.ts';
import { quoted } from './program.ts';
import { wrap } from './terminal.ts';
import type { Call } from './verb.ts';
import { type VerbName, verbs } from './verbs.ts';
import { cap, minutes, money, moneyToAllow } from './words.ts';

const COLUMNS = 80;

/** Options that hold for whatever is done in that folder. */
const KEPT = ['size', 'speed-up', 'out'] as const;

/** A command that can be typed as it is: continued where it would wrap. */
export function commandLines(
  { program, values }: Pick<Call, 'program' | 'values'>,
  verb: VerbName,
  ...more: readonly string[]
): readonly string[] {
  const kept = KEPT.flatMap((name) => {
    const value = values[name];
    return typeof value === 'string' && value !== '' && name in verbs[verb].options ? [`--${name}`, value] : [];
  });
  const lines: string[] = [];
  let line = `  ${program}`;
  for (const word of [verb, ...more, ...kept].map(quoted)) {
    if (line.length + word.length + 3 > COLUMNS) {
      lines.push(`${line} \\`);
      line = `    ${word}`;
    } else line += ` ${word}`;
  }
  return [...lines, line];
}

const maxUsd = (usd: number): readonly string[] => ['--max-usd', moneyToAllow(usd)];

/** The command that goes on with a film. */
export function tellResume(call: Call, { videoId }: FilmView): void {
  for (const line of commandLines(call, 'resume', videoId)) call.terminal.tell(line);
}

/** The script, block by block. */
export function scriptLines({ script, blocks }: FilmView): readonly string[] {
  if (script === undefined) return [];
  return [
    ...(script.title === undefined ? [] : [...wrap(script.title, COLUMNS), '']),
    ...script.blocks.flatMap(({ dialogue, visual }, index) => [
      `${index + 1}. (${blocks[index]?.seconds ?? '?'} s)`,
      ...wrap(dialogue, COLUMNS - 3).map((line) => `   ${line}`),
      ...wrap(`[${visual}]`, COLUMNS - 3).map((line) => `   ${line}`),
    ]),
  ];
}

/** Enough of a hash to tell one script from another. */
const HASH_SHOWN = 12;

const approveCommand = (call: Call, { videoId, script, cost }: FilmView): readonly string[] => {
  const hash = script?.hash.slice(0, HASH_SHOWN) ?? '';
  return commandLines(call, 'approve', videoId, '--script', hash, ...maxUsd(cost.capUsd));
};

export function tellApproval(call: Call, film: FilmView, { simulated }: Host): void {
  const { print } = call.terminal;
  for (const line of scriptLines(film)) print(line);
  print('');
  const note = simulated ? ' (simulated prices: nothing is paid)' : '';
  print(`Price: about ${money(film.cost.estimatedUsd)}, at most ${cap(film.cost.capUsd)}${note}.`);
  print('Film it with:');
  for (const line of approveCommand(call, film)) print(line);
  print('Or change it with:');
  for (const line of commandLines(call, 'revise', film.videoId, '--notes', 'what to change')) print(line);
}

function tellNeedsInput(call: Call, film: FilmView & { readonly status: 'needs-input' }, host: Host): void {
  const { reason, commands, videoId } = film;
  const { print } = call.terminal;
  if (reason.code === 'approval') {
    tellApproval(call, film, host);
    return;
  }
  for (const line of wrap(reworded(reason.message), COLUMNS)) print(line);
  const block = reason.block === undefined ? [] : ['--block', `${reason.block}`];
  const ways: Readonly<Record<string, readonly string[]>> = {
    resume: reason.neededUsd === undefined ? [] : maxUsd(reason.neededUsd),
    revise: reason.block === undefined ? ['--notes', 'what to change'] : [...block, '--dialogue', 'other words'],
    reroll: block,
    pick: [...block, '--take', `${reason.take ?? 1}`],
  };
  if (commands.length > 0) print('What can be done:');
  for (const name of commands) {
    for (const line of commandLines(call, name, videoId, ...(ways[name] ?? []))) print(line);
  }
}

function tellCompleted(call: Call, film: FilmView & { readonly status: 'completed' }, host: Host): void {
  const { terminal } = call;
  const { output, cost, partial, orphans } = film;
  const price = `${money(cost.chargedUsd)}${host.simulated ? ' (simulated, nothing was paid)' : ''}`;
  const length = `${(output.durationMs / 1000).toFixed(2)} s`;
  terminal.tell(`${length}, ${output.width}x${output.height}, ${price}${partial ? ', partial' : ''}`);
  for (const { block, take, usd } of orphans) {
    terminal.tell(`Paid for and not shown: block ${block} take ${take}, ${money(usd)} (pick shows it).`);
  }
  if (partial) {
    terminal.tell('The rest is made by:');
    tellResume(call, film);
  }
  terminal.print(host.pathOf(film));
}

/** Tells how the film stands; the path of a completed one is the last line. */
export function tellFilm(call: Call, film: FilmView, host: Host): void {
  const { terminal } = call;
  switch (film.status) {
    case 'completed':
      tellCompleted(call, film, host);
      break;
    case 'needs-input':
      tellNeedsInput(call, film, host);
      break;
    case 'failed':
      tellError(terminal, { ...film.error, cure: reworded(film.error.cure) });
      tellResume(call, film);
      break;
    case 'cancelled':
      terminal.print(`Cancelled; ${money(spentUsd(film))} was spent.`);
      break;
    default:
      terminal.tell(`Under way for ${minutes(Date.now() - film.createdAt)}. Unless a program is at it, go on with:`);
      tellResume(call, film);
  }
}

/** The film as `--json` prints it: the view, and the path of a finished film. */
export const filmJson = (film: FilmView, host: Host, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    ...film,
    simulated: host.simulated,
    ...(film.status === 'completed' ? { path: host.pathOf(film) } : {}),
    ...more,
  });
