/** `script_v2.json` as the old functions or a person wrote it. */
import { badInput, type ReelstateError } from './errors.ts';
import { paths } from './paths.ts';
import type { Storage, StoredObject } from './ports.ts';
import type { ScriptBlock } from './state.ts';

/** A script of a few dozen blocks is a few kilobytes. */
const MAX_SCRIPT_BYTES = 256 * 1024;

/** A script that somebody put into the film's folder. */
export interface UploadedScript {
  readonly object: StoredObject;
  readonly theme: string;
  readonly language?: string;
  readonly blocks: readonly ScriptBlock[];
  /** Lengths that the document names, seconds. */
  readonly lengths: readonly number[];
}

const textIn = (value: unknown): string => (typeof value === 'string' ? value.trim() : '');

function blockIn(raw: unknown): ScriptBlock {
  const { dialogue, visuel, visual, continuity } = (raw ?? {}) as Readonly<Record<string, unknown>>;
  const block = { dialogue: textIn(dialogue), visual: textIn(visuel) || textIn(visual) };
  const constant = textIn(continuity);
  return constant === '' ? block : { ...block, continuity: constant };
}

const invalid = (videoId: string, why: string): ReelstateError =>
  badInput(
    'script-invalid',
    `script_v2.json of ${videoId} ${why}.`,
    'Upload a script with blocks of dialogue and visuel.',
  );

/** Reads `script_v2.json`. Throws `script-missing`, `script-without-blocks` and `script-invalid`. */
export async function readUploadedScript(storage: Storage, videoId: string): Promise<UploadedScript> {
  const there = await storage.text(paths.script(videoId));
  if (there === undefined) {
    throw badInput('script-missing', `Film ${videoId} has no script_v2.json.`, 'Check the id and the bucket.');
  }
  if (there.object.size > MAX_SCRIPT_BYTES) throw invalid(videoId, 'is larger than 256 KiB');
  let document: Readonly<Record<string, unknown>>;
  try {
    document = (JSON.parse(there.text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    throw invalid(videoId, 'is no JSON');
  }
  const blocks = Array.isArray(document.blocks) ? document.blocks.map(blockIn) : [];
  if (blocks.length === 0) {
    throw badInput(
      'script-without-blocks',
      `script_v2.json of ${videoId} has no blocks.`,
      'Upload a script with blocks.',
    );
  }
  if (blocks.some(({ dialogue, visual }) => dialogue === '' || visual === '')) {
    throw invalid(videoId, 'lacks words in one of its blocks');
  }
  const [theme, language] = [textIn(document.theme), textIn(document.language)];
  return {
    object: there.object,
    theme: theme === '' ? 'A film' : theme,
    blocks,
    lengths: [document.target_duration, document.actual_duration].map(Number).filter((seconds) => seconds > 0),
    ...(language === '' ? {} : { language }),
  };
}
