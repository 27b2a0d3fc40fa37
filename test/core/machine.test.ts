/** The generic machine by itself: toy steps, no video. */
import { describe, expect, it } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import type { Fact } from '../../src/core/evolve.ts';
import {
  advanceState,
  decide,
  type Host,
  leaseOf,
  openTasks,
  type Step,
  stepsOf,
  type Task,
  wakesOf,
} from '../../src/core/machine.ts';
import { newFilm } from '../../src/core/new-film.ts';
import type { Role } from '../../src/core/ports.ts';
import { EVENTS_KEPT, type FilmState, type Lease, type TaskRecord } from '../../src/core/state.ts';

const NOW = 1_000_000;

const task = (id: string, changes: Partial<Task> = {}): Task => ({
  id,
  role: 'script',
  input: 'i',
  kind: 'work',
  light: false,
  perform: async () => [],
  ...changes,
});

const step = (name: string, changes: Partial<Step> = {}): Step => ({
  name,
  after: [],
  tasks: () => [task(name)],
  isDone: () => false,
  ...changes,
});

const base = newFilm(
  { theme: 'Bees', durationSeconds: 8 },
  {
    videoId: 'machine-test',
    model: fakeVideo().model,
    limits: { maxAttempts: 4, maxSeconds: 180, failuresPerTenMinutes: 20 },
    steps: ['a'],
    checks: false,
    now: NOW,
  },
);
const film = (changes: Partial<FilmState> = {}): FilmState => ({ ...base, ...changes });
const record = (changes: Partial<TaskRecord> = {}): TaskRecord => ({ input: 'i', failures: 0, ...changes });
const lease = (until: number, holder = 'other'): Lease => ({ token: 't', holder, until });
const host = (changes: Partial<Host> = {}): Host => ({
  now: NOW,
  can: () => true,
  isDead: () => false,
  isHinted: () => false,
  ...changes,
});
const ids = (tasks: readonly Task[]): readonly string[] => tasks.map(({ id }) => id);
const settled = (state: FilmState, steps: readonly Step[], facts: readonly Fact[] = []): FilmState =>
  advanceState(state, facts, { steps, now: NOW + 1 });

describe('stepsOf', () => {
  const [a, b, c] = [step('a'), step('b'), step('c')];

  it('is the host’s own list where it is the film’s', () => {
    const steps = [a, b];
    expect(stepsOf(film({ steps: ['a', 'b'] }), steps)).toBe(steps);
  });

  it.for([
    [
      ['a', 'b'],
      [a, b, c],
      [a, b],
    ],
    [
      ['a', 'b'],
      [b, a],
      [a, b],
    ],
    [['a', 'b'], [a, c], [a]],
    [['a', 'b'], [c, b], [b]],
    [['a', 'b'], [a], [a]],
    [['a', 'b'], [], []],
    [['a'], [a, b], [a]],
  ] as const)('is the film’s own order, less what the host lacks', ([names, steps, expected]) => {
    expect(stepsOf(film({ steps: names }), steps)).toEqual(expected);
  });
});

describe('openTasks', () => {
  const steps = [step('a'), step('b', { after: ['a'] })];
  const names = ['a', 'b'];

  it('are those of the steps whose needs are done', () => {
    expect(ids(openTasks(film({ steps: names }), steps))).toEqual(['a']);
    const done = [step('a', { isDone: () => true, tasks: () => [] }), step('b', { after: ['a'] })];
    expect(ids(openTasks(film({ steps: names }), done))).toEqual(['b']);
  });

  it('need nothing that the film does not have', () => {
    expect(ids(openTasks(film({ steps: ['b'] }), [step('b', { after: ['music'] })]))).toEqual(['b']);
  });

  it('wait for a step that this host lacks', () => {
    expect(ids(openTasks(film({ steps: ['music', 'b'] }), [step('b', { after: ['music'] })]))).toEqual([]);
  });

  it('are not done and not given up, but for another input', () => {
    const error = { kind: 'permanent', code: 'x', message: 'x' } as const;
    const open = (tasks: FilmState['tasks']) => ids(openTasks(film({ tasks }), [step('a')]));
    expect(open({})).toEqual(['a']);
    expect(open({ a: record() })).toEqual(['a']);
    expect(open({ a: record({ done: { at: 1 } }) })).toEqual([]);
    expect(open({ a: record({ gaveUp: error }) })).toEqual([]);
    expect(open({ a: record({ input: 'old', done: { at: 1 } }) })).toEqual(['a']);
    expect(open({ a: record({ input: 'old', gaveUp: error }) })).toEqual(['a']);
  });

  const both = [step('a', { tasks: () => [task('work'), task('look', { kind: 'watch' })] })];
  it.for([
    [{}, ['work', 'look']],
    [{ paused: true }, ['look']],
    [{ rebuilt: true }, ['look']],
    [{ contention: 'Two launch.' }, ['look']],
    [{ status: 'completed' }, ['look']],
    [{ status: 'failed' }, ['look']],
    [{ status: 'cancelled' }, ['look']],
    [{ disagreement: 'Older.' }, []],
  ] as const)('of a film with %j are %j', ([changes, expected]) => {
    expect(ids(openTasks(film(changes), both))).toEqual(expected);
  });
});

describe('leaseOf', () => {
  it('is what the task says, else the record’s, if that speaks of the same input', () => {
    const [own, kept] = [lease(1), lease(2)];
    const state = film({ tasks: { a: record({ lease: kept }) } });
    expect(leaseOf(state, task('a', { held: own }))).toBe(own);
    expect(leaseOf(state, task('a'))).toBe(kept);
    expect(leaseOf(state, task('a', { input: 'new' }))).toBeUndefined();
    expect(leaseOf(state, task('b'))).toBeUndefined();
    expect(leaseOf(film({ tasks: { a: record() } }), task('a'))).toBeUndefined();
  });
});

describe('decide', () => {
  const decided = (tasks: readonly Task[], records: FilmState['tasks'] = {}, by: Partial<Host> = {}) => {
    const { ready, ...rest } = decide(film({ tasks: records }), [step('a', { tasks: () => tasks })], host(by));
    return { ready: ids(ready), ...rest };
  };

  it('of nothing: a film that runs is another host’s work, one that rests waits for nothing', () => {
    expect(decided([])).toEqual({ ready: [], wakeAt: NOW + 15_000, on: 'another-host' });
    const nothing = [step('a', { tasks: () => [] })];
    expect(decide(film({ status: 'needs-input' }), nothing, host())).toEqual({ ready: [] });
    expect(decide(film({ status: 'completed' }), nothing, host())).toEqual({ ready: [] });
  });

  it('of what is due: it is ready, and nothing else is waited for', () => {
    expect(decided([task('a'), task('b')])).toEqual({ ready: ['a', 'b'] });
  });

  it('a lease keeps others away until its end', () => {
    expect(decided([task('a')], { a: record({ lease: lease(NOW + 1) }) })).toEqual({
      ready: [],
      wakeAt: NOW + 1,
      on: 'another-host',
    });
    expect(decided([task('a')], { a: record({ lease: lease(NOW) }) })).toEqual({ ready: ['a'] });
    expect(decided([task('a')], { a: record({ lease: lease(NOW - 1) }) })).toEqual({ ready: ['a'] });
  });

  it('the lease of a dead holder keeps nobody away', () => {
    const records = { a: record({ lease: lease(NOW + 5, 'dead') }), b: record({ lease: lease(NOW + 9, 'alive') }) };
    const isDead = (holder: string) => holder === 'dead';
    expect(decided([task('a'), task('b')], records, { isDead })).toEqual({
      ready: ['a'],
      wakeAt: NOW + 9,
      on: 'another-host',
    });
  });

  it('a due time is waited for, to the millisecond', () => {
    expect(decided([task('a')], { a: record({ dueAt: NOW + 1 }) })).toEqual({ ready: [], wakeAt: NOW + 1, on: 'time' });
    expect(decided([task('a')], { a: record({ dueAt: NOW }) })).toEqual({ ready: ['a'] });
    expect(decided([task('a')], { a: record({ input: 'old', dueAt: NOW + 1 }) })).toEqual({ ready: ['a'] });
    expect(decided([task('a', { notBefore: NOW + 3 })], { a: record({ dueAt: NOW + 1 }) })).toMatchObject({
      wakeAt: NOW + 3,
    });
    expect(decided([task('a', { notBefore: NOW + 1 })], { a: record({ dueAt: NOW + 3 }) })).toMatchObject({
      wakeAt: NOW + 3,
    });
  });

  it('a hint makes it due, but breaks no lease', () => {
    const isHinted = ({ id }: Task) => id === 'a';
    expect(decided([task('a')], { a: record({ dueAt: NOW + 9 }) }, { isHinted })).toEqual({ ready: ['a'] });
    expect(decided([task('b')], { b: record({ dueAt: NOW + 9 }) }, { isHinted })).toMatchObject({ ready: [] });
    expect(decided([task('a')], { a: record({ lease: lease(NOW + 9) }) }, { isHinted })).toMatchObject({ ready: [] });
  });

  it('the earliest of what comes later is when to look again, wherever it stands', () => {
    const records = (times: readonly number[]) =>
      Object.fromEntries(times.map((at, index) => [`t${index}`, record({ dueAt: NOW + at })]));
    for (const times of [
      [5, 7, 9],
      [7, 5, 9],
      [9, 7, 5],
    ])
      expect(decided([task('t0'), task('t1'), task('t2')], records(times))).toEqual({
        ready: [],
        wakeAt: NOW + 5,
        on: 'time',
      });
  });

  it('of two at the same time the first one says what is waited for', () => {
    const records = { a: record({ dueAt: NOW + 5 }), b: record({ dueAt: NOW + 5 }) };
    expect(decided([task('a', { kind: 'watch' }), task('b')], records).on).toBe('vendor');
    expect(decided([task('b'), task('a', { kind: 'watch' })], records).on).toBe('time');
  });

  it('what is waited for beside what is ready is told too', () => {
    const records = { b: record({ dueAt: NOW + 5 }) };
    expect(decided([task('a'), task('b', { kind: 'watch' })], records)).toEqual({
      ready: ['a'],
      wakeAt: NOW + 5,
      on: 'vendor',
    });
  });

  it('only what this host can do is its own; the rest is looked at again soon', () => {
    const can = (role: Role) => role === 'video';
    expect(decided([task('a')], {}, { can })).toEqual({ ready: [], wakeAt: NOW + 15_000, on: 'another-host' });
    expect(decided([task('a'), task('b', { role: 'video' })], {}, { can })).toEqual({
      ready: ['b'],
      wakeAt: NOW + 15_000,
      on: 'another-host',
    });
    expect(decided([task('a', { alsoRoles: ['monitor', 'video'] })], {}, { can })).toEqual({ ready: ['a'] });
    expect(decided([task('a', { role: 'video', alsoRoles: ['monitor'] })], {}, { can })).toEqual({ ready: ['a'] });
  });

  it('asks about the film that it decides on', () => {
    const can = (_: Role, state: FilmState) => state.videoId === 'machine-test';
    expect(decided([task('a')], {}, { can })).toEqual({ ready: ['a'] });
  });
});

describe('wakesOf', () => {
  const wakes = (tasks: readonly Task[], records: FilmState['tasks'] = {}) =>
    wakesOf(film({ tasks: records }), [step('a', { tasks: () => tasks })]);

  it('is nothing where nothing is open', () => {
    expect(wakes([])).toEqual({});
  });

  it('is the later of due time and lease, also of a dead holder', () => {
    expect(wakes([task('a')], { a: record({ dueAt: 5, lease: lease(9) }) })).toEqual({ script: 9 });
    expect(wakes([task('a')], { a: record({ dueAt: 9, lease: lease(5) }) })).toEqual({ script: 9 });
    expect(wakes([task('a')])).toEqual({ script: 0 });
  });

  it('is the earliest of a role’s tasks, for each role that may do one', () => {
    const tasks = [task('a'), task('b'), task('c', { role: 'monitor', alsoRoles: ['video'] })];
    const records = { a: record({ dueAt: 9 }), b: record({ dueAt: 5 }), c: record({ dueAt: 7 }) };
    expect(wakes(tasks, records)).toEqual({ script: 5, monitor: 7, video: 7 });
    expect(wakes([...tasks].reverse(), records)).toEqual({ script: 5, monitor: 7, video: 7 });
  });
});

describe('the status of a film', () => {
  const done = [step('a', { isDone: () => true })];
  const open = [step('a')];
  const error = { kind: 'permanent', code: 'broken', message: 'It broke.' } as const;
  const asked = { code: 'check', message: 'Look.', commands: ['resume'] } as const;
  const statusOf = (changes: Partial<FilmState>, steps: readonly Step[] = open) => {
    const { status, needsInput, failure } = settled(film(changes), steps);
    return { status, ...(needsInput ? { needsInput } : {}), ...(failure ? { failure } : {}) };
  };

  it('is running, then completed', () => {
    expect(statusOf({})).toEqual({ status: 'running' });
    expect(statusOf({}, done)).toEqual({ status: 'completed' });
  });

  it('is not completed as long as one step is open, or is not here to tell', () => {
    expect(statusOf({ steps: ['a', 'b'] }, [...done, step('b')])).toEqual({ status: 'running' });
    expect(statusOf({ steps: ['a', 'music'] }, done)).toEqual({ status: 'running' });
  });

  it('cancelled counts before all else', () => {
    expect(statusOf({ cancelled: true, disagreement: 'x', paused: true }, done)).toEqual({ status: 'cancelled' });
  });

  it('a disagreement asks for a rebuild', () => {
    const needsInput = { code: 'rebuild', message: 'The bucket knows more.', commands: ['cancel'] };
    expect(statusOf({ disagreement: 'The bucket knows more.', foreignFinal: 'gs://x' }, done)).toEqual({
      status: 'needs-input',
      needsInput,
    });
  });

  it('a film from its bucket is looked at by a person first', () => {
    const commands = ['resume', 'cancel'];
    expect(statusOf({ rebuilt: true }, done)).toMatchObject({
      status: 'needs-input',
      needsInput: { code: 'rebuild', commands },
    });
  });

  it('another program’s film is a film', () => {
    expect(statusOf({ foreignFinal: 'gs://x', contention: 'Two.' })).toEqual({ status: 'completed' });
  });

  it('two owners have to be told apart by a person', () => {
    const needsInput = { code: 'two-owners', message: 'Two launch.', commands: ['resume', 'cancel'] };
    expect(statusOf({ contention: 'Two launch.' }, done)).toEqual({ status: 'needs-input', needsInput });
  });

  it('a failure is the film’s own, or the first that a step tells', () => {
    const other = { ...error, code: 'other' };
    expect(statusOf({ failure: error }, done)).toEqual({ status: 'failed', failure: error });
    const steps = [
      step('a', { fails: () => undefined }),
      step('b', { fails: () => error }),
      step('c', { fails: () => other }),
    ];
    expect(statusOf({ steps: ['a', 'b', 'c'] }, steps)).toEqual({ status: 'failed', failure: error });
    expect(statusOf({ failure: other, steps: ['b'] }, [step('b', { fails: () => error })])).toMatchObject({
      failure: other,
    });
  });

  it('paused says so, but for a film that is done', () => {
    const commands = ['resume', 'cancel'];
    const needsInput = { code: 'paused', message: 'The film was paused.', commands };
    expect(statusOf({ paused: true })).toEqual({ status: 'needs-input', needsInput });
    expect(statusOf({ paused: true }, done)).toEqual({ status: 'completed' });
  });

  it('what a step asks is asked, and before what was given up', () => {
    const tasks = { x: record({ gaveUp: error }) };
    expect(statusOf({ tasks }, [step('a', { asks: () => asked })])).toEqual({
      status: 'needs-input',
      needsInput: asked,
    });
    expect(statusOf({ tasks }, [step('a', { asks: () => undefined })])).toMatchObject({
      needsInput: { code: 'gave-up' },
    });
  });

  it('what was given up names the task, the error and its cure', () => {
    const commands = ['resume', 'revise', 'cancel'];
    const tasks = { fine: record(), 'launch:1': record({ gaveUp: error }) };
    const needsInput = { code: 'gave-up', message: 'launch:1: It broke.', commands };
    expect(statusOf({ tasks })).toEqual({ status: 'needs-input', needsInput });
    const cured = { x: record({ gaveUp: { ...error, cure: 'Mend it.' } }) };
    expect(statusOf({ tasks: cured })).toMatchObject({ needsInput: { message: 'x: It broke. Mend it.' } });
  });

  it('offers finish only where a block is accepted', () => {
    const asks = { code: 'check', message: 'Look.', commands: ['resume', 'finish', 'cancel'] } as const;
    const steps = [step('a', { asks: () => undefined }), step('b', { asks: () => asks })];
    const commandsOf = (fixed: boolean | undefined) => {
      const accepted = { round: 1, take: 1, token: 't', covers: { fromMs: 0, toMs: 8_000 } };
      const blocks = base.blocks.map((block) =>
        fixed === undefined ? block : { ...block, accepted: { ...accepted, fixed } },
      );
      return settled(film({ blocks, steps: ['a', 'b'] }), steps).needsInput?.commands;
    };
    expect(commandsOf(true)).toEqual(['resume', 'finish', 'cancel']);
    expect(commandsOf(false)).toEqual(['resume', 'cancel']);
    expect(commandsOf(undefined)).toEqual(['resume', 'cancel']);
    expect(settled(film({ blocks: [], steps: ['a', 'b'] }), steps).needsInput?.commands).toEqual(['resume', 'cancel']);
  });

  it('runs again when nothing is asked any more', () => {
    expect(settled(film({ status: 'needs-input' }), open).status).toBe('running');
  });

  it('loses its question when it is answered', () => {
    const resting = settled(film({ paused: true }), open);
    expect(settled({ ...resting, paused: false }, open)).not.toHaveProperty('needsInput');
  });
});

describe('advanceState', () => {
  it('is as of now, and numbers what happened', () => {
    const next = settled(film(), [step('a')], [{ type: 'task-done', id: 'a', input: 'i', at: NOW }]);
    expect(next.updatedAt).toBe(NOW + 1);
    expect(next.events.slice(-1)).toEqual([{ number: 2, at: NOW + 1, type: 'task-done', detail: 'a' }]);
    expect(next.eventCount).toBe(2);
  });

  it('keeps the last hundred events, and counts them all', () => {
    let state = film();
    for (let n = 0; n < 150; n += 1)
      state = settled(state, [step('a')], [{ type: 'task-done', id: `t${n}`, input: 'i', at: NOW }]);
    expect(state.events).toHaveLength(EVENTS_KEPT);
    expect(state.events.at(-1)).toMatchObject({ number: 151, detail: 't149' });
    expect(state.eventCount).toBe(151);
  });

  it('drops facts found under a lease that was lost', () => {
    const facts: Fact[] = [{ type: 'task-done', id: 'a', input: 'i', at: NOW }];
    const held = film({ tasks: { a: record({ lease: lease(NOW + 5) }) } });
    const under = (token: string) =>
      advanceState(held, facts, { steps: [step('a')], now: NOW, fence: { id: 'a', input: 'i', token } }).tasks.a?.done;
    expect(under('t')).toBeDefined();
    expect(under('stolen')).toBeUndefined();
  });
});
