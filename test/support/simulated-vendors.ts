/**
 * The loopback Google and OpenAI with the simulated vendors behind them: scripts that can be filmed, real mp4s with the dialogue as
 * speech, and a transcriber that hears it. For demos and end-to-end tests through the real client libraries.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type SimulatedOptions, type SimulatedVendors, simulated } from '../../src/adapters/simulated/index.ts';
import { readAll, sourceOf } from '../../src/core/bytes.ts';
import type { LaunchRequest } from '../../src/core/ports.ts';
import { type OpenaiServer, startOpenaiServer, type Upload } from './openai-server.ts';
import type { Job } from './vertex-jobs.ts';
import { startVertexServer, type VertexServer, type VertexServerOptions } from './vertex-server.ts';

export interface SimulatedServersOptions
  extends Pick<SimulatedOptions, 'folder' | 'seed' | 'ffmpeg' | 'size' | 'voice' | 'hear'> {
  readonly google?: Omit<VertexServerOptions, 'render' | 'write'>;
  readonly openai?: Parameters<typeof startOpenaiServer>[0];
}

export interface SimulatedServers extends AsyncDisposable {
  readonly google: VertexServer;
  readonly openai: OpenaiServer;
}

/** Faster than anything that is rendered: the loopback server's own latency is the one that counts. */
const AT_ONCE = 1_000_000;

export async function startSimulatedServers(options: SimulatedServersOptions): Promise<SimulatedServers> {
  const { folder, seed, ffmpeg, size, voice, hear, google: googleOptions = {}, openai: openaiOptions = {} } = options;
  await mkdir(folder, { recursive: true });
  const given = { seed, ffmpeg, size, voice, hear };
  const chosen = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const vendors = simulated({
    folder,
    ...chosen,
    speedUp: AT_ONCE,
    background: false,
    extension: googleOptions.extension ?? 'combined',
  });
  const google = await startVertexServer({
    ...googleOptions,
    write: async ({ instructions, input, schema }) => {
      const { text } = await vendors.llm.generate({
        instructions,
        input,
        schema: schema as Parameters<SimulatedVendors['llm']['generate']>[0]['schema'],
      });
      return text;
    },
    render: (job, { input }) => film(vendors, folder, job, input, googleOptions.readInput),
  });
  const openai = await startOpenaiServer({ ...openaiOptions, hear: (upload) => heard(vendors, upload) });
  const close = async () => {
    await Promise.all([google.close(), openai.close()]);
  };
  return { google, openai, [Symbol.asyncDispose]: close };
}

async function film(
  vendors: SimulatedVendors,
  folder: string,
  job: Job,
  input: Uint8Array | undefined,
  readInput: VertexServerOptions['readInput'],
) {
  const place = await mkdtemp(join(folder, 'take-'));
  try {
    const { operation } = await vendors.video.launch({
      prompt: spoken(job.prompt),
      seconds: job.seconds,
      aspectRatio: job.aspectRatio as LaunchRequest['aspectRatio'],
      resolution: job.resolution as LaunchRequest['resolution'],
      outputPlace: `${pathToFileURL(place).href}/`,
      labels: job.labels,
      ...(input === undefined ? {} : { extends: await inputOf(place, job, input) }),
      ...(await firstFrame(job, readInput)),
    });
    const look = await vendors.video.look(operation);
    if (look.status !== 'done') throw new Error(`The simulated vendor says ${look.status}.`);
    return await readAll((await vendors.video.open(look.output)).open());
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The simulated vendor recognises its own video by what is written into the file. */
async function inputOf(place: string, job: Job, bytes: Uint8Array): Promise<NonNullable<LaunchRequest['extends']>> {
  const file = join(place, 'input.mp4');
  await writeFile(file, bytes);
  return {
    uri: pathToFileURL(file).href,
    revision: '1',
    durationMs: Math.round(job.inputSeconds * 1000),
    operation: '',
  };
}

async function firstFrame(
  job: Job,
  readInput: VertexServerOptions['readInput'],
): Promise<Pick<LaunchRequest, 'firstFrame'>> {
  const bytes = job.image ?? (job.imageUri === undefined ? undefined : await readInput?.(job.imageUri));
  if (bytes === undefined) return {};
  const contentType = bytes[0] === 0x89 ? 'image/png' : 'image/jpeg';
  return { firstFrame: { uri: 'file:///first-frame', source: sourceOf(bytes), contentType } };
}

const names = new Intl.DisplayNames(['en'], { type: 'language' });
/** Languages that demos speak, by their English names. */
const tags = new Map(
  [
    'en',
    'fr',
    'de',
    'es',
    'it',
    'pt',
    'nl',
    'pl',
    'cs',
    'sv',
    'no',
    'da',
    'fi',
    'el',
    'tr',
    'ru',
    'uk',
    'ar',
    'he',
    'hi',
    'bn',
    'th',
    'vi',
    'id',
    'ja',
    'ko',
    'zh',
  ].map((tag) => [names.of(tag) ?? tag, tag]),
);

/** What a video model makes of a prompt: the picture, and what is said after the colon. */
export function spoken(prompt: string): LaunchRequest['prompt'] {
  const [, visual = prompt, language = 'English', dialogue = ''] =
    /^(.*?)\s*The speaker says in ([^:]+): (.*?)(?: No subtitles, .*)?$/s.exec(prompt) ?? [];
  return { visual, dialogue, language: tags.get(language) ?? language };
}

async function heard(vendors: SimulatedVendors, { file, fields }: Upload) {
  const language = fields.language?.[0] ?? 'en';
  // A file's own length is not known here, and the transcriber stops where the sound does.
  const { words } = await vendors.transcription.transcribe(sourceOf(file.bytes), { language, durationMs: 3_600_000 });
  return words.map(({ text, startMs, endMs }) => ({ text, start: startMs / 1000, end: endMs / 1000 }));
}
