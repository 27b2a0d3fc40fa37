/** Finds an ffmpeg that can do the work, and proves it by a run. */
import { access, chmod, constants, copyFile, mkdir, rename, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path';
import process from 'node:process';
import { ReelstateError } from '../../core/errors.ts';
import { type Findings, probeFfmpeg } from './suitability.ts';

/** Where an ffmpeg was found: named by the option or by `FFMPEG_PATH`, on PATH, or in the optional npm package. */
export type FfmpegOrigin = 'option' | 'environment' | 'path' | 'npm';

/** An ffmpeg that was proven to work. */
export interface FfmpegTools {
  /** Absolute path. */
  readonly ffmpeg: string;
  /** Absolute path; absent where there is none, which the `Media` port does not need. */
  readonly ffprobe?: string;
  /** Where it was found. */
  readonly origin: FfmpegOrigin;
  /** As it names itself. */
  readonly version: string;
  /** libass shapes complex scripts (Arabic, Devanagari, Thai …). */
  readonly hasHarfBuzz: boolean;
  /** What libass says of its shaper. */
  readonly shaper: string;
}

/** Where to look. */
export interface ResolveOptions {
  /** @default `FFMPEG_PATH`, and then a search */
  readonly ffmpegPath?: string | undefined;
  /** @default `FFPROBE_PATH`, and then a search */
  readonly ffprobePath?: string | undefined;
}

/** An ffmpeg that was looked at, good or not. */
export interface Candidate {
  readonly ffmpeg: string;
  readonly origin: FfmpegOrigin;
  readonly findings: Findings;
}

export const INSTALL_CURE =
  'Install one: apt-get install ffmpeg (Debian, Ubuntu), brew install ffmpeg (macOS), or npm i @ffmpeg-installer/ffmpeg @ffprobe-installer/ffprobe.';

/**
 * The ffmpeg to use: the option, else `FFMPEG_PATH`, else the one on PATH if its libass has HarfBuzz, else the optional npm pair, else
 * the one on PATH as it is. `REELSTATE_FFMPEG=bundled` takes only the npm pair, `=system` only the one on PATH. Each counts
 * only after a real run with the ass filter, libx264 and aac; the answer is remembered until the file changes.
 *
 * @throws ReelstateError `permanent` `ffmpeg-missing` or `ffmpeg-unsuitable`, with the cure.
 */
export async function resolveFfmpeg(options: ResolveOptions = {}): Promise<FfmpegTools> {
  const unsuitable: Candidate[] = [];
  let withoutShaper: Candidate | undefined;
  for (const { ffmpeg, origin } of await listCandidates(options)) {
    const candidate = { ffmpeg, origin, findings: await examine(ffmpeg) };
    if (candidate.findings.problems.length > 0) unsuitable.push(candidate);
    else if (candidate.findings.hasHarfBuzz || origin !== 'path') return toTools(candidate, options);
    else withoutShaper ??= candidate;
  }
  if (withoutShaper) return toTools(withoutShaper, options);
  const first = unsuitable[0];
  if (!first)
    throw new ReelstateError('permanent', 'There is no ffmpeg here.', { code: 'ffmpeg-missing', cure: INSTALL_CURE });
  throw new ReelstateError('permanent', `This ffmpeg cannot be used: ${first.findings.problems.join('; ')}.`, {
    code: 'ffmpeg-unsuitable',
    cure: INSTALL_CURE,
    details: { origin: first.origin, version: first.findings.version, problems: first.findings.problems },
  });
}

/** Every ffmpeg that the present options, environment and packages name, in the order in which they are tried. */
export async function listCandidates(options: ResolveOptions = {}) {
  const named = options.ffmpegPath ?? process.env.FFMPEG_PATH;
  if (named) {
    const origin: FfmpegOrigin = options.ffmpegPath ? 'option' : 'environment';
    if (!(await isFile(resolve(named)))) {
      throw new ReelstateError('permanent', `The ffmpeg named by the ${origin} does not exist.`, {
        code: 'ffmpeg-missing',
        cure: origin === 'option' ? 'Correct or drop the option ffmpegPath.' : 'Correct or unset FFMPEG_PATH.',
        details: { origin },
      });
    }
    return [{ ffmpeg: resolve(named), origin }];
  }
  const forced = process.env.REELSTATE_FFMPEG;
  const found: { ffmpeg: string; origin: FfmpegOrigin }[] = [];
  const onPath = forced === 'bundled' ? undefined : await findOnPath('ffmpeg');
  if (onPath) found.push({ ffmpeg: onPath, origin: 'path' });
  const packaged = forced === 'system' ? undefined : await fromPackage('@ffmpeg-installer/ffmpeg');
  if (packaged) found.push({ ffmpeg: packaged, origin: 'npm' });
  return found;
}

async function toTools({ ffmpeg, origin, findings }: Candidate, options: ResolveOptions): Promise<FfmpegTools> {
  const ffprobe = await findFfprobe(options, origin);
  const { version, hasHarfBuzz, shaper } = findings;
  return { ffmpeg, ...(ffprobe ? { ffprobe } : {}), origin, version, hasHarfBuzz, shaper };
}

async function findFfprobe(options: ResolveOptions, origin: FfmpegOrigin): Promise<string | undefined> {
  const named = options.ffprobePath ?? process.env.FFPROBE_PATH;
  if (named) return resolve(named);
  const packaged = () => fromPackage('@ffprobe-installer/ffprobe');
  return origin === 'npm'
    ? ((await packaged()) ?? findOnPath('ffprobe'))
    : ((await findOnPath('ffprobe')) ?? packaged());
}

const remembered = new Map<string, Promise<Findings>>();

async function examine(ffmpeg: string): Promise<Findings> {
  const { mtimeMs, size } = await stat(ffmpeg);
  const key = `${ffmpeg}\n${mtimeMs}\n${size}`;
  const known = remembered.get(key) ?? probeFfmpeg(ffmpeg);
  remembered.set(key, known);
  try {
    const findings = await known;
    // A crowded machine may have been the reason; nobody should need a restart to try again.
    if (findings.problems.length > 0) remembered.delete(key);
    return findings;
  } catch (error) {
    remembered.delete(key);
    throw error;
  }
}

async function findOnPath(name: string): Promise<string | undefined> {
  const names = process.platform === 'win32' ? [`${name}.exe`] : [name];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    for (const file of names) {
      const path = join(folder, file);
      if ((await isFile(path)) && (await isExecutable(path))) return path;
    }
  }
  return undefined;
}

async function fromPackage(name: string): Promise<string | undefined> {
  let path: unknown;
  try {
    // CommonJS packages that throw strings where the platform has no binary.
    ({ path } = createRequire(import.meta.url)(name));
  } catch {
    return undefined;
  }
  if (typeof path !== 'string' || !(await isFile(path))) return undefined;
  return (await isExecutable(path)) ? path : makeExecutable(path);
}

/**
 * npm unpacks some binaries without their x bit when install scripts are off.
 *
 * @returns the path to run: the file itself, or a private copy where it cannot be changed; undefined where neither works.
 */
export async function makeExecutable(path: string): Promise<string | undefined> {
  try {
    await chmod(path, 0o755);
    if (await isExecutable(path)) return path;
  } catch {
    // A read-only or foreign node_modules: a copy of our own, then.
  }
  try {
    const { mtimeMs, size } = await stat(path);
    const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'reelstate', 'bin');
    const copy = join(folder, `${basename(path)}-${size}-${Math.round(mtimeMs)}`);
    if (await isExecutable(copy)) return copy;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const partial = `${copy}.${process.pid}`;
    await copyFile(path, partial);
    await chmod(partial, 0o755);
    await rename(partial, copy);
    return copy;
  } catch {
    return undefined;
  }
}

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;

const isExecutable = (path: string) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
