import { ReelstateError } from '../../core/errors.ts';
import type { Clock, Source } from '../../core/ports.ts';
import { faultyIterable, faultyStream, type Meddle } from './faulty-streams.ts';

/** What goes wrong with a call. Exactly one of `error`, `hang`, `crash` and `delayMs` says how. */
export interface FaultRule {
  /** Thrown in the place of the answer. */
  readonly error?: Error | (() => Error);
  /** Nothing ever comes back, until the call's own signal aborts it. */
  readonly hang?: boolean;
  /** The process dies here: this and every later call on all ports of these faults throws `Crash`. */
  readonly crash?: boolean;
  /** The call takes so much longer, on `clock`. */
  readonly delayMs?: number;
  /** Whose time `delayMs` takes. */
  readonly clock?: Pick<Clock, 'sleep'>;
  /**
   * `before`: the call never reaches the port. `after`: it has its effect and only the answer is lost. For streams `after` means at
   * their end, once all bytes were read.
   * @default 'before'
   */
  readonly moment?: 'before' | 'after';
  /** How often it happens. @default Infinity */
  readonly times?: number;
  /** How many calls go well first. @default 0 */
  readonly after?: number;
  /** Only calls with such arguments count. */
  readonly when?: (...args: never[]) => boolean;
}

/** The process is dead: nothing that it was about to do happens. Not a ReelstateError, because no code may handle it. */
export class Crash extends Error {
  /** Always `Crash`. */
  override readonly name = 'Crash';
}

/** A list of what goes wrong, for one port or several. */
export interface Faults {
  /**
   * Adds a rule for a method: `put`, `counters.change`, `source.open`, `watch`; `*` is every method. The first rule that applies to
   * a call wins.
   */
  on(method: string, rule: FaultRule): Faults;
  /** Every call that was made, in order, by its method. */
  readonly calls: readonly string[];
  /** How many faults have happened: 0 at the end of a test means that it tested nothing. */
  readonly happened: number;
  /** Whether a rule with `crash` has happened. */
  readonly crashed: boolean;
}

interface Planned {
  readonly method: string;
  readonly rule: FaultRule;
  seen: number;
}

interface Plan {
  readonly rules: Planned[];
  readonly calls: string[];
  happened: number;
  crashed: boolean;
}

const plans = new WeakMap<Faults, Plan>();

/** `faults().on('put', { error, times: 2, after: 1 })`: the second and third put fail. */
export function faults(): Faults {
  const plan: Plan = { rules: [], calls: [], happened: 0, crashed: false };
  const made: Faults = {
    on: (method, rule) => {
      plan.rules.push({ method, rule, seen: 0 });
      return made;
    },
    get calls() {
      return plan.calls;
    },
    get happened() {
      return plan.happened;
    },
    get crashed() {
      return plan.crashed;
    },
  };
  plans.set(made, plan);
  return made;
}

/**
 * The same port with these faults. A Proxy, so that it has whatever the port has: nested objects (`counters`, `kv`), async iterables
 * (`watch`) and the streams of sources as well.
 */
export function withFaults<Port extends object>(port: Port, made: Faults): Port {
  const plan = plans.get(made);
  if (plan === undefined) throw new TypeError('Pass what faults() gave.');
  return around(port, '', plan);
}

function around<T extends object>(target: T, path: string, plan: Plan): T {
  const wrap = (key: PropertyKey): unknown => {
    const value: unknown = Reflect.get(target, key);
    if (typeof key === 'symbol') return value;
    const name = path === '' ? String(key) : `${path}.${String(key)}`;
    if (typeof value === 'function') {
      return (...args: unknown[]) => call(plan, name, args, () => Reflect.apply(value, target, args));
    }
    return isPlain(value) ? around(value, name, plan) : value;
  };
  // A proxy of the port itself may not answer with anything else where the port is frozen.
  return new Proxy({} as T, {
    get: (_shadow, key) => wrap(key),
    has: (_shadow, key) => Reflect.has(target, key),
    ownKeys: () => Reflect.ownKeys(target),
    getOwnPropertyDescriptor: (_shadow, key) =>
      Reflect.has(target, key) ? { value: wrap(key), enumerable: true, configurable: true, writable: true } : undefined,
  });
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Methods that answer at once and have no effect: only their error can be at fault. */
const AT_ONCE: ReadonlySet<string> = new Set([
  'uri',
  'price',
  'source',
  'isDead',
  'now',
  'monotonic',
  'random',
  'uuid',
]);

function call(plan: Plan, name: string, args: readonly unknown[], act: () => unknown): unknown {
  const meddle = meddling(plan, name, args);
  if (meddle === undefined) return answered(plan, name, act());
  if (name === 'watch') return faultyIterable(act as () => AsyncIterable<unknown>, meddle);
  if (AT_ONCE.has(name)) throw meddle.error();
  if (meddle.moment === 'before') return meddle.happen().then(() => answered(plan, name, act()));
  return Promise.resolve(act()).then(async (value) => {
    await meddle.happen();
    return answered(plan, name, value);
  });
}

/** Sources that a call answers with are part of the port: what their streams do can be at fault too, as `{method}.open`. */
function answered(plan: Plan, name: string, value: unknown): unknown {
  if (value instanceof Promise) return value.then((inner) => answered(plan, name, inner));
  if (!isPlain(value) || !('open' in value) || typeof value.open !== 'function') return value;
  const source = value as Source;
  const opening = `${name}.open`;
  return {
    ...around(source, name, plan),
    open: (range?: Parameters<Source['open']>[0]) => {
      const meddle = meddling(plan, opening, [range]);
      return meddle === undefined ? source.open(range) : faultyStream(() => source.open(range), meddle);
    },
  };
}

/** The fault of this call, if it has one. */
function meddling(plan: Plan, name: string, args: readonly unknown[]): Meddle | undefined {
  const dead = () => new Crash(`The process is dead: ${name} was not called.`);
  if (plan.crashed) return { moment: 'before', error: dead, happen: async () => Promise.reject(dead()) };
  plan.calls.push(name);
  const rule = plan.rules.map((planned) => applies(planned, name, args)).find((found) => found !== undefined);
  if (rule === undefined) return undefined;
  plan.happened += 1;
  const error = () => {
    if (rule.crash) plan.crashed = true;
    return rule.crash ? new Crash(`The process died at ${name}.`) : errorOf(rule);
  };
  const happen = async () => {
    const signal = signalIn(args);
    if (rule.hang) await untilAborted(signal);
    else if (rule.delayMs === undefined) throw error();
    else await rule.clock?.sleep(rule.delayMs, signal);
  };
  return { moment: rule.moment ?? 'before', error, happen };
}

/** Counts the call for a rule that is about it; answers the rule where it is this call's turn. */
function applies(planned: Planned, name: string, args: readonly unknown[]): FaultRule | undefined {
  const { method, rule } = planned;
  if ((method !== '*' && method !== name) || rule.when?.(...(args as never[])) === false) return undefined;
  planned.seen += 1;
  const turn = planned.seen - (rule.after ?? 0);
  return turn >= 1 && turn <= (rule.times ?? Number.POSITIVE_INFINITY) ? rule : undefined;
}

const errorOf = ({ error }: FaultRule): Error =>
  (typeof error === 'function' ? error() : error) ??
  new ReelstateError('retryable', 'An injected fault.', { code: 'injected' });

const signalIn = (args: readonly unknown[]): AbortSignal | undefined =>
  args
    .map((arg) => (isPlain(arg) && 'signal' in arg ? arg.signal : arg))
    .find((arg): arg is AbortSignal => arg instanceof AbortSignal);

const untilAborted = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_resolve, reject) => {
    const abort = () => reject(new ReelstateError('cancelled', 'The call was aborted.', { code: 'aborted' }));
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
