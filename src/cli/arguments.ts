/** From what was typed to values: every mistake is a sentence and a cure. */
import { parseArgs } from 'node:util';
import { badInput, type ReelstateError } from '../core/errors.ts';
import type { Arguments, Options } from './verb.ts';

export const wrongArguments = (message: string, cure: string): ReelstateError =>
  badInput('invalid-arguments', message, cure);

/** A value may begin with a dash (`--duration -1`, `--theme "- a list"`): it is joined to its option. */
function joined(args: readonly string[], options: Options): string[] {
  const names = new Set(Object.keys(options).map((name) => `--${name}`));
  const result: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const [arg = '', next] = [args[i], args[i + 1]];
    const takesValue = names.has(arg) && options[arg.slice(2)]?.type === 'string';
    const isValue = next?.startsWith('-') && !names.has(next.split('=')[0] ?? next) && next !== '--';
    if (takesValue && isValue) {
      result.push(`${arg}=${next}`);
      i += 1;
    } else result.push(arg);
  }
  return result;
}

/** Throws `invalid-arguments`. */
export function parse(
  args: readonly string[],
  options: Options,
  positionals: readonly string[],
  help: string,
): Arguments {
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { type, multiple = false, short }]) => [
      name,
      { type, multiple, ...(short === undefined ? {} : { short }) },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: joined(args, options), options: config, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? (error.message.split(/\. |\n/)[0] ?? '') : String(error);
    throw wrongArguments(`${message.replace(/\.$/, '')}.`, `See ${help}.`);
  }
  const extra = parsed.positionals[positionals.length];
  if (extra !== undefined) throw wrongArguments(`'${extra}' does not belong there.`, `See ${help}.`);
  return { values: parsed.values as Arguments['values'], positionals: parsed.positionals };
}

/** Reads typed values by name. */
export function reader({ values }: Pick<Arguments, 'values'>) {
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    text,
    flag: (name: string): boolean => values[name] === true,
    texts: (name: string): readonly string[] => ((values[name] ?? []) as readonly string[]).filter((v) => v !== ''),
    number: (name: string): number | undefined => {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (value.trim() !== '' && Number.isFinite(number)) return number;
      throw wrongArguments(`--${name} '${value}' is no number.`, `Give a number, such as --${name} 15.`);
    },
  };
}

/** Only what was given. */
export const given = <T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]?: Exclude<T[Key], undefined>;
  };
