import { EXIT } from '../exit-code.ts';
import { filmInput } from '../film-input.ts';
import type { Call } from '../verb.ts';
import { cap, money, plural } from '../words.ts';

/** The price does not depend on what the film is about. */
const ANY_THEME = 'Any theme';

export async function estimate(call: Call): Promise<number> {
  const { terminal } = call;
  const input = await filmInput(call);
  const host = await call.host();
  const result = await host.films.estimate(input.script ? input : { theme: ANY_THEME, ...input });
  if (call.json) {
    terminal.print(JSON.stringify({ ...result, simulated: host.simulated }));
    return EXIT.done;
  }
  const { plan, chains, durationMs, lines, usd, capUsd, warnings } = result;
  const blocks = plan.map(({ block, seconds, kind }) => `${block}: ${seconds} s ${kind}`);
  terminal.print(`${(durationMs / 1000).toFixed(2)} s in ${plural(plan.length, 'block')}, ${plural(chains, 'chain')}`);
  for (const line of blocks) terminal.print(`  ${line}`);
  for (const { what, usd: price, asOf } of lines) {
    terminal.print(
      `${what.padEnd(48)}${`$${price.toFixed(4)}`.padStart(10)}${asOf === undefined ? '' : `  as of ${asOf}`}`,
    );
  }
  terminal.print(`${'in all'.padEnd(48)}${money(usd).padStart(10)}  at most ${cap(capUsd)}`);
  if (host.simulated) terminal.print('Simulated vendors: nothing is paid; the prices are those of Veo 3.1 Fast.');
  for (const warning of warnings) terminal.print(terminal.paint.yellow(warning));
  return EXIT.done;
}
