/**
 * What a host knows of the store's time. It is an interval: clocks are corrected, machines are suspended and answers are slow between a
 * read and the use of its time.
 */
import type { Clock } from './ports.ts';

/** Where a moment is measured twice: a suspended machine stops the one clock, a corrected one moves the other. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

export interface StoreTime {
  /** The store's clock when it answered, else the host's, epoch ms. */
  readonly at: number;
  readonly asked: Moment;
  readonly answered: Moment;
}

export const momentOf = (clock: Clock): Moment => ({ wall: clock.now(), monotonic: clock.monotonic() });

/** Not later than the store's time: what has expired by it has expired. */
export const storeTimeAtLeast = ({ at, answered }: StoreTime, clock: Clock): number =>
  at + Math.max(0, Math.min(clock.now() - answered.wall, clock.monotonic() - answered.monotonic));

/** Not earlier than the store's time: others wait from here on. */
export const storeTimeAtMost = ({ at, asked }: StoreTime, clock: Clock): number =>
  at + Math.max(0, clock.now() - asked.wall, clock.monotonic() - asked.monotonic);
