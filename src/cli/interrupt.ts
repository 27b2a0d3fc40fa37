/** Ctrl-C: once leaves cleanly, twice leaves at once. */
import process from 'node:process';
import { EXIT } from './exit-code.ts';

const CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
};

export interface Interrupt extends Disposable {
  readonly signal: AbortSignal;
  /** What to exit with, once interrupted. */
  code(): number;
}

/** Aborts its signal at the first interrupt, and ends the process at the second. */
export function onInterrupt(tell: (line: string) => void): Interrupt {
  const leaving = new AbortController();
  let code: number = EXIT.interrupted;
  const interrupt = (name: NodeJS.Signals): void => {
    code = CODES[name] ?? EXIT.interrupted;
    if (leaving.signal.aborted) process.exit(code);
    tell(name === 'SIGINT' ? 'Stopping; Ctrl-C again leaves at once.' : 'Stopping.');
    leaving.abort();
  };
  const names = Object.keys(CODES) as NodeJS.Signals[];
  for (const name of names) process.on(name, interrupt);
  return {
    signal: leaving.signal,
    code: () => code,
    [Symbol.dispose]: () => {
      for (const name of names) process.off(name, interrupt);
    },
  };
}
