/** Options of `make` and `estimate` as what `create` takes. */
import { readFile } from 'node:fs/promises';
import type { CreateInput } from '../index.ts';
import { given, reader, wrongArguments } from './arguments.ts';
import type { Arguments } from './verb.ts';

/** `NAME=VALUE` pairs. */
export function metadataOf(pairs: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (pairs.length === 0) return undefined;
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at > 0) return [pair.slice(0, at), pair.slice(at + 1)];
      throw wrongArguments(`--metadata '${pair}' is no pair.`, 'Give --metadata NAME=VALUE.');
    }),
  );
}

async function scriptFrom(file: string | undefined): Promise<CreateInput['script']> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrongArguments(`The script '${file}' cannot be read (${error.code}).`, 'Give the path of a JSON file.');
  });
  try {
    const script: unknown = JSON.parse(text);
    if (typeof script === 'object' && script !== null && 'blocks' in script && Array.isArray(script.blocks))
      return script as CreateInput['script'];
  } catch {
    // Said below.
  }
  throw wrongArguments(
    `The script '${file}' is not what it should be.`,
    'Write JSON: { "title": "…", "blocks": [{ "dialogue": "…", "visual": "…" }] }.',
  );
}

/** Throws `invalid-arguments`; what the values mean is checked by `create`. */
export async function filmInput(args: Arguments): Promise<CreateInput> {
  const { text, flag, texts, number } = reader(args);
  const captions = text('captions');
  return given({
    theme: text('theme'),
    script: await scriptFrom(text('script')),
    videoId: text('id'),
    durationSeconds: number('duration'),
    language: text('language'),
    style: text('style'),
    // What is not among them is refused by `create`, which knows what the model can do.
    aspectRatio: text('aspect-ratio') as CreateInput['aspectRatio'],
    resolution: text('resolution') as CreateInput['resolution'],
    chaining: text('chaining') as CreateInput['chaining'],
    seed: number('seed'),
    approval: flag('approval') || undefined,
    captions: captions === 'none' ? (false as const) : captions,
    trim: flag('trim') || undefined,
    owner: text('owner'),
    metadata: metadataOf(texts('metadata')),
    maxUsd: number('max-usd'),
  });
}
