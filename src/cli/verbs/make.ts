import { reader, wrongArguments } from '../arguments.ts';
import { confirmSpending } from '../confirm.ts';
import { filmInput } from '../film-input.ts';
import { runFilm } from '../run-film.ts';
import type { Call } from '../verb.ts';
import { cap, money, plural } from '../words.ts';

/** Creates a film, or finds the one of that id, and runs it. */
export async function make(call: Call): Promise<number> {
  const { terminal, json } = call;
  const { text, flag } = reader(call);
  if (text('theme') === undefined && text('script') === undefined)
    throw wrongArguments('What shall the film be about?', 'Give --theme TEXT, or --script FILE.');
  const input = await filmInput(call);
  const host = await call.host();
  const estimate = await host.films.estimate(input);
  if (!host.simulated) await confirmSpending(terminal, estimate, { yes: flag('yes'), json });
  const film = await host.films.create(input);
  if (!json) {
    const paid = host.simulated ? ' (simulated prices: nothing is paid)' : '';
    terminal.tell(`${film.videoId}: ${plural(film.blocks.length, 'block')}, ${(film.durationMs / 1000).toFixed(2)} s`);
    terminal.tell(`About ${money(film.cost.estimatedUsd)}, at most ${cap(film.cost.capUsd)}${paid}.`);
    for (const warning of estimate.warnings) terminal.tell(terminal.paint.yellow(warning));
  }
  return runFilm(call, host, film);
}
