/** What facts make of the records of tasks. */
import type { Fact, OfTask } from './facts.ts';
import type { Json } from './json.ts';
import type { Draft, FilmState, TaskRecord } from './state.ts';

type Film = Draft<FilmState>;

function recordOf(film: Film, { id, input }: OfTask): Draft<TaskRecord> {
  const known = film.tasks[id];
  if (known?.input === input) return known;
  const fresh: Draft<TaskRecord> = { input, failures: 0 };
  film.tasks[id] = fresh;
  return fresh;
}

export function taskFact(film: Film, fact: Extract<Fact, OfTask>): void {
  const record = recordOf(film, fact);
  switch (fact.type) {
    case 'task-leased':
      record.lease = fact.lease;
      break;
    case 'task-renewed':
      if (record.lease?.token === fact.token) record.lease = { ...record.lease, until: fact.until };
      break;
    case 'task-released':
      delete record.lease;
      if (record.failures === 0) delete film.tasks[fact.id];
      break;
    case 'task-hinted':
      record.hintedAt = fact.at;
      if (record.lease === undefined && record.waitingFor === undefined) record.dueAt = fact.at;
      break;
    case 'task-due':
      delete record.lease;
      record.dueAt = fact.dueAt;
      if (fact.waitingFor === undefined) delete record.waitingFor;
      else record.waitingFor = fact.waitingFor;
      if (fact.failedAt === undefined) {
        record.failures = 0;
        delete record.failingSince;
      } else {
        record.failures += 1;
        record.failingSince ??= fact.failedAt;
      }
      if (record.hintedAt !== undefined && fact.failedAt === undefined) {
        record.dueAt = Math.min(record.dueAt, record.hintedAt);
        delete record.hintedAt;
      }
      break;
    case 'task-gave-up':
      delete record.lease;
      delete record.dueAt;
      record.gaveUp = fact.error;
      break;
    case 'task-done':
      film.tasks[fact.id] = {
        input: fact.input,
        failures: 0,
        done: fact.output === undefined ? { at: fact.at } : { at: fact.at, output: fact.output as Draft<Json> },
      };
      break;
  }
}
