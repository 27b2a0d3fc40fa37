/** A copy of the sources that a film's process loads, with a bug in it. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Edit, mutants } from '../mutants.ts';

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url));
const PLACE = fileURLToPath(new URL(`../../../.cache/mutants/kill-${process.pid}`, import.meta.url));

/** Below `src/`. Answers the folder to load; throws where a text to change is not there exactly once. */
export function planted(name: string, edits: readonly Edit[]): string {
  const root = join(PLACE, name);
  for (const part of ['core', 'adapters/local']) {
    mkdirSync(join(root, part), { recursive: true });
    cpSync(join(SOURCES, part), join(root, part), { recursive: true });
  }
  for (const { file, find, replace } of edits) {
    const parts = readFileSync(join(root, file), 'utf8').split(find);
    if (parts.length !== 2) throw new Error(`${file} has "${find}" ${parts.length - 1} times: mend the bug ${name}.`);
    writeFileSync(join(root, file), parts.join(replace));
  }
  return root;
}

export const removePlanted = (): void => rmSync(PLACE, { recursive: true, force: true });

/** A launch leaves nothing in the folder before it is posted. */
export const withoutIntentMark: readonly Edit[] = (mutants.find(({ name }) => name === 'intent.json')?.edits ?? []).map(
  (edit) => ({ ...edit, file: `core/${edit.file}` }),
);

/** A new object is written in its place, so that half of it can be seen there; who lives long enough makes it whole. The film takes its time, as a large one does. */
export const withoutRename: readonly Edit[] = [
  {
    file: 'adapters/local/folder-swap.ts',
    find: '    await link(draft.path, path);\n',
    replace: `    const whole = await readFile(draft.path);
    await (await import('node:fs/promises')).writeFile(path, whole.subarray(0, whole.length / 2), { flag: 'wx' });
    await new Promise((resolve) => setTimeout(resolve, path.endsWith('final.mp4') ? 150 : 0));
    await rename(draft.path, path);
`,
  },
];
