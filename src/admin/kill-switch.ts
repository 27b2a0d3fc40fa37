import { KILL_SWITCH } from '../core/ledger.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';

/** Stops (true) or allows (false) all launches of every host on this store. Takes under way go on. Returns what it was before. */
export async function killSwitch(films: Pipeline, on: boolean): Promise<boolean> {
  const { counters } = engineOf(films).ports.state;
  const [present = 0] = await counters.read([KILL_SWITCH]);
  const wanted = on ? 1 : 0;
  if (present !== wanted) await counters.change([{ key: KILL_SWITCH, add: wanted - present }]);
  return present > 0;
}
