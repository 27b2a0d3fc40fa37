/** Money: what a film costs, and how it counts in the budgets that films share. */
import { describe, expect, it } from 'vitest';
import { fakeVideo } from '../../src/adapters/memory/index.ts';
import { foreignTake } from '../../src/core/foreign.ts';
import {
  checkLimits,
  costOf,
  counterChanges,
  endOfBreaker,
  endOfUtcDay,
  isBreaker,
  type Limits,
  takePrice,
  toMicro,
  toUsd,
  utcDay,
} from '../../src/core/ledger.ts';
import { newFilm } from '../../src/core/new-film.ts';
import { blockOf, type FilmState, type PaidCall, type Take, type TakeOutcome } from '../../src/core/state.ts';

const NOON = Date.UTC(2026, 0, 1, 12);
const DAY = '2026-01-01';
const DEFAULTS: Limits = { maxAttempts: 4, maxSeconds: 180, failuresPerTenMinutes: 20 };
const { model } = fakeVideo();
const SPENT = `spend/day/${DAY}`;
const OWNERS = `spend/owner/ann/${DAY}`;
const UNDER_WAY = 'launches-under-way';
const breakerAt = (at: number) => `failures/${model.id}/${at / 600_000}`;
const BREAKER = breakerAt(NOON);

const base: FilmState = newFilm(
  { theme: 'Bees', durationSeconds: 15, owner: 'ann' },
  { videoId: 'ledger-film', model, limits: DEFAULTS, steps: [], checks: false, now: NOON },
);
const take = (changes: Partial<Take> = {}): Take => {
  const { operation: _, ...any } = foreignTake(base, blockOf(base, 1), undefined, NOON);
  return { ...any, holder: 'us', token: 't', microUsd: 10, day: DAY, ...changes };
};
const theirs = (changes: Partial<Take> = {}): Take => take({ holder: 'foreign', token: 'f', ...changes });
const call = (changes: Partial<PaidCall> = {}): PaidCall => ({
  id: 'c',
  what: 'llm',
  microUsd: 3,
  day: DAY,
  charge: 'charged',
  ...changes,
});
const film = (
  takes: readonly Take[],
  calls: readonly PaidCall[] = [],
  changes: Partial<FilmState> = {},
): FilmState => ({
  ...base,
  blocks: [{ ...blockOf(base, 1), takes }, blockOf(base, 2)],
  calls,
  ...changes,
});
const ended = (kind: TakeOutcome['kind'], at = NOON): Partial<Take> => ({ outcome: { kind, at } });
const launching = [
  { key: BREAKER, add: 0, limit: 19 },
  { key: 'kill-switch', add: 0, limit: 0 },
];

describe('limits', () => {
  it('have defaults, also where an option is undefined', () => {
    expect(checkLimits()).toEqual(DEFAULTS);
    expect(checkLimits({ perDayUsd: 0.5, maxAttempts: undefined } as never)).toEqual({ ...DEFAULTS, perDayUsd: 0.5 });
  });

  it.each([
    [{ maxUsd: 0 }],
    [{ perDayUsd: -1 }],
    [{ ownerPerDayUsd: Number.NaN }],
    [{ maxSeconds: Number.POSITIVE_INFINITY }],
    [{ maxAttempts: 1.5 }],
    [{ launchesUnderWay: 0.5 }],
    [{ failuresPerTenMinutes: 2.5 }],
  ])('that would limit nothing or everything are refused by name: %o', (limits) => {
    const [name] = Object.keys(limits);
    expect(() => checkLimits(limits)).toThrow(
      expect.objectContaining({ code: 'invalid-limit', cure: expect.stringContaining('above 0') }),
    );
    expect(() => checkLimits(limits)).toThrow(`limits.${name} cannot be`);
  });
});

describe('figures', () => {
  it('are whole micro-dollars', () => {
    expect([toMicro(0.1), toMicro(1.2345678), toUsd(1_500_000)]).toEqual([100_000, 1_234_568, 1.5]);
    const priced = { ...model, pricePerSecond: { '720p': 99_999.9 } };
    expect([takePrice(priced, '720p', 7), takePrice(priced, '1080p', 7)]).toEqual([699_999, 0]);
  });

  it('go by UTC days and by windows of ten minutes', () => {
    expect([utcDay(NOON), utcDay(NOON + 43_199_999), utcDay(NOON + 43_200_000)]).toEqual([DAY, DAY, '2026-01-02']);
    expect([endOfUtcDay(NOON), endOfUtcDay(NOON + 43_200_000)]).toEqual([NOON + 43_200_000, NOON + 129_600_000]);
    expect([endOfBreaker(NOON), endOfBreaker(NOON + 599_999)]).toEqual([NOON + 600_000, NOON + 600_000]);
    expect([isBreaker(BREAKER), isBreaker(SPENT)]).toEqual([true, false]);
  });

  it('of a film sum takes and calls by what is known of them', () => {
    const charges = (['reserved', 'charged', 'unknown', 'not-charged'] as const).map((charge, index) =>
      take({ charge, microUsd: 10 ** index }),
    );
    expect(costOf(film(charges, [call({ charge: 'charged', microUsd: 5 })]))).toEqual({
      reserved: 1,
      charged: 15,
      unknown: 100,
      committed: 116,
    });
  });
});

describe('the shared counters', () => {
  const all: Limits = { ...DEFAULTS, perDayUsd: 1, ownerPerDayUsd: 2, launchesUnderWay: 3 };
  const spends = (add: number, limits: boolean) => [
    { key: SPENT, add, ...(limits ? { limit: 1_000_000 } : {}) },
    { key: OWNERS, add, ...(limits ? { limit: 2_000_000 } : {}) },
  ];
  const underWay = (add: number, limit?: number) => ({ key: UNDER_WAY, add, ...(limit ? { limit } : {}) });
  const late = take({ late: true });
  const held = film([take()]);
  const single = (...takes: Take[]): FilmState => ({ ...base, blocks: [{ ...blockOf(base, 1), takes }] });
  const refunded = theirs({ microUsd: 20, ...ended('released'), charge: 'not-charged' });
  const cases: readonly [string, FilmState | undefined, FilmState, readonly object[]][] = [
    ['stay where takes and calls do', film([take()]), film([take()]), []],
    ['stay where the film does', held, { ...held, paused: true }, []],
    ['hold nothing of a new film', undefined, base, []],
    ['see a call beside takes that stay', held, { ...held, calls: [call()] }, spends(3, true)],
    [
      'limit nothing where theirs grow beside ours',
      single(take()),
      single(take(), theirs()),
      [...spends(10, false), underWay(1)],
    ],
    [
      'limit nothing that shrinks in all',
      single(theirs({ microUsd: 20 })),
      single(refunded, take()),
      [...spends(-10, false), ...launching],
    ],
    [
      'reserve a new take under every limit, with the switch off and the breaker closed',
      film([]),
      film([take()]),
      [...spends(10, true), underWay(1, 3), ...launching],
    ],
    ['hold a film that comes whole', undefined, film([take()]), [...spends(10, true), underWay(1, 3), ...launching]],
    ['reserve a call under the limits of money alone', film([]), film([], [call()]), spends(3, true)],
    [
      'give back what was proved not to be charged',
      film([take()]),
      film([take({ ...ended('released'), charge: 'not-charged' })]),
      [...spends(-10, false), underWay(-1)],
    ],
    [
      'keep what nobody knows',
      film([take()]),
      film([take({ ...ended('released'), charge: 'unknown' })]),
      [underWay(-1)],
    ],
    ['take what turned out dearer', film([take()]), film([take({ microUsd: 12 })]), spends(2, true)],
    [
      'count a failure',
      film([take()]),
      film([take({ ...ended('failed'), charge: 'charged' })]),
      [{ key: BREAKER, add: 1 }, underWay(-1)],
    ],
    [
      'count a loss',
      film([take()]),
      film([take({ ...ended('lost', NOON + 600_000), charge: 'unknown' })]),
      [{ key: breakerAt(NOON + 600_000), add: 1 }, underWay(-1)],
    ],
    ['count no refusal', film([take()]), film([take({ ...ended('refused'), charge: 'charged' })]), [underWay(-1)]],
    ['let a late take go from those under way', film([take()]), film([late]), [underWay(-1)]],
    [
      'count a failure together with the next take',
      film([take()]),
      film([take({ ...ended('failed'), charge: 'charged' }), take()]),
      [...spends(10, true), { ...launching[0], add: 1 }, launching[1] as object],
    ],
    [
      'go by the day of each entry',
      film([]),
      film([], [call({ day: '2026-01-02' })]),
      [
        { key: 'spend/day/2026-01-02', add: 3, limit: 1_000_000 },
        { key: 'spend/owner/ann/2026-01-02', add: 3, limit: 2_000_000 },
      ],
    ],
    ['count another program’s take under no limit', film([]), film([theirs()]), [...spends(10, false), underWay(1)]],
    [
      'limit ours beside another program’s',
      film([theirs()]),
      film([theirs(), take()]),
      [...spends(10, true), underWay(1, 3), ...launching],
    ],
    [
      'limit nothing where only theirs grow',
      film([take()]),
      film([take(), theirs()]),
      [...spends(10, false), underWay(1)],
    ],
  ];
  it.each(cases)('%s', (_, before, after, expected) => {
    const changes = counterChanges(before, after, all);
    expect(new Set(changes)).toEqual(new Set(expected));
    expect(changes).toHaveLength(expected.length);
  });

  it('have no limit where none is set, but for the switch and the breaker', () => {
    const changes = counterChanges(film([]), film([take()]), DEFAULTS);
    expect(changes.filter(({ limit }) => limit !== undefined)).toEqual(launching);
  });

  it('of a film without an owner are nobody’s', () => {
    const { owner: _, ...input } = base.input;
    const changes = counterChanges(film([], [], { input }), film([take()], [], { input }), all);
    expect(changes.map(({ key }) => key).filter((key) => key.startsWith('spend/'))).toEqual([SPENT]);
  });
});
