/** A film of toy tasks, for tests of what performs them. */
import type { ManualClock } from '../../src/adapters/memory/index.ts';
import type { Context } from '../../src/core/context.ts';
import type { Fact } from '../../src/core/facts.ts';
import type { Step, Task } from '../../src/core/machine.ts';
import type { Pipeline, PipelineOptions } from '../../src/core/pipeline.ts';
import type { Foreign, SaveState, StateStore } from '../../src/core/ports.ts';
import type { FilmState, TaskRecord } from '../../src/core/state.ts';
import { studio } from './studio.ts';

export const LEASE_MS = 60_000;
export type Perform = (film: FilmState, context: Context) => Promise<readonly Fact[]>;

export const doneFact = (id: string, at = 0): Fact => ({ type: 'task-done', id, input: 'i', at });
export const doing =
  (id: string, run: (context: Context, film: FilmState) => unknown = () => undefined): Perform =>
  async (film, context) => {
    await run(context, film);
    return [doneFact(id, context.now())];
  };

export const task = (id: string, perform: Perform = doing(id), changes: Partial<Task> = {}): Task => ({
  id,
  role: 'script',
  input: 'i',
  kind: 'work',
  light: false,
  perform,
  ...changes,
});

/** Lets time go on until the promise is settled. */
export async function inTime<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  promise.then(over, over);
  for (let turn = 0; turn < 200 && !isOver; turn += 1) await clock.advance(500);
  return promise;
}

/** A film of one step with these tasks, and a record of what was saved. */
export async function setting(
  given: readonly Task[] | ((film: FilmState) => readonly Task[]),
  options: Partial<PipelineOptions> = {},
) {
  const base = studio();
  const saves: FilmState[] = [];
  const requests: SaveState[] = [];
  const loads: string[] = [];
  let beforeSave: (request: SaveState) => Promise<void> = async () => {};
  let foreign: Foreign | undefined;
  const state: StateStore = {
    ...base.state,
    load: async (id) => {
      loads.push(id);
      const stored = await base.state.load(id);
      return stored && foreign ? { ...stored, foreign } : stored;
    },
    save: async (request) => {
      await beforeSave(request);
      const saved = await base.state.save(request);
      requests.push(request);
      saves.push(JSON.parse(JSON.stringify(request.state)) as FilmState);
      return saved;
    },
  };
  const tasksOf = typeof given === 'function' ? given : () => given;
  const steps: readonly Step[] = [
    {
      name: 'toy',
      after: [],
      tasks: tasksOf,
      isDone: (film) => tasksOf(film).every(({ id }) => film.tasks[id]?.done !== undefined),
    },
  ];
  const host = (changes: Partial<PipelineOptions> = {}): Pipeline =>
    base.host({ state, steps, ...options, ...changes });
  const films = host();
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  saves.length = 0;
  loads.length = 0;
  const records = (): readonly (TaskRecord | undefined)[] => saves.map((film) => film.tasks.a);
  const onSave = (listener: typeof beforeSave): void => {
    beforeSave = listener;
  };
  const othersWrite = (written: Foreign): void => {
    foreign = written;
  };
  return { ...base, host, films, videoId, saves, loads, requests, records, onSave, othersWrite };
}
