import { wrap } from './terminal.ts';
import type { Option, Verb } from './verb.ts';
import { type VerbName, verbs } from './verbs.ts';

const COLUMNS = 80;
const INDENT = 26;

const flagOf = (name: string, { short, value, type }: Option): string =>
  `  ${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`;

function optionLines(name: string, option: Option): string[] {
  const flag = flagOf(name, option);
  const [first = '', ...rest] = wrap(option.about, COLUMNS - INDENT).map((line) => ' '.repeat(INDENT) + line);
  return flag.length < INDENT ? [flag + first.slice(flag.length), ...rest] : [flag, first, ...rest];
}

/** An example that would wrap is continued before one of its options. */
function exampleLines(program: string, example: string): string[] {
  const whole = `  ${program} ${example}`;
  if (whole.length <= COLUMNS) return [whole];
  const at = whole.lastIndexOf(' --', COLUMNS - 2);
  return [`${whole.slice(0, at)} \\`, `    ${whole.slice(at + 1)}`];
}

/** `help` without a verb. */
export function overview(program: string): readonly string[] {
  return [
    'reelstate: short, captioned films from a theme.',
    'The vendors are simulated: no key, no cost, real media.',
    '',
    `Usage: ${program} VERB [options]`,
    '',
    ...Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`),
    '',
    'Examples',
    ...['make --theme "Why is the sky blue?" --duration 15', 'status last', 'help make'].flatMap((example) =>
      exampleLines(program, example),
    ),
    '',
    'Exit codes',
    '  0 done   1 failed   2 wrong input   3 needs a person   4 partial film',
    '  5 cancelled film   130 left by Ctrl-C, 143 told to end (resume goes on)',
  ];
}

/** `help VERB`. */
export function helpOf(name: VerbName, program: string): readonly string[] {
  const { summary, positionals, options, notes = [], examples }: Verb = verbs[name];
  return [
    `${program} ${[name, ...positionals].join(' ')} [options]`,
    `  ${summary}`,
    '',
    ...Object.entries(options).flatMap(([option, about]) => optionLines(option, about)),
    ...(notes.length > 0 ? ['', ...notes.flatMap((note) => wrap(note, COLUMNS))] : []),
    '',
    'Examples',
    ...examples.flatMap((example) => exampleLines(program, example)),
  ];
}
