/** A `script_v2.json` that somebody put into the bucket: a film nobody has created yet begins with it. */
import { ReelstateError } from '../core/errors.ts';
import type { CreateInput } from '../core/input.ts';
import { paths } from '../core/paths.ts';
import { engineOf, type Pipeline } from '../core/pipeline.ts';
import type { Logger } from '../core/ports.ts';
import { filmFromMarks } from '../core/rebuild.ts';
import type { ScriptBlock } from '../core/state.ts';

/** Defaults for films that a request or a document says nothing about. */
export type FilmDefaults = Omit<CreateInput, 'theme' | 'script' | 'videoId' | 'durationSeconds'>;

export type Started = 'started' | 'no-script' | 'no-blocks' | 'bad-script' | 'rebuilt';

/** Ours, and what the functions before us wrote: a script of a few dozen blocks is a few kilobytes. */
const MAX_BYTES = 256 * 1024;

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

function blockOf(raw: unknown): ScriptBlock | undefined {
  const { dialogue, visuel, visual, continuity } = (raw ?? {}) as Readonly<Record<string, unknown>>;
  const seen = text(visuel) ?? text(visual);
  const said = text(dialogue);
  if (seen === undefined || said === undefined) return undefined;
  const constant = text(continuity);
  return { dialogue: said, visual: seen, ...(constant === undefined ? {} : { continuity: constant }) };
}

/** Lengths that the document may mean, most trusted first: the old functions' plan and ours differ above five blocks. */
function lengths(document: Readonly<Record<string, unknown>>, blocks: number): readonly number[] {
  const said = [document.target_duration, document.actual_duration].map(Number);
  return [...said.filter((seconds) => Number.isFinite(seconds) && seconds > 0), 8 + 7 * (blocks - 1)];
}

/** What the document asks for, or why it asks for nothing. */
async function inputOf(
  films: Pipeline,
  videoId: string,
  content: string,
  defaults: FilmDefaults,
): Promise<CreateInput | 'no-blocks' | 'bad-script'> {
  const document = parsed(content);
  if (document === undefined) return 'bad-script';
  if (!Array.isArray(document.blocks) || document.blocks.length === 0) return 'no-blocks';
  const blocks = document.blocks.map(blockOf);
  if (!blocks.every((block) => block !== undefined)) return 'bad-script';
  const [theme, language] = [text(document.theme), text(document.language)];
  const input: CreateInput = {
    ...defaults,
    videoId,
    script: { blocks },
    ...(theme === undefined ? {} : { theme }),
    ...(language === undefined ? {} : { language }),
  };
  for (const durationSeconds of lengths(document, blocks.length)) {
    const estimate = await films.estimate({ ...input, durationSeconds }).catch(() => undefined);
    if (estimate?.plan.length === blocks.length) return { ...input, durationSeconds };
  }
  return 'bad-script';
}

function parsed(content: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(content);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** The bucket knows the film and the database does not: it is restored from its marks and waits for a person's `resume`. */
async function rebuilt(films: Pipeline, videoId: string): Promise<Started> {
  const { ports, films: store } = engineOf(films);
  await store.replace(await filmFromMarks(ports.storage, videoId, ports.clock.now(), ports.video?.outputs));
  return 'rebuilt';
}

/** Begins the film of an uploaded script, under the default cap; one that exists meanwhile is left as it is. */
export async function startFromScript(
  films: Pipeline,
  videoId: string,
  defaults: FilmDefaults,
  logger: Logger,
): Promise<Started> {
  const { ports, films: store } = engineOf(films);
  const found = await ports.storage.text(paths.script(videoId));
  if (found === undefined) return 'no-script';
  if (found.object.size > MAX_BYTES) return 'bad-script';
  const input = await inputOf(films, videoId, found.text, defaults);
  if (typeof input === 'string') return input;
  try {
    await films.create(input);
    logger.info('film begun by an uploaded script', { videoId });
    return 'started';
  } catch (error) {
    if (!ReelstateError.is(error) || error.kind !== 'permanent') throw error;
    if (error.code !== 'film-exists') {
      logger.warn('uploaded script refused', { videoId, code: error.code });
      return 'bad-script';
    }
    return (await store.find(videoId)) === undefined ? rebuilt(films, videoId) : 'started';
  }
}
