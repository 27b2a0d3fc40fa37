import assert from 'node:assert/strict';
import type { Clock } from '../../core/ports.ts';
import { type Awaitable, type ContractCase, casesOf } from './contract.ts';

/** A clock and how it is driven. */
export interface ClockSetting {
  /** The clock under test. */
  readonly clock: Clock;
  /** Moves a hand-driven clock on; left out where time goes by itself. */
  readonly advance?: (ms: number) => Awaitable<unknown>;
}

/** What every `Clock` promises. */
export function clockContract(make: () => Awaitable<ClockSetting>): ContractCase[] {
  return casesOf(make, () => {}, {
    'time goes on': async ({ clock, advance }) => {
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      const slept = clock.sleep(5);
      await advance?.(5);
      await slept;
      // A timer may fire a fraction of a millisecond early by another clock's count.
      assert.ok(clock.now() - now >= 4 && clock.monotonic() - monotonic >= 4);
      assert.ok(now > Date.UTC(2020, 0, 1));
    },
    'chance is in [0, 1), ids are unique UUIDs': async ({ clock }) => {
      const numbers = Array.from({ length: 200 }, () => clock.random());
      assert.ok(numbers.every((number) => number >= 0 && number < 1) && new Set(numbers).size > 150);
      const ids = Array.from({ length: 200 }, () => clock.uuid());
      assert.equal(new Set(ids).size, 200);
      for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    },
    'an aborted sleep rejects with the reason of its signal': async ({ clock }) => {
      const reason = new Error('enough');
      await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
      const controller = new AbortController();
      const sleeping = clock.sleep(60_000, controller.signal);
      controller.abort(reason);
      await assert.rejects(sleeping, reason);
    },
    'a sleep of nothing ends by itself': async ({ clock }) => {
      await clock.sleep(0);
    },
  });
}
