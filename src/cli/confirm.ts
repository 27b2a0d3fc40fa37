/** Nothing real is bought before a person has seen its price and said yes. */
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import type { Estimate } from '../index.ts';
import { wrongArguments } from './arguments.ts';
import type { Terminal } from './terminal.ts';
import { cap, money } from './words.ts';

export interface ConfirmOptions {
  /** Said already, by `--yes`. */
  readonly yes: boolean;
  readonly json: boolean;
}

/** Shows what will be bought and asks; throws `invalid-arguments` for anything but a yes. */
export async function confirmSpending(terminal: Terminal, estimate: Estimate, options: ConfirmOptions): Promise<void> {
  const price = `about ${money(estimate.usd)}, at most ${cap(estimate.capUsd)}`;
  for (const { what, usd, asOf } of options.json ? [] : estimate.lines)
    terminal.tell(`  ${money(usd).padStart(8)}  ${what}${asOf === undefined ? '' : ` (prices of ${asOf})`}`);
  if (options.yes) return;
  if (options.json || !process.stdin.isTTY)
    throw wrongArguments(`This spends real money: ${price}.`, 'Add --yes if you agree.');
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`This spends real money: ${price}. Type yes to go on: `);
  asking.close();
  if (answer.trim().toLowerCase() !== 'yes') throw wrongArguments('Nothing was bought.', 'Type yes if you agree.');
}
