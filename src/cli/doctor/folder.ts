import { mkdtemp, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ReelstateError } from '../../core/errors.ts';
import { stateFile } from '../host.ts';
import type { Finding } from './finding.ts';

const CURE = 'Choose another folder with --out DIR, or give this user write access to it.';

const kindOf = async (path: string): Promise<'folder' | 'file' | undefined> => {
  const found = await stat(path).catch(() => undefined);
  return found === undefined ? undefined : found.isDirectory() ? 'folder' : 'file';
};

/** The folder, or the nearest one above it that is there: what decides whether it can be made. */
async function nearest(path: string): Promise<string> {
  for (let place = path; ; place = dirname(place)) {
    if ((await kindOf(place)) !== undefined || place === dirname(place)) return place;
  }
}

async function writeAccess(out: string): Promise<Finding> {
  const about = 'folder';
  const place = await nearest(out);
  if ((await kindOf(place)) === 'file') {
    return { about, level: 'blocking', message: `${place} is a file, so ${out} cannot be a folder.`, cure: CURE };
  }
  try {
    await rmdir(await mkdtemp(join(place, '.reelstate-doctor-')));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return { about, level: 'blocking', message: `${place} cannot be written (${why}).`, cure: CURE };
  }
  const made = place === out ? 'can be written' : 'will be made';
  return { about, level: 'good', message: `${out} ${made}` };
}

/** A state file that is there is opened, which shows whether it is sound and of this release. */
async function stateSound(out: string): Promise<readonly Finding[]> {
  const file = stateFile(out);
  if ((await kindOf(file)) === undefined) return [];
  const { sqlite } = await import('../../adapters/local/index.ts');
  const state = sqlite(file);
  try {
    await state.list({}, { limit: 1 });
    return [{ about: 'state', level: 'good', message: file }];
  } catch (error) {
    const { message, cure = CURE } = ReelstateError.from(error);
    return [{ about: 'state', level: 'blocking', message, cure }];
  } finally {
    await state.close?.();
  }
}

export async function folderFindings(out: string): Promise<readonly Finding[]> {
  const access = await writeAccess(out);
  return [access, ...(access.level === 'good' ? await stateSound(out) : [])];
}
