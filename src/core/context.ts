import type { FilmStore } from './film-store.ts';
import type { Limits } from './ledger.ts';
import type { Step } from './machine.ts';
import type { Ports, Role } from './ports.ts';
import type { Moment } from './store-time.ts';

/** An event that names an object. It is only ever a reason to look sooner. */
export interface Hint {
  /** Object name in our storage. */
  readonly object: string;
  /** The object's generation, where the event names it. */
  readonly generation?: string;
}

export interface Settings {
  readonly limits: Limits;
  /** What follows a take whose fate nobody can tell. @default 'relaunch' where the vendor writes into our place, else 'ask' */
  readonly onUnknownTake?: 'ask' | 'relaunch';
  /** Functions of the flow that this host does; others are left to other hosts. */
  readonly owns: Readonly<Record<Role, boolean>>;
  /** How long a lease lasts; long tasks renew it, ms. @default 60000 */
  readonly leaseMs: number;
  /** Longest that one media job may take, ms. @default 600000 */
  readonly mediaTimeoutMs: number;
}

/** What a task is performed with. */
export interface Context {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly steps: readonly Step[];
  readonly films: FilmStore;
  /** This worker's name in leases and intents. */
  readonly holder: string;
  /** The worker leaves: nothing new is begun, what was posted is still written down. */
  readonly signal: AbortSignal;
  readonly hint?: Hint | undefined;
  /** Just before the claim of this task was sent to the store. */
  readonly claimedAt: Moment;
  /** The store's time where it has one, epoch ms; never ahead of it, so that nothing counts as expired too early. */
  now(): number;
  /** The same, never behind it: what others are to wait for counts from here. */
  latest(): number;
}
