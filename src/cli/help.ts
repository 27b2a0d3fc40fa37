import type { Option, Verb } from './verb.ts';
import { type VerbName, verbs } from './verbs.ts';

const INDENT = 26;

const flagOf = (name: string, { short, value, type }: Option): string =>
  `  ${short === undefined ? '' : `-${short}, `}--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}`;

function optionLines(name: string, option: Option): string[] {
  const flag = flagOf(name, option);
  return flag.length < INDENT ? [flag.padEnd(INDENT) + option.about] : [flag, ' '.repeat(INDENT) + option.about];
}

/** `help` without a verb. */
export function overview(program: string): readonly string[] {
  return [
    'reelstate: short, captioned films from a theme, by simulated vendors (no key, no cost).',
    '',
    `Usage: ${program} VERB [options]`,
    '',
    ...Object.entries(verbs).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`),
    '',
    'Examples',
    `  ${program} make --theme "Why is the sky blue?" --duration 15`,
    `  ${program} status last`,
    `  ${program} help make`,
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
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    'Examples',
    ...examples.map((example) => `  ${program} ${example}`),
  ];
}
