/**
 * A process that makes one film on a folder and a SQLite file with real ffmpeg, until it is done or killed:
 * `node child.ts FOLDER VENDOR-URL BLOCKS [SOURCES]`. Says on stdout what it is at, so that whoever kills it knows when, and what it started.
 * SOURCES: a copy of `src` with a bug in it.
 */
import type { ChildProcess } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ffmpeg } from '../../../src/adapters/ffmpeg/index.ts';
import { fakeLlm, fakeTranscriber } from '../../../src/adapters/memory/index.ts';
import type { Media, Source, Storage, Transcriber } from '../../../src/core/ports.ts';
import { type Said, saidWithin } from './footage.ts';
import type { Activity } from './life.ts';
import { machineClock, quickModel, secondsOf, VIDEO } from './setting.ts';
import { vendorAt } from './vendor-client.ts';

const [place = '', url = '', blocks = '', sources = fileURLToPath(new URL('../../../src', import.meta.url))] =
  process.argv.slice(2);
const load = <T>(file: string): Promise<T> => import(pathToFileURL(join(sources, file)).href) as Promise<T>;
const { createPipeline } = await load<typeof import('../../../src/core/pipeline.ts')>('core/pipeline.ts');
const { folder, sqlite } = await load<typeof import('../../../src/adapters/local/index.ts')>('adapters/local/index.ts');

const say = (line: string): void => void writeSync(1, `${line}\n`);

async function during<T>(activity: Activity, act: () => Promise<T>): Promise<T> {
  say(`+${activity}`);
  try {
    return await act();
  } finally {
    say(`-${activity}`);
  }
}

channel('child_process').subscribe((message) => {
  const { process: started } = message as { readonly process: ChildProcess };
  started.once('spawn', () => say(`ffmpeg ${started.pid}`));
});

/** A launch lasts from the intent's mark to the operation's, its POST within it: what was posted is known to nobody else meanwhile. */
function watched(storage: Storage): Storage {
  const put: Storage['put'] = (name, body, options) => {
    if (name.endsWith('/intent.json')) say('+launch');
    const written = during(name.endsWith('/final.mp4') ? 'publish' : 'write', () => storage.put(name, body, options));
    return name.endsWith('/operation.json') ? written.finally(() => say('-launch')) : written;
  };
  return { ...storage, put };
}

const heard = new WeakMap<Source, readonly Said[]>();

function watchedMedia(real: Required<Media>): Media {
  return {
    ...real,
    audio: (source, request) =>
      during('media', async () => {
        const sound = await real.audio(source, request);
        heard.set(sound, await saidWithin(source, request.fromMs, request.durationMs));
        return sound;
      }),
    frame: (...given) => during('media', () => real.frame(...given)),
    inspect: (...given) => during('media', () => real.inspect(...given)),
    compareHead: (...given) => during('media', () => real.compareHead(...given)),
    segment: (request) => during('media', () => real.segment(request)),
    cut: (request) => during('cut', () => real.cut(request)),
  };
}

const transcriber: Transcriber = {
  ...fakeTranscriber(),
  transcribe: (audio, options) => fakeTranscriber({ said: heard.get(audio) ?? [] }).transcribe(audio, options),
};

const vendor = vendorAt(url);
const pipeline = createPipeline({
  storage: watched(folder(join(place, 'films'))),
  state: sqlite(join(place, 'state.db')),
  video: { ...vendor, launch: (request) => during('launch', () => vendor.launch(request)) },
  model: quickModel,
  llm: fakeLlm(),
  transcription: transcriber,
  media: watchedMedia(ffmpeg({ preset: 'ultrafast', threads: 1 })),
  clock: machineClock,
  leaseMs: 500,
});

say('started');
const durationSeconds = secondsOf(Number(blocks));
await pipeline.create({ theme: 'Lighthouses', durationSeconds, videoId: VIDEO, maxUsd: 50 });
say('begun');
for (;;) {
  const film = await pipeline.advance(VIDEO);
  if (film.status !== 'waiting') {
    const why =
      film.status === 'needs-input' ? film.reason.message : film.status === 'failed' ? film.error.message : '';
    say(`end ${film.status} ${why}`);
    break;
  }
  await machineClock.sleep(Math.max(1, Math.min(200, film.wakeAt - machineClock.now())));
}
