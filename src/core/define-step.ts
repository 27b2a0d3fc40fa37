/** A host's own step: one task, done once per input, its result kept with the film. */
import type { Context } from './context.ts';
import { badInput } from './errors.ts';
import type { Json } from './json.ts';
import type { Step } from './machine.ts';
import type { Ports, Role } from './ports.ts';
import type { FilmState } from './state.ts';
import { stepOutput } from './step-output.ts';
import { type CutOutput, cutOutput } from './steps/cut.ts';

/** What a step of one's own is performed with. */
export interface StepContext {
  /** The film's state when the step was claimed. */
  readonly film: FilmState;
  /** The final cut, where this step comes after it. */
  readonly cut: CutOutput | undefined;
  /** The pipeline's own ports. */
  readonly ports: Ports;
  /** Aborted when this worker leaves or loses its lease. */
  readonly signal: AbortSignal;
  /** What the step before returned. */
  output(step: string): Json | undefined;
}

/** A step of one's own, as `defineStep` takes it. */
export interface OwnStep {
  /** kebab-case; part of every film that begins while the step is in the list. */
  readonly name: string;
  /** Steps that must be done first. @default ['cut'] */
  readonly after?: readonly string[];
  /** Which kind of host performs it. @default 'assembler' */
  readonly role?: Role;
  /** What the result depends on: when this changes (a re-roll, a new cut) the step is performed again. @default the final cut's revision */
  readonly input?: (film: FilmState) => string;
  /** Called at least once; after a crash once more. What it returns is kept with the film: JSON, a few hundred bytes. */
  readonly perform: (context: StepContext) => Promise<Json | undefined>;
}

/** Makes a step that goes into `createPipeline({ steps: [...defaultSteps(), defineStep({ … })] })`. */
export function defineStep({ name, after = ['cut'], role = 'assembler', input, perform }: OwnStep): Step {
  if (!/^[a-z][a-z0-9-]{1,40}$/.test(name)) {
    throw badInput('invalid-step', `'${name}' is no step name.`, 'Use 2 to 41 lower-case letters, digits and -.');
  }
  const id = `step:${name}`;
  const inputOf = (film: FilmState): string => input?.(film) ?? cutOutput(film)?.revision ?? 'once';
  /** A host's code that throws must not keep its films from being read. */
  const safeInput = (film: FilmState): string | undefined => {
    try {
      return inputOf(film);
    } catch {
      return undefined;
    }
  };
  const run = async (film: FilmState, context: Context) => {
    const output = await perform({
      film,
      cut: cutOutput(film),
      ports: context.ports,
      signal: context.signal,
      output: (step) => stepOutput(film, step),
    });
    const done = { type: 'task-done', id, input: inputOf(film), at: context.now() } as const;
    return [output === undefined ? done : { ...done, output }];
  };
  return {
    name,
    after,
    isDone: (film) => film.tasks[id]?.done !== undefined && film.tasks[id]?.input === safeInput(film),
    tasks: (film) => {
      const wanted = safeInput(film);
      return wanted === undefined ? [] : [{ id, role, input: wanted, kind: 'work', light: false, perform: run }];
    },
    fails: (film) =>
      safeInput(film) === undefined
        ? {
            kind: 'permanent',
            code: 'step-failed',
            message: `input() of step '${name}' throws.`,
            cure: 'Mend that function; resume goes on.',
          }
        : undefined,
  };
}
