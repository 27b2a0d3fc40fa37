import type { Host } from './host.ts';
import type { Terminal } from './terminal.ts';

/** An option as `node:util` parses it and `help` shows it. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: boolean;
  readonly short?: string;
  /** What stands for the value in help, such as `SECONDS`. */
  readonly value?: string;
  readonly about: string;
}

export type Options = Readonly<Record<string, Option>>;

/** What was typed, strings still unread. */
export interface Arguments {
  readonly values: Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

/** What every verb is run with. */
export interface Call extends Arguments {
  readonly terminal: Terminal;
  /** How this program was called, to be repeated in what it advises: `npx reelstate`. */
  readonly program: string;
  readonly json: boolean;
  /** The folder of the films, absolute. */
  readonly out: string;
  /** Opens the pipeline at first use; the program closes it. */
  host(): Promise<Host>;
}

export interface Verb {
  readonly summary: string;
  /** Positional arguments, as help shows them: `FILM`. */
  readonly positionals: readonly string[];
  readonly options: Options;
  readonly notes?: readonly string[];
  readonly examples: readonly string[];
  load(): Promise<(call: Call) => Promise<number>>;
}
