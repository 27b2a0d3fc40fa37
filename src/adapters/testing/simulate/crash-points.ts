/** Every call of a scenario, and everything that can go wrong at it. */
import type { Call, Fault, FaultKind } from './faults.ts';
import type { SimulateOptions, Simulation } from './options.ts';
import { simulate } from './simulate.ts';

/** Calls that change nothing: a fault before one and after it is the same fault. */
const READS = /\.(head|list|text|read|load|get|look|open|probe|audio|frame|cut|claimDue|generate|transcribe)$/;
const READ_KINDS: readonly FaultKind[] = ['crash-before', 'error-before', 'hang-before'];
const WRITE_KINDS: readonly FaultKind[] = [
  'crash-before',
  'crash-after',
  'crash-late',
  'error-before',
  'error-after',
  'hang-before',
  'hang-after',
  'delay',
];

/** Calls that carry bytes: they can break off half way. */
const HALVES: Readonly<Record<string, readonly FaultKind[]>> = {
  'storage.read': ['torn', 'short'],
  'video.read': ['torn', 'short'],
  'storage.put': ['torn'],
};

/** What could go wrong at a call. */
export const kindsFor = ({ method }: Call): readonly FaultKind[] => [
  ...(READS.test(method) ? READ_KINDS : WRITE_KINDS),
  ...(HALVES[method] ?? []),
];

/** A look at an operation that is running is like the one before: of such calls only some are taken. */
const SAME_CALLS_KEPT = 6;

/** Every single fault that could meet a scenario. */
export interface CrashPoints {
  /** The run without faults. */
  readonly base: Simulation;
  /** One list of faults for each run. */
  readonly singles: readonly (readonly Fault[])[];
}

/** Records a scenario without faults and lists each single fault that could meet it. */
export async function crashPoints(options: Omit<SimulateOptions, 'faults'>): Promise<CrashPoints> {
  const base = await simulate(options);
  const seen = new Map<string, number>();
  const singles: Fault[][] = [];
  for (const call of base.calls) {
    if (call.process === 'judge') break;
    const key = `${call.process} ${call.method} ${call.target}`;
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    const isRepeated = call.method.startsWith('state.') ? times > 8 * SAME_CALLS_KEPT : times > SAME_CALLS_KEPT;
    if (isRepeated && times % 25 !== 0) continue;
    for (const kind of kindsFor(call)) singles.push([{ call: call.number, kind }]);
  }
  return { base, singles };
}

/** A second fault after the first one: at each call that the run with the first one made later. */
export async function secondFaults(
  options: Omit<SimulateOptions, 'faults'>,
  first: Fault,
  kinds: (call: Call) => readonly FaultKind[] = kindsFor,
): Promise<readonly (readonly Fault[])[]> {
  const run = await simulate({ ...options, faults: [first] });
  return run.calls
    .filter((call) => call.number > first.call && call.process !== 'judge')
    .flatMap((call) => kinds(call).map((kind) => [first, { call: call.number, kind }]));
}

/** The shortest list of faults that still fails: one after the other is left out. */
export async function shorten(
  options: Omit<SimulateOptions, 'faults'>,
  faults: readonly Fault[],
): Promise<readonly Fault[]> {
  let kept = [...faults];
  for (const fault of faults) {
    const without = kept.filter((other) => other !== fault);
    const run = await simulate({ ...options, faults: without });
    if (run.violations.length > 0) kept = without;
  }
  return kept;
}

/** What a person needs to see of a run that broke a promise: the calls around its faults. */
export function explain(run: Simulation, around = 3): string {
  const faulty = run.calls.filter((call) => call.fault).map((call) => call.number);
  const shown = run.calls.filter(({ number }) => faulty.some((fault) => Math.abs(number - fault) <= around));
  const lines = shown.map(
    ({ number, process, method, target, at, fault }) =>
      `  ${String(number).padStart(5)} ${(at / 1000).toFixed(1).padStart(8)} s ${process.padEnd(10)} ${method} ${target}${fault ? `  <== ${fault.kind} ${Math.round(fault.ms)} ms` : ''}`,
  );
  const broken = run.violations.map(
    ({ invariant, message, at }) => `  ${invariant} at ${(at / 1000).toFixed(1)} s: ${message}`,
  );
  return [`${run.scenario}, seed ${run.seed}: ${run.ends.join(', ')}, ${run.paid} paid`, ...broken, ...lines].join(
    '\n',
  );
}
