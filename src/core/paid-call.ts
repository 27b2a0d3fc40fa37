/** Calls that cost money but are not takes: reserved with the claim, settled with the answer. */
import type { Context } from './context.ts';
import type { Fact } from './evolve.ts';
import { utcDay } from './ledger.ts';
import type { FilmState, PaidCall } from './state.ts';

/** Rough size of one language model call, tokens: instructions and request, and 160 per block of answer. */
export const llmTokens = (blocks: number): { input: number; output: number } => ({
  input: 900 + 40 * blocks,
  output: 200 + 160 * blocks,
});

export function reserveCall(task: string, what: PaidCall['what'], microUsd: number, context: Context): readonly Fact[] {
  const id = `${task}#${context.ports.clock.uuid()}`;
  return [
    {
      type: 'call-reserved',
      call: { id, what, microUsd: Math.ceil(microUsd), day: utcDay(context.now()), charge: 'reserved' },
    },
  ];
}

/** The calls of a task that nobody has settled. */
export const openCalls = (film: FilmState, task: string): readonly PaidCall[] =>
  film.calls.filter((call) => call.charge === 'reserved' && call.id.startsWith(`${task}#`));

/** What the task's newest call cost; older ones were lost with their workers. */
export const settleCalls = (film: FilmState, task: string, microUsd: number): readonly Fact[] =>
  openCalls(film, task).map((call, index, all) => ({
    type: 'call-settled',
    id: call.id,
    ...(index === all.length - 1
      ? { charge: 'charged' as const, microUsd: Math.ceil(microUsd) }
      : { charge: 'unknown' as const, microUsd: call.microUsd }),
  }));
