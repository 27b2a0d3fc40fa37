/** The core with bugs in it: a copy of its sources with some lines changed, loaded as it is. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SimulateOptions } from '../../src/adapters/testing/simulate/index.ts';
import type { Edit } from './mutants.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const place = path.join(root, '.cache/mutants', `${process.pid}`);

/** What a simulation needs of a core with bugs in it. */
export type Mutated = Pick<SimulateOptions, 'createPipeline' | 'rebuild'>;

/** Throws where the text to change is not there exactly once. */
export async function loadMutant(name: string, edits: readonly Edit[]): Promise<Mutated> {
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
  const load = (file: string) => import(pathToFileURL(path.join(core, file)).href);
  const { createPipeline } = (await load('pipeline.ts')) as Required<Mutated>;
  const { rebuildFilm } = (await load('rebuild.ts')) as { rebuildFilm: Required<Mutated>['rebuild'] };
  return { createPipeline, rebuild: rebuildFilm };
}

export const removeMutants = (): void => rmSync(place, { recursive: true, force: true });
