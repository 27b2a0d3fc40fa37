/** Every call on a port is a moment at which the world may turn to somebody else, and at which something may go wrong. */
import { ReelstateError } from '../../../core/errors.ts';
import type { Call, FaultKind, FaultSource } from './faults.ts';
import type { Process, World } from './world.ts';

/** Stands in every injected error's cause and in every URL of the vendor: it must never be written down anywhere. */
export const CANARY = 'canary-Zx81q-secret';

export interface CallOptions {
  readonly method: string;
  readonly target: string;
  /** How long it usually takes. */
  readonly latencyMs: readonly [least: number, most: number];
  /** When the port's own time limit ends it. */
  readonly deadlineMs: number;
  /** How long after the call its request may still leave: what the port itself checks last of all. */
  readonly sendWithinMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** What happens in the place of the effect where the connection breaks half way, or the bytes end there. Without it: `error-before`. */
  readonly halves?: Partial<Record<'torn' | 'short', () => Promise<unknown>>>;
}

export interface Calls {
  /** All calls of all processes, in order. */
  readonly made: readonly Call[];
  /** Makes a call for a process. */
  make<T>(process: Process, options: CallOptions, effect: () => Promise<T> | T): Promise<T>;
  /** What happens to a process that died at a call. */
  onCrash(process: Process): void;
}

const lost = (options: CallOptions, kind: FaultKind): ReelstateError =>
  new ReelstateError('retryable', kind.startsWith('hang') ? 'No answer in time.' : 'The connection broke.', {
    code: kind.startsWith('hang') ? 'timeout' : 'connection-broken',
    cause: `${options.method} ${CANARY}`,
  });

const unsent = (): ReelstateError =>
  new ReelstateError('retryable', 'It is too late to send the request.', { code: 'timeout', effect: 'none' });

/** A process that stands still: while it prepares its request, or when nothing can stop that any more. */
const stills = (kind: FaultKind): boolean => /^(freeze|suspend)-(before|sending)$/.test(kind);

export function createCalls(world: World, faultOf: FaultSource, crashed: (process: Process) => void): Calls {
  const made: Call[] = [];

  function make<T>(process: Process, options: CallOptions, effect: () => Promise<T> | T): Promise<T> {
    // A dead process waits for ever.
    if (!process.alive) return new Promise<T>(() => undefined);
    const { method, target, latencyMs, signal } = options;
    const call: Call = { number: made.length + 1, process: process.name, method, target, at: world.elapsed };
    made.push(call);
    const fault = faultOf(call);
    if (fault) {
      call.fault = fault;
      // Standing still counts from when it begins.
      if (!/^(freeze|suspend)-/.test(fault.kind)) {
        process.holdUp(fault.kind.startsWith('hang') ? options.deadlineMs : fault.ms);
      }
      if (fault.kind === 'delay' || fault.kind === 'slow' || fault.kind === 'crash-late') world.expect(fault.ms);
      if (fault.kind.startsWith('hang')) world.expect(options.deadlineMs);
    }
    const [least, most] = latencyMs;
    const latency = least + world.random() * (most - least);
    return new Promise<T>((resolve, reject) => {
      const die = (): void => {
        process.die();
        crashed(process);
      };
      const act = (then: (answer: () => void) => void, happens: () => Promise<T> | T = effect): void => {
        const failed = (error: unknown) => then(() => reject(error));
        try {
          Promise.resolve(happens()).then((value) => then(() => resolve(value)), failed);
        } catch (error) {
          failed(error);
        }
      };
      const answered = (answer: () => void): void => process.deliver(answer);
      const broken = (kind: FaultKind) => process.deliver(() => reject(lost(options, kind)));
      const hang = (kind: FaultKind) => {
        const cancel = world.after(options.deadlineMs, () => broken(kind));
        const abort = () => {
          cancel();
          reject(new ReelstateError('cancelled', 'The call was aborted.', { code: 'aborted' }));
        };
        signal?.addEventListener('abort', abort, { once: true });
      };
      const send = (extraMs = 0): void => {
        const stoodMs = process.awakeAt() - world.elapsed;
        const isLate = stoodMs > (options.sendWithinMs ?? Number.POSITIVE_INFINITY);
        world.after(stoodMs + latency + extraMs, () => {
          if (!process.alive) return;
          if (isLate && !fault?.kind.endsWith('-sending')) return process.deliver(() => reject(unsent()));
          switch (fault?.kind) {
            case 'crash-before':
              return die();
            case 'crash-after':
              return act(die);
            case 'crash-late':
              world.after(fault.ms, () => act(() => undefined));
              return die();
            case 'error-before':
            case 'outage':
              return broken('error-before');
            case 'error-after':
              return act(() => broken('error-after'));
            case 'hang-before':
              return hang('hang-before');
            case 'hang-after':
              return act(() => hang('hang-after'));
            case 'torn':
            case 'short': {
              const half = options.halves?.[fault.kind] as (() => Promise<T>) | undefined;
              return half ? act(answered, half) : broken('error-before');
            }
            case 'slow':
              return act((answer) => void world.after(fault.ms, () => answered(answer)));
            case 'freeze-after':
            case 'suspend-after':
              return act((answer) => {
                process.freeze(fault.ms, fault.kind === 'suspend-after');
                answered(answer);
              });
            default:
              return act(answered);
          }
        });
      };
      if (fault?.kind === 'clock-back') process.skew(-fault.ms);
      if (fault?.kind === 'clock-forward') process.skew(fault.ms);
      if (fault && stills(fault.kind)) process.freeze(fault.ms, fault.kind.startsWith('suspend'));
      send(fault?.kind === 'delay' ? fault.ms : 0);
    });
  }

  return { made, make, onCrash: crashed };
}
