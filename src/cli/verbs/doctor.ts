import { reader } from '../arguments.ts';
import { examine } from '../doctor/examine.ts';
import { EXIT } from '../exit-code.ts';
import { wrap } from '../terminal.ts';
import type { Call } from '../verb.ts';

const COLUMNS = 80;
const INDENT = 4;

/** Looks at this machine: a cure per finding; fails only where no film can be made. */
export async function doctor(call: Call): Promise<number> {
  const { terminal } = call;
  const { marks, paint } = terminal;
  const findings = await examine({ out: call.out, language: reader(call).text('language') });
  const ok = findings.every(({ level }) => level !== 'blocking');
  if (call.json) {
    terminal.print(JSON.stringify({ ok, findings }));
    return ok ? EXIT.done : EXIT.failed;
  }
  const look = {
    good: paint.green(marks.done),
    note: paint.dim(marks.open),
    warning: paint.yellow('!'),
    blocking: paint.red(marks.failed),
  };
  for (const { level, about, message, cure } of findings) {
    const [first = '', ...rest] = wrap(`${about}: ${message}`, COLUMNS - INDENT);
    terminal.print(`${look[level]} ${first}`);
    for (const line of rest) terminal.print(`  ${line}`);
    for (const line of wrap(cure ?? '', COLUMNS - INDENT)) terminal.print(`    ${line}`);
  }
  terminal.print('');
  terminal.print(ok ? 'Films can be made here.' : 'No film can be made here yet.');
  return ok ? EXIT.done : EXIT.failed;
}
