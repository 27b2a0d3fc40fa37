/** The verbs that tell a film something: each is one command of `send`, most then run the film on. */
import type { Command, FilmView } from '../../index.ts';
import { given, reader, wrongArguments } from '../arguments.ts';
import { EXIT, exitCodeOf } from '../exit-code.ts';
import { filmJson, tellApproval, tellFilm } from '../film-report.ts';
import type { Host } from '../host.ts';
import { runFilm } from '../run-film.ts';
import type { Call } from '../verb.ts';
import { whichFilm } from '../which-film.ts';

/** Less than anything costs: the refusal then names the price. */
const NOTHING_YET_USD = 0.000001;

async function opened(call: Call): Promise<{ readonly host: Host; readonly videoId: string }> {
  const host = await call.host();
  return { host, videoId: await whichFilm(call, host) };
}

async function sendAndRun(call: Call, command: Command): Promise<number> {
  const { host, videoId } = await opened(call);
  return runFilm(call, host, await host.films.send(videoId, command));
}

async function sendOnly(call: Call, command: Command, done: (film: FilmView) => string): Promise<number> {
  const { host, videoId } = await opened(call);
  const film = await host.films.send(videoId, command);
  call.terminal.print(call.json ? filmJson(film, host) : done(film));
  return EXIT.done;
}

function wholeNumber(call: Call, name: string): number {
  const value = reader(call).number(name);
  if (value !== undefined && Number.isInteger(value) && value >= 1) return value;
  throw wrongArguments(`Which ${name}?`, `Give --${name} N, counted from 1.`);
}

const maxUsdOf = (call: Call) => given({ maxUsd: reader(call).number('max-usd') });

/** Too short a beginning of a hash would agree to any script. */
const LEAST_HASH = 8;

export async function approve(call: Call): Promise<number> {
  const seen = reader(call).text('script');
  const { host, videoId } = await opened(call);
  const film = await host.films.get(videoId);
  if (seen !== undefined) {
    const whole = seen.length >= LEAST_HASH && film.script?.hash.startsWith(seen) ? film.script.hash : seen;
    const command = { type: 'approve', scriptHash: whole, ...maxUsdOf(call) } as const;
    return runFilm(call, host, await host.films.send(videoId, command));
  }
  if (call.json) call.terminal.print(filmJson(film, host));
  else if (film.script === undefined) tellFilm(call, film, host);
  else tellApproval(call, film, host);
  return EXIT.needsInput;
}

export async function revise(call: Call): Promise<number> {
  const { text } = reader(call);
  const notes = text('notes');
  if (notes !== undefined) return sendAndRun(call, { type: 'revise', notes, ...maxUsdOf(call) });
  const texts = given({ dialogue: text('dialogue'), visual: text('visual') });
  if (Object.keys(texts).length === 0)
    throw wrongArguments('What shall change?', 'Give --notes TEXT, or --block N with --dialogue or --visual.');
  const blocks = [{ block: wholeNumber(call, 'block'), ...texts }];
  return sendAndRun(call, { type: 'revise', blocks, maxUsd: reader(call).number('max-usd') ?? NOTHING_YET_USD });
}

export async function reroll(call: Call): Promise<number> {
  const maxUsd = reader(call).number('max-usd') ?? NOTHING_YET_USD;
  return sendAndRun(call, { type: 'reroll', block: wholeNumber(call, 'block'), maxUsd });
}

export async function pick(call: Call): Promise<number> {
  const [block, take] = [wholeNumber(call, 'block'), wholeNumber(call, 'take')];
  return sendAndRun(call, { type: 'pick', block, take, ...maxUsdOf(call) });
}

/** A running film is simply run on; the command is sent where it needs one. */
export async function resume(call: Call): Promise<number> {
  const { host, videoId } = await opened(call);
  const film = await host.films.get(videoId);
  const isWaitingForIt =
    film.status === 'failed' ||
    (film.status === 'completed' && film.partial) ||
    (film.status === 'needs-input' && film.commands.includes('resume'));
  if (isWaitingForIt) return sendAndRun(call, { type: 'resume', ...maxUsdOf(call) });
  if (film.status === 'running') return runFilm(call, host, film);
  if (call.json) call.terminal.print(filmJson(film, host));
  else tellFilm(call, film, host);
  return exitCodeOf(film);
}

export const finish = (call: Call): Promise<number> => sendAndRun(call, { type: 'finish' });

export const pause = (call: Call): Promise<number> =>
  sendOnly(call, { type: 'pause' }, ({ videoId }) => `${videoId} is paused; resume goes on.`);

export const cancel = (call: Call): Promise<number> =>
  sendOnly(call, { type: 'cancel' }, ({ videoId }) => `${videoId} is cancelled; its files stay.`);
