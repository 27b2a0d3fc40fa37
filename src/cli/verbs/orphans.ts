import { type OrphanReport, orphans as orphansOf } from '../../admin/index.ts';
import { given, reader } from '../arguments.ts';
import { EXIT } from '../exit-code.ts';
import type { Call } from '../verb.ts';
import { money, plural } from '../words.ts';

const MICRO = 1_000_000;

/** A sum of prices without the noise of binary fractions. */
const sumOf = (found: readonly OrphanReport[]): number =>
  found.reduce((sum, { usd }) => sum + Math.round(usd * MICRO), 0) / MICRO;

/** Every take that was or may have been paid for and that no film shows. Touches no vendor. */
export async function orphans(call: Call): Promise<number> {
  const { terminal } = call;
  const host = await call.host();
  const found: OrphanReport[] = [];
  for await (const orphan of orphansOf(host.films, given({ owner: reader(call).text('owner') }))) found.push(orphan);
  const usd = sumOf(found);
  if (call.json) {
    terminal.print(JSON.stringify({ orphans: found, usd, simulated: host.simulated }));
    return EXIT.done;
  }
  for (const { videoId, block, take, usd: price, charge } of found)
    terminal.print(`${videoId.padEnd(30)}  block ${block} take ${take}  ${money(price).padStart(7)}  ${charge}`);
  const paid = host.simulated ? ' (simulated, nothing was paid)' : '';
  terminal.tell(found.length === 0 ? 'No orphans.' : `${plural(found.length, 'take')}, ${money(usd)}${paid}`);
  return EXIT.done;
}
