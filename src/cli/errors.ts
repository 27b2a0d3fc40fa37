/** What the SDK says, in the words of the command line. */
import { ReelstateError } from '../core/errors.ts';
import { EXIT } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { wrap } from './terminal.ts';

const OTHER_FOLDER = 'Choose another folder with --out DIR, or give this user write access to it.';

const CURES: Readonly<Record<string, string>> = {
  'storage-denied': OTHER_FOLDER,
  'storage-not-a-folder': 'Choose another folder with --out DIR.',
  'film-exists': 'Use another --id, or leave it out; to go on with that film use resume.',
  'film-not-found': 'See which films there are with list; films in another folder need --out DIR.',
  'film-not-final': 'Cancel it first. If takes are under way still, --force removes it all the same.',
  'invalid-video-id': 'Leave --id out to have one made; see the ids that there are with list.',
};

/** Options of the SDK and what they are called here. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/\bmaxUsd: ?/g, '--max-usd '],
  [/\bmaxUsd\b/g, '--max-usd'],
  [/\bdurationSeconds\b/g, '--duration'],
  [/\bvideoId\b/g, '--id'],
  [/\bcaptions: false\b/g, '--captions none'],
  [/, or raise limits\.maxSeconds/g, ''],
];

export interface ToldError {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

/** The same sentence with the options' names here. */
export const reworded = (text: string): string => WORDS.reduce((said, [from, to]) => said.replace(from, to), text);

/** An error as the command line tells it; never a stack trace. */
export function told(caught: unknown): ToldError {
  const error = ReelstateError.from(caught);
  // On the person's own terminal, and without what looks like a secret.
  const said = ReelstateError.is(caught) || !(error.cause instanceof Error) ? error.message : error.cause.message;
  const cure = CURES[error.code] ?? error.cure ?? 'Try again; doctor looks at this machine.';
  return { kind: error.kind, code: error.code, message: reworded(said), cure: reworded(cure) };
}

export function tellError(terminal: Terminal, { code, message, cure }: ToldError): void {
  const { paint } = terminal;
  const columns = Math.min(terminal.columns, 80);
  const [first = '', ...rest] = wrap(`error ${code}: ${message}`, columns);
  terminal.tell(paint.red(first));
  for (const line of rest) terminal.tell(paint.red(line));
  for (const line of wrap(cure, columns - 2)) terminal.tell(`  ${line}`);
}

// Codes that say that the one who called was wrong, and not the film or the machine.
const BAD_INPUT =
  /^(invalid-|unknown-language$|unsupported-|film-exists$|film-not-found$|film-not-final$|no-old-documents$|command-|price-not-confirmed$|script-|captions-not-renderable$|bad-)/;

export const exitCodeOfError = ({ code }: ToldError): number => (BAD_INPUT.test(code) ? EXIT.badInput : EXIT.failed);
