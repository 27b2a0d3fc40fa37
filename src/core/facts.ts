/** What can be learnt about a film. `evolve` says what follows from it. */
import type { ErrorRecord } from './errors.ts';
import type { Json } from './json.ts';
import type {
  Charge,
  CommandRecord,
  Covers,
  Lease,
  PaidCall,
  Script,
  ScriptBlock,
  Take,
  TakeOutcome,
  TakeOutput,
} from './state.ts';

export interface OfTask {
  readonly id: string;
  readonly input: string;
}

export interface OfTake {
  readonly block: number;
  readonly token: string;
}

export type Fact =
  | { readonly type: 'command'; readonly record: CommandRecord }
  | ({ readonly type: 'task-leased'; readonly lease: Lease } & OfTask)
  | ({ readonly type: 'task-renewed'; readonly token: string; readonly until: number } & OfTask)
  | ({ readonly type: 'task-released' } & OfTask)
  | ({
      readonly type: 'task-due';
      readonly dueAt: number;
      /** Counts as one more failure, at this time. */
      readonly failedAt?: number;
      readonly waitingFor?: string;
    } & OfTask)
  | ({ readonly type: 'task-gave-up'; readonly error: ErrorRecord } & OfTask)
  | ({ readonly type: 'task-hinted'; readonly at: number } & OfTask)
  | ({ readonly type: 'task-done'; readonly at: number; readonly output?: Json } & OfTask)
  | { readonly type: 'film-failed'; readonly error: ErrorRecord }
  | { readonly type: 'disagreed'; readonly reason: string }
  | { readonly type: 'contended'; readonly reason: string }
  | { readonly type: 'script-written'; readonly script: Script; readonly revision: number }
  | {
      readonly type: 'softened';
      readonly block: number;
      readonly round: number;
      readonly count: number;
      readonly text: ScriptBlock;
    }
  | { readonly type: 'call-reserved'; readonly call: PaidCall }
  | { readonly type: 'call-settled'; readonly id: string; readonly charge: Charge; readonly microUsd: number }
  | { readonly type: 'take-intended'; readonly block: number; readonly take: Take }
  | ({ readonly type: 'take-launched'; readonly operation: string; readonly at: number } & OfTake)
  | ({ readonly type: 'take-unknown'; readonly at: number; readonly settlesAt: number } & OfTake)
  | ({ readonly type: 'take-late' } & OfTake)
  | ({ readonly type: 'take-ended'; readonly outcome: TakeOutcome; readonly charge: Charge } & OfTake)
  | ({
      readonly type: 'take-finished';
      readonly output: TakeOutput;
      readonly at: number;
      readonly microUsd?: number;
    } & OfTake)
  | ({ readonly type: 'accepted'; readonly round: number; readonly covers: Covers } & OfTake)
  | ({ readonly type: 'acceptance-fixed'; readonly round: number } & OfTake)
  | { readonly type: 'foreign-object'; readonly block: number; readonly name: string }
  | { readonly type: 'foreign-final'; readonly uri: string }
  | {
      readonly type: 'published';
      readonly name: string;
      readonly revision: string;
      readonly token: string;
      /** The name is a block's: it counts while that round is the one that shows the take. */
      readonly of?: { readonly block: number; readonly round: number };
    };

/** The lease under which facts were found. Where it is lost they are dropped, but for what is true whoever reports it. */
export interface Fence extends OfTask {
  readonly token: string;
}

/** True whoever reports it: what became of a take, what a call cost, that marks disagree. */
export const alwaysTrue = (fact: Fact): boolean =>
  fact.type.startsWith('take-') ||
  fact.type === 'call-settled' ||
  fact.type.startsWith('foreign-') ||
  fact.type === 'disagreed' ||
  fact.type === 'contended' ||
  fact.type === 'command';
