/** What a failed task means for the film; the table is design 3's, the launch has its own in `launch.ts`. */
import type { Context } from './context.ts';
import type { ReelstateError } from './errors.ts';
import type { Fact } from './evolve.ts';
import { endOfBreaker, endOfUtcDay, isBreaker } from './ledger.ts';
import { pause } from './looks.ts';
import type { Task } from './machine.ts';
import { openCalls } from './paid-call.ts';
import type { Clock } from './ports.ts';
import type { FilmState } from './state.ts';

/** An error that nobody foresaw is a defect more often than weather: it is not retried for a day. */
const MAX_UNEXPECTED = 5;
const LONGEST_COUNTER_WAIT_MS = 60_000;

const recordOf = (film: FilmState, task: Task) =>
  film.tasks[task.id]?.input === task.input ? film.tasks[task.id] : undefined;

export function failureFacts(film: FilmState, task: Task, error: ReelstateError, context: Context): readonly Fact[] {
  const now = context.now();
  const of = { id: task.id, input: task.input };
  const calls: Fact[] = openCalls(film, task.id).map((call, index, all) => ({
    type: 'call-settled',
    id: call.id,
    // Older calls are those of workers that died: what became of them is not in this error.
    charge: error.effect === 'none' && index === all.length - 1 ? 'not-charged' : 'unknown',
    microUsd: call.microUsd,
  }));
  if (context.signal.aborted) return task.light ? calls : [...calls, { type: 'task-released', ...of }];
  const record = recordOf(film, task);
  const again: Fact = {
    type: 'task-due',
    ...of,
    dueAt: now + (error.retryAfterMs ?? pause(context.ports.clock, record?.failures ?? 0, error.kind === 'throttled')),
    failedAt: now,
    waitingFor: error.code,
  };
  // A take goes on being watched: it may be paid for.
  if (task.kind === 'watch') return [...calls, again, ...(task.whenFailed?.(film, now, error) ?? [])];
  if (error.kind === 'permanent') {
    return [...calls, { type: 'task-released', ...of }, { type: 'film-failed', error: error.toRecord() }];
  }
  const forTooLong = now - (record?.failingSince ?? now) > film.model.timing.giveUpMs;
  const unforeseen = error.code === 'unexpected' && (record?.failures ?? 0) + 1 >= MAX_UNEXPECTED;
  const hopeless = error.kind === 'refused' || forTooLong || unforeseen;
  return hopeless ? [...calls, { type: 'task-gave-up', ...of, error: error.toRecord() }] : [...calls, again];
}

/** A full budget: the day's until that day ends, the breaker's until its window ends, everything else until soon. */
export function fullCounterFacts(
  film: FilmState,
  task: Task,
  error: ReelstateError,
  now: number,
  clock: Clock,
): readonly Fact[] {
  const key = String(error.details.key ?? '');
  const dueAt = isBreaker(key)
    ? endOfBreaker(now) + Math.round(clock.random() * LONGEST_COUNTER_WAIT_MS)
    : key.startsWith('spend/')
      ? endOfUtcDay(now) + Math.round(clock.random() * LONGEST_COUNTER_WAIT_MS)
      : now + Math.round(LONGEST_COUNTER_WAIT_MS * (0.5 + clock.random() / 2));
  const record = recordOf(film, task);
  return record?.waitingFor === key && (record.dueAt ?? 0) > now
    ? []
    : [{ type: 'task-due', id: task.id, input: task.input, dueAt, waitingFor: key }];
}
