/** What can go wrong with one call, and who decides when it does. */

/**
 * `crash-before`: the process dies and the call never leaves; `crash-after`: it has its effect, then the process dies; `crash-late`:
 * the process dies, and its request arrives all the same, some time later. `error-…`: the
 * call fails and the process lives; after: the effect is there and only the answer is lost. `hang-…`: the same, but only the call's
 * own deadline says so. `delay`: the call takes longer on its way. `slow`: its answer does. `freeze-…`: the whole process stands
 * still; `suspend-…`: the machine, and its monotonic clock with it: while it prepares the request, between its last look at the clock and
 * the sending (`-sending`), or with the answer on its way. `outage`: `error-before`, because the port is away. `clock-…`:
 * the process's wall clock is corrected just before the call. `torn`: the connection breaks half way through the bytes: of what is
 * written nothing becomes visible, of what is read one half arrives. `short`: a read that ends after one half as if that were all.
 */
export type FaultKind =
  | 'crash-before'
  | 'crash-after'
  | 'crash-late'
  | 'error-before'
  | 'error-after'
  | 'hang-before'
  | 'hang-after'
  | 'delay'
  | 'slow'
  | 'freeze-before'
  | 'freeze-sending'
  | 'freeze-after'
  | 'suspend-before'
  | 'suspend-sending'
  | 'suspend-after'
  | 'outage'
  | 'torn'
  | 'short'
  | 'clock-back'
  | 'clock-forward';

export const CRASH_KINDS: readonly FaultKind[] = ['crash-before', 'crash-after', 'crash-late'];
export const CALL_KINDS: readonly FaultKind[] = [
  ...CRASH_KINDS,
  'error-before',
  'error-after',
  'hang-before',
  'hang-after',
  'delay',
  'torn',
  'short',
];

/** One fault at one call; calls count from 1 in the order in which they are made. */
export interface Fault {
  /** Number of the call that it meets. */
  readonly call: number;
  /** What goes wrong there. */
  readonly kind: FaultKind;
  /** How long a delay, freeze or suspend lasts. @default 45_000 */
  readonly ms?: number;
}

/** Faults by chance. */
export interface FaultRates {
  /** Share of calls that crash, fail, hang or are delayed. @default 0.02 */
  readonly rate?: number;
  /** @default every kind but freezes and suspends */
  readonly kinds?: readonly FaultKind[];
  /** Share of calls at which the process stands still. @default 0 */
  readonly freezeRate?: number;
  /** The longest that a process stands still, ms. @default 25 minutes */
  readonly longestFreezeMs?: number;
  /** How many times a port is away, each for between one minute and `longestOutageMs`. @default 0 */
  readonly outages?: number;
  /** @default one hour */
  readonly longestOutageMs?: number;
  /** After so much virtual time nothing goes wrong any more. @default 2 hours */
  readonly untilMs?: number;
}

/** A call as it was made. */
export interface Call {
  /** 1-based, over all processes. */
  readonly number: number;
  /** Name of the process that made it. */
  readonly process: string;
  /** `storage.put`, `state.save`, `video.launch` … */
  readonly method: string;
  /** What it was about: an object's name, a film's id, an operation. */
  readonly target: string;
  /** Virtual ms since the beginning. */
  readonly at: number;
  /** What met it. */
  fault?: { readonly kind: FaultKind; readonly ms: number };
}

export type FaultSource = (call: Call) => { readonly kind: FaultKind; readonly ms: number } | undefined;

export const DEFAULT_FAULT_MS = 45_000;
export const LONGEST_FREEZE_MS = 1_500_000;

/** Exactly these. */
export function listedFaults(faults: readonly Fault[]): FaultSource {
  const byCall = new Map(faults.map((fault) => [fault.call, fault]));
  return ({ number }) => {
    const fault = byCall.get(number);
    return fault && { kind: fault.kind, ms: fault.ms ?? DEFAULT_FAULT_MS };
  };
}

const FREEZES: readonly FaultKind[] = [
  'freeze-before',
  'freeze-sending',
  'freeze-after',
  'suspend-before',
  'suspend-sending',
  'suspend-after',
];

const PORTS = ['storage', 'state', 'video', 'llm', 'transcription', 'media'] as const;

interface Outage {
  readonly port: string;
  readonly fromMs: number;
  readonly toMs: number;
}

function plannedOutages(rates: FaultRates, untilMs: number, random: () => number): readonly Outage[] {
  const longest = rates.longestOutageMs ?? 3_600_000;
  return Array.from({ length: rates.outages ?? 0 }, () => {
    const fromMs = random() * Math.min(untilMs, 600_000);
    const port = PORTS[Math.floor(random() * PORTS.length)] ?? 'state';
    return { port, fromMs, toMs: Math.min(untilMs, fromMs + 60_000 + random() * (longest - 60_000)) };
  });
}

/** Faults by chance, the same ones for the same numbers. */
export function randomFaults(rates: FaultRates, random: () => number): FaultSource {
  const {
    rate = 0.02,
    kinds = CALL_KINDS,
    freezeRate = 0,
    longestFreezeMs = LONGEST_FREEZE_MS,
    untilMs = 7_200_000,
  } = rates;
  const outages = plannedOutages(rates, untilMs, random);
  return ({ at, method }) => {
    if (at > untilMs) return undefined;
    const [chance, which, length] = [random(), random(), random()];
    if (outages.some((outage) => method.startsWith(`${outage.port}.`) && at >= outage.fromMs && at < outage.toMs)) {
      return { kind: 'outage', ms: 0 };
    }
    if (chance < freezeRate) {
      return {
        kind: FREEZES[Math.floor(which * FREEZES.length)] ?? 'freeze-before',
        ms: 1000 + length * longestFreezeMs,
      };
    }
    if (chance >= freezeRate + rate) return undefined;
    return { kind: kinds[Math.floor(which * kinds.length)] ?? 'error-before', ms: 500 + length * DEFAULT_FAULT_MS };
  };
}
