/** A private folder per job: constant file names inside, nothing of it left behind but the result. */
import { createReadStream } from 'node:fs';
import { copyFile, lstat, mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ReelstateError } from '../../core/errors.ts';
import type { Source, TemporarySource } from '../../core/ports.ts';
import { isDeadProcess, processName } from '../local/process-name.ts';

/** Reads a local file again and again. */
export function fileSource(path: string, size: number): Source & { readonly path: string } {
  return {
    path,
    size,
    open({ start = 0, end, signal } = {}) {
      if (end !== undefined && end <= start) return new Blob([]).stream();
      const file = createReadStream(path, { start, ...(end === undefined ? {} : { end: end - 1 }), signal });
      return Readable.toWeb(file) as ReadableStream<Uint8Array>;
    },
  };
}

/**
 * Runs a job in a new private folder and hands over the one file that it made. On every other way out, and for all other files, the
 * folder is removed.
 */
export async function inWorkspace(
  tempDir: string | undefined,
  output: string,
  job: (workDir: string) => Promise<unknown>,
): Promise<TemporarySource & { readonly path: string }> {
  const root = await makeFolder(tempDir);
  const dispose = () => rm(root, { recursive: true, force: true });
  try {
    const workDir = join(root, 'work');
    await mkdir(workDir);
    await job(workDir);
    const path = join(root, output);
    const made = join(workDir, output);
    const found = await stat(made).catch(() => undefined);
    if (!found?.size)
      throw new ReelstateError('retryable', 'ffmpeg wrote nothing.', { code: 'no-output', effect: 'none' });
    await rename(made, path);
    await rm(workDir, { recursive: true, force: true });
    return { ...fileSource(path, found.size), dispose };
  } catch (error) {
    await dispose();
    throw asDiskError(error);
  }
}

/** Runs a job in a new private folder and leaves nothing. */
export async function inPassing<Value>(
  tempDir: string | undefined,
  job: (workDir: string) => Promise<Value>,
): Promise<Value> {
  const workDir = await makeFolder(tempDir);
  try {
    return await job(workDir);
  } catch (error) {
    throw asDiskError(error);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

const PREFIX = 'reelstate-media-';
/** No job and no result lives that long, wherever its process runs. */
const STALE_MS = 24 * 60 * 60 * 1000;
const swept = new Set<string>();

/** A folder says whose it is: `reelstate-media-{process}.{six random characters}`. */
const ownerOf = (name: string): string => name.slice(PREFIX.length).replace(/\.[^.]*$/, '');

/** What processes that were killed left behind, looked for once per process and folder. */
async function sweep(parent: string): Promise<void> {
  if (swept.has(parent)) return;
  swept.add(parent);
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(PREFIX))) {
    const path = join(parent, name);
    const age = Date.now() - ((await lstat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age <= STALE_MS && !isDeadProcess(ownerOf(name))) continue;
    // A dead process's ffmpeg may still be writing there.
    await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

async function makeFolder(tempDir: string | undefined): Promise<string> {
  const parent = tempDir ?? tmpdir();
  await sweep(parent);
  try {
    return await mkdtemp(join(parent, `${PREFIX}${processName()}.`));
  } catch (cause) {
    if (isFull(cause)) throw asDiskError(cause);
    throw new ReelstateError('permanent', 'The folder for temporary files cannot be written to.', {
      code: 'temp-dir-unusable',
      cure: 'Create it, or set tempDir (or TMPDIR) to a folder that this process may write to.',
      cause,
    });
  }
}

const isFull = (error: unknown): boolean => /ENOSPC|EDQUOT|EFBIG/.test(`${(error as { code?: unknown } | null)?.code}`);

export const diskFull = (cause: unknown, details: Readonly<Record<string, unknown>> = {}): ReelstateError =>
  new ReelstateError('retryable', 'The disk is full.', {
    code: 'disk-full',
    effect: 'none',
    cure: 'Free space in the folder for temporary files, or set tempDir to another one.',
    cause,
    details,
  });

const asDiskError = (error: unknown): unknown => (!ReelstateError.is(error) && isFull(error) ? diskFull(error) : error);

// ── Fonts ────────────────────────────────────────────────────────────────────────────────────────────────────────────

const FONT_FILE = /\.(ttf|otf|ttc|otc)$/i;

/** The folder of the caption fonts that ship with the package, from the sources and from a build alike. */
async function shippedFonts(): Promise<string> {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const fonts = join(folder, 'assets', 'fonts');
    if (await stat(fonts).catch(() => undefined)) return fonts;
    if (folder === dirname(folder)) throw fontsMissing();
  }
}

const fontsMissing = () =>
  new ReelstateError('permanent', 'There is no caption font.', {
    code: 'caption-font-missing',
    cure: 'Reinstall reelstate: its folder assets/fonts is part of the package.',
  });

/** The shipped fonts and those of the caller (files or folders), absolute paths. */
export async function listFonts(extra: readonly string[] = []): Promise<string[]> {
  const listed = await Promise.all(
    [await shippedFonts(), ...extra].map(async (place) => {
      const path = resolve(place);
      const names = await readdir(path).catch(() => undefined);
      return names ? names.sort().map((name) => join(path, name)) : [path];
    }),
  );
  const fonts = listed.flat().filter((path) => FONT_FILE.test(path));
  if (fonts.length === 0) throw fontsMissing();
  return fonts;
}

const xmlText = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/**
 * Puts the fonts below the constant name `fonts` and writes the fontconfig file that limits libass to them, or, with `system`, lets it
 * fall back to the machine's. Without that file an old libass spends seconds on listing all fonts of the machine.
 */
export async function placeFonts(
  workDir: string,
  fonts: readonly string[],
  system: boolean,
): Promise<Record<string, string>> {
  const folder = join(workDir, 'fonts');
  await mkdir(folder);
  await Promise.all(
    fonts.map(async (font, index) => {
      const target = join(folder, `${index}-${basename(font)}`);
      await symlink(font, target).catch(() => copyFile(font, target));
    }),
  );
  const lines = [
    ...(system ? ['<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'] : []),
    `<dir>${xmlText(folder)}</dir>`,
    ...(system ? [] : [`<cachedir>${xmlText(join(workDir, 'fontcache'))}</cachedir>`]),
  ];
  const path = join(workDir, 'fonts.conf');
  await writeFile(path, `<?xml version="1.0"?><fontconfig>${lines.join('')}</fontconfig>`);
  return { FONTCONFIG_FILE: path };
}
