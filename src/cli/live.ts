/** `make --live`: the real vendors on this machine's folder and SQLite. A folder is either live or simulated, never both. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GcsOptions } from '../adapters/google-cloud/index.ts';
import type { GoogleOptions, VideoModelOverride } from '../adapters/google-genai/index.ts';
import type { WhisperOptions } from '../adapters/openai/index.ts';
import type { FilmView } from '../index.ts';
import { wrongArguments } from './arguments.ts';
import { type Host, stateFile } from './host.ts';

/** Which vendors a folder's films are made by; kept beside its state, without any key. */
export type LiveVendors =
  | { readonly by: 'vertex'; readonly project: string; readonly bucket: string }
  | { readonly by: 'gemini-api' };

/** Other servers than the vendors' own, for tests. */
export interface LiveConnections {
  readonly google?: GoogleOptions;
  readonly openai?: WhisperOptions;
  readonly storage?: Partial<GcsOptions>;
  readonly model?: VideoModelOverride;
}

type Variables = Readonly<Record<string, string | undefined>>;

const markFile = (out: string): string => join(out, '.reelstate-data', 'live.json');

/** The vendors that this folder's films are made by; undefined for a simulated folder, or a new one. */
export async function liveVendorsOf(out: string): Promise<LiveVendors | undefined> {
  const text = await readFile(markFile(out), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as LiveVendors);
}

/** What the environment has keys for: Vertex AI with a bucket, else an API key. Throws `invalid-arguments` that names what is missing. */
export function vendorsOf(variables: Variables): LiveVendors {
  const project = variables.GOOGLE_CLOUD_PROJECT || variables.GCP_PROJECT;
  const bucket = variables.BUCKET_NAME;
  const apiKey = variables.GEMINI_API_KEY || variables.GOOGLE_API_KEY;
  if (!variables.OPENAI_API_KEY) {
    throw wrongArguments('--live needs OPENAI_API_KEY: Whisper hears what is said.', 'Set it and try again.');
  }
  if (project && bucket) return { by: 'vertex', project, bucket };
  if (apiKey) return { by: 'gemini-api' };
  throw wrongArguments(
    '--live needs a video vendor.',
    'Set GOOGLE_CLOUD_PROJECT and BUCKET_NAME (Veo on Vertex AI), or GEMINI_API_KEY (Omni).',
  );
}

/** Makes a folder live. Throws `invalid-arguments` for one that has simulated films, or films of other vendors. */
export async function becomeLive(out: string, variables: Variables): Promise<LiveVendors> {
  const known = await liveVendorsOf(out);
  if (known === undefined && existsSync(stateFile(out)))
    throw wrongArguments('This folder has simulated films.', 'Give --live a folder of its own: --out ./live-films');
  const wanted = vendorsOf(variables);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(wanted))
    throw wrongArguments(
      'The films of this folder are made by other vendors.',
      'Set the same project and bucket as before, or give --out another folder.',
    );
  await mkdir(dirname(markFile(out)), { recursive: true });
  await writeFile(markFile(out), `${JSON.stringify(wanted)}\n`);
  return wanted;
}

async function vertex(out: string, { project, bucket }: { project: string; bucket: string }, to: LiveConnections) {
  const [{ gcs }, { gemini, veo }] = await Promise.all([
    import('../adapters/google-cloud/index.ts'),
    import('../adapters/google-genai/index.ts'),
  ]);
  const storage = gcs({ bucket, projectId: project, ...to.storage });
  const google = { project, ...to.google };
  const model = to.model === undefined ? {} : { model: to.model };
  const local = (film: FilmView): string => join(out, film.videoId, 'final.mp4');
  return {
    storage,
    llm: gemini(undefined, google),
    video: veo(undefined, { ...google, ...model }),
    // Not fetched yet (somebody else finished it): its address in the bucket.
    pathOf: (film: FilmView & { readonly status: 'completed' }): string =>
      existsSync(local(film)) ? local(film) : film.output.uri,
    fetch: async (film: FilmView & { readonly status: 'completed' }): Promise<void> => {
      await mkdir(dirname(local(film)), { recursive: true });
      await storage.download(film.output.name, local(film), { revision: film.output.revision });
    },
  };
}

async function geminiApi(out: string, to: LiveConnections) {
  const [{ folder }, { gemini, omni }] = await Promise.all([
    import('../adapters/local/index.ts'),
    import('../adapters/google-genai/index.ts'),
  ]);
  const model = to.model === undefined ? {} : { model: to.model };
  return {
    storage: folder(out),
    llm: gemini(undefined, to.google),
    video: omni(undefined, { ...to.google, ...model }),
    pathOf: ({ output }: FilmView & { readonly status: 'completed' }): string => fileURLToPath(output.uri),
  };
}

/** The host of a live folder. */
export async function openLive(out: string, vendors: LiveVendors, to: LiveConnections = {}): Promise<Host> {
  const [{ createPipeline }, { sqlite }, { whisper }, { ffmpeg }] = await Promise.all([
    import('../index.ts'),
    import('../adapters/local/index.ts'),
    import('../adapters/openai/index.ts'),
    import('../adapters/ffmpeg/index.ts'),
  ]);
  const parts = vendors.by === 'vertex' ? await vertex(out, vendors, to) : await geminiApi(out, to);
  const { pathOf, storage, llm, video } = parts;
  const state = sqlite(stateFile(out));
  return {
    films: createPipeline({ storage, state, llm, video, transcription: whisper(to.openai), media: ffmpeg() }),
    model: video.model,
    simulated: false,
    pathOf,
    ...('fetch' in parts ? { fetch: parts.fetch } : {}),
    close: async () => state.close?.(),
  };
}
