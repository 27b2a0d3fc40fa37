/** What a failed task means for the film, and how long a full budget is waited for. */
import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/adapters/memory/index.ts';
import type { Context } from '../../src/core/context.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Fact } from '../../src/core/facts.ts';
import { failureFacts, fullCounterFacts } from '../../src/core/failure.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { FilmState, PaidCall, TaskRecord } from '../../src/core/state.ts';
import { setting, task } from '../support/toy-film.ts';

const NOW = Date.UTC(2026, 0, 1, 12, 3);
const HOUR = 3_600_000;
const error = (kind: ReelstateError['kind'], code = 'busy', effect: 'none' | 'unknown' = 'unknown') =>
  new ReelstateError(kind, 'No.', { code, effect, ...(kind === 'throttled' ? { retryAfterMs: 5_000 } : {}) });
const again = (dueAt: unknown, code = 'busy') => ({
  type: 'task-due',
  id: 'a',
  input: 'i',
  dueAt,
  failedAt: NOW,
  waitingFor: code,
});
const record = (changes: Partial<TaskRecord> = {}): Partial<FilmState> => ({
  tasks: { a: { input: 'i', failures: 0, ...changes } },
});

async function failing(
  given: ReelstateError,
  changes: Partial<FilmState> = {},
  toy: Partial<Parameters<typeof task>[2]> = {},
  aborted = false,
) {
  const made = await setting([]);
  const { film } = await engineOf(made.films).films.load(made.videoId);
  const context = {
    ...engineOf(made.films),
    signal: aborted ? AbortSignal.abort() : new AbortController().signal,
    now: () => NOW,
  } as unknown as Context;
  return failureFacts({ ...film, ...changes }, task('a', undefined, toy), given, context);
}

describe('a task that fails', () => {
  const any = expect.any(Number);
  const kept = (code: string, kind: string) => expect.objectContaining({ code, kind });
  const giveUpMs = 48 * HOUR;
  const cases: readonly [
    string,
    ReelstateError,
    Partial<FilmState>,
    Partial<ReturnType<typeof task>>,
    readonly unknown[],
  ][] = [
    ['is done again', error('retryable'), {}, {}, [again(any)]],
    [
      'and watches a take says no more where there is no more to say',
      error('permanent'),
      {},
      { kind: 'watch' },
      [again(any)],
    ],
    ['is done again when the vendor says', error('throttled'), {}, {}, [again(NOW + 5_000)]],
    [
      'fails the film where it never will',
      error('permanent'),
      {},
      {},
      [
        { type: 'task-released', id: 'a', input: 'i' },
        { type: 'film-failed', error: kept('busy', 'permanent') },
      ],
    ],
    [
      'is given up when it is refused',
      error('refused'),
      {},
      {},
      [{ type: 'task-gave-up', id: 'a', input: 'i', error: kept('busy', 'refused') }],
    ],
    [
      'is done again for long',
      error('retryable'),
      record({ failures: 99, failingSince: NOW - giveUpMs }),
      {},
      [again(any)],
    ],
    [
      'is given up in the end',
      error('retryable'),
      record({ failingSince: NOW - giveUpMs - 1 }),
      {},
      [{ type: 'task-gave-up', id: 'a', input: 'i', error: kept('busy', 'retryable') }],
    ],
    [
      'starts anew with another input',
      error('retryable'),
      record({ input: 'j', failingSince: NOW - giveUpMs - 1 }),
      {},
      [again(any)],
    ],
    [
      'in a way that nobody foresaw is done again',
      error('retryable', 'unexpected'),
      record({ failures: 3 }),
      {},
      [again(any, 'unexpected')],
    ],
    [
      'in a way that nobody foresaw is given up the fifth time',
      error('retryable', 'unexpected'),
      record({ failures: 4 }),
      {},
      [{ type: 'task-gave-up', id: 'a', input: 'i', error: kept('unexpected', 'retryable') }],
    ],
    [
      'and watches a take goes on, whatever it is',
      error('permanent'),
      {},
      { kind: 'watch', whenFailed: () => [{ type: 'take-late', block: 1, token: 't' }] },
      [again(any), { type: 'take-late', block: 1, token: 't' }],
    ],
  ];
  it.each(cases)('%s', async (_, given, changes, toy, expected) => {
    expect(await failing(given, changes, toy)).toEqual(expected);
  });

  it('waits longer with each failure in a row, and longer still where it is throttled', async () => {
    const waited = async (kind: 'retryable' | 'throttled', changes: Partial<FilmState> = {}) => {
      const [fact] = await failing(new ReelstateError(kind, 'No.', { code: 'busy' }), changes);
      return (fact as Extract<Fact, { type: 'task-due' }>).dueAt - NOW;
    };
    const [first, fifth] = [await waited('retryable'), await waited('retryable', record({ failures: 4 }))];
    const [throttled, again] = [await waited('throttled'), await waited('throttled', record({ failures: 4 }))];
    expect(first).toBeLessThanOrEqual(1_000);
    expect([fifth > 4 * first, throttled > 2 * first, again > 4 * throttled]).toEqual([true, true, true]);
  });

  it.each([
    [false, [{ type: 'task-released', id: 'a', input: 'i' }]],
    [true, []],
  ])('because its worker leaves says nothing but that (light: %s)', async (light, expected) => {
    expect(await failing(error('permanent'), {}, { light }, true)).toEqual(expected);
  });

  it.each([
    ['none', ['unknown', 'not-charged']],
    ['unknown', ['unknown', 'unknown']],
  ] as const)('settles its calls: with effect %s only the last one can be free', async (effect, charges) => {
    const calls = ['a#1', 'a#2'].map(
      (id): PaidCall => ({ id, what: 'llm', microUsd: 7, day: '2026-01-01', charge: 'reserved' }),
    );
    const facts = await failing(error('retryable', 'busy', effect), { calls });
    const settled = facts.filter(
      (fact): fact is Extract<Fact, { type: 'call-settled' }> => fact.type === 'call-settled',
    );
    expect(settled.map(({ charge, microUsd }) => [charge, microUsd])).toEqual(charges.map((charge) => [charge, 7]));
  });
});

describe('a full budget', () => {
  const full = (key?: string) =>
    new ReelstateError('throttled', 'Full.', { code: 'counter-full', details: key === undefined ? {} : { key } });
  const minute = 60_000;
  const endOfDay = Date.UTC(2026, 0, 2);
  const endOfWindow = Date.UTC(2026, 0, 1, 12, 10);

  async function waits(key: string | undefined, known: Partial<FilmState> = {}, random = 0.5) {
    const made = await setting([]);
    const { film } = await engineOf(made.films).films.load(made.videoId);
    return fullCounterFacts({ ...film, ...known }, task('a'), full(key), NOW, {
      ...manualClock(),
      random: () => random,
    });
  }

  it.each<[string, string | undefined, number, number]>([
    ['of a day until it is over', 'spend/day/2026-01-01', endOfDay, endOfDay + minute],
    ['of failures until its window is over', 'failures/veo/1', endOfWindow, endOfWindow + minute],
    ['of launches for less than a minute', 'launches-under-way', NOW + minute / 2, NOW + minute],
    ['of no name for less than a minute', undefined, NOW + minute / 2, NOW + minute],
  ])('%s is waited for', async (_, key, from, to) => {
    const [fact] = (await waits(key)) as Extract<Fact, { type: 'task-due' }>[];
    expect(fact).toMatchObject({ type: 'task-due', id: 'a', input: 'i', waitingFor: key ?? '' });
    const ends = await Promise.all([0, 1].map((random) => waits(key, {}, random)));
    expect(ends.flat()).toMatchObject([{ dueAt: from }, { dueAt: to }]);
    expect(fact).not.toHaveProperty('failedAt');
  });

  it.each<[string, Partial<TaskRecord>, number]>([
    ['is not told again', {}, 0],
    ['is told again when that time is over', { dueAt: NOW }, 1],
    ['is told where another one was waited for', { waitingFor: 'spend/day/2026-01-01' }, 1],
    ['is told where another input waited', { input: 'j' }, 1],
  ])('that is waited for already %s', async (_, changes, facts) => {
    const known = record({ waitingFor: 'launches-under-way', dueAt: NOW + 1, ...changes });
    expect(await waits('launches-under-way', known)).toHaveLength(facts);
  });
});
