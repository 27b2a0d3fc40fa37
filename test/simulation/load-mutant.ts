/** The core with bugs in it: a copy of its sources with some lines changed, loaded as it is. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { createPipeline } from '../../src/core/pipeline.ts';
import type { Edit } from './mutants.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const place = path.join(root, '.cache/mutants', `${process.pid}`);

/** Throws where the text to change is not there exactly once. */
export async function loadMutant(name: string, edits: readonly Edit[]): Promise<typeof createPipeline> {
  const core = path.join(place, name, 'core');
  mkdirSync(core, { recursive: true });
  cpSync(path.join(root, 'src/core'), core, { recursive: true });
  for (const { file, find, replace } of edits) {
    const target = path.join(core, file);
    const parts = readFileSync(target, 'utf8').split(find);
    if (parts.length !== 2)
      throw new Error(`${file} has "${find}" ${parts.length - 1} times: mend the mutant ${name}.`);
    writeFileSync(target, parts.join(replace));
  }
  const loaded = (await import(pathToFileURL(path.join(core, 'pipeline.ts')).href)) as {
    createPipeline: typeof createPipeline;
  };
  return loaded.createPipeline;
}

export const removeMutants = (): void => rmSync(place, { recursive: true, force: true });
