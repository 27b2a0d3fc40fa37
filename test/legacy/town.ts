/** One bucket, one Firestore, one vendor; each function of the flow is the old one or ours. Events and the scheduler are played by hand. */
import { Firestore } from '@google-cloud/firestore';
import { type FirestoreState, firestore } from '../../src/adapters/google-cloud/index.ts';
import {
  type FakeVideoOptions,
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryStorage,
} from '../../src/adapters/memory/index.ts';
import { takeOver } from '../../src/admin/index.ts';
import { createPipeline, engineOf, type Pipeline, type PipelineOptions } from '../../src/core/pipeline.ts';
import type { Role, StateStore, Storage } from '../../src/core/ports.ts';
import { takeOverFilm } from '../../src/core/take-over.ts';
import { freshProject } from '../support/firestore-emulator.ts';
import { OLD, type OldWorld, oldAssembler, oldMonitor, oldScript, oldVideo } from './old-functions.ts';
import { readOperations, readStatus } from './old-reader.ts';

export type Owners = Readonly<Record<Role, boolean>>;
/** The state's time is the test's: the emulator's own clock cannot be moved. */
const withoutStoreTime = (store: StateStore): StateStore => ({
  ...store,
  load: async (videoId, options) => {
    const loaded = await store.load(videoId, options);
    if (loaded === undefined) return undefined;
    const { now: _, ...rest } = loaded;
    return rest;
  },
});

/** Names each object that appears, as a bucket's finalize events do. */
function announced(storage: Storage, events: string[]): Storage {
  const tell = <T extends { readonly name: string }>(object: T): T => {
    events.push(object.name);
    return object;
  };
  return {
    ...storage,
    uri: (name) => storage.uri(name).replace('memory://', 'gs://'),
    put: async (name, body, options) => tell(await storage.put(name, body, options)),
    copy: async (from, to, options) => tell(await storage.copy(from, to, options)),
  };
}

export interface TownOptions {
  readonly owns: Owners;
  readonly outcomes?: FakeVideoOptions['outcomes'];
  readonly pipeline?: Partial<PipelineOptions>;
  readonly outputFolder?: string;
  /** Where our store finds Firestore, such as a proxy that loses answers. @default the emulator itself */
  readonly storeHost?: string;
}

const TURN_MS = 15_000;
const MOST_TURNS = 120;

export function town(
  emulatorHost: string,
  { owns, outcomes, pipeline, outputFolder, storeHost = emulatorHost }: TownOptions,
) {
  const projectId = freshProject();
  const clock = manualClock();
  const events: string[] = [];
  const storage = announced(memoryStorage({ name: 'artifacts' }), events);
  const model = { id: 'veo-3.1-fast-generate-001' };
  const video = fakeVideo({ clock, storage, model, ...(outcomes === undefined ? {} : { outcomes }) });
  const db = new Firestore({ projectId, host: emulatorHost, ssl: false });
  const store: FirestoreState = firestore({ projectId, emulatorHost: storeHost, retryDelayMs: 10 });
  const ports = {
    storage,
    state: withoutStoreTime(store),
    video,
    llm: fakeLlm(),
    transcription: fakeTranscriber(),
    media: fakeMedia(),
    clock,
  };
  const host = (changes: Partial<PipelineOptions> = {}): Pipeline =>
    createPipeline({ ...ports, owns, ...pipeline, ...changes });
  const films = host();
  const old: OldWorld = { db, storage, video, ...(outputFolder === undefined ? {} : { outputFolder }) };
  /** What an old reader saw, each status once, in order. */
  const seen: { status: string[]; operations: string[] } = { status: [], operations: [] };

  const isKnown = async (videoId: string): Promise<boolean> =>
    (await engineOf(films).films.find(videoId)) !== undefined;

  async function ours(videoId: string): Promise<void> {
    if (!(await isKnown(videoId))) await takeOverFilm(films, videoId);
    await films.advance(videoId);
  }

  async function deliver(name: string): Promise<void> {
    const [videoId = '', file = ''] = [name.split('/')[0], name.split('/').slice(1).join('/')];
    const block = /^block_(\d+)\.mp4$/.exec(file)?.[1];
    if (file === 'script_v2.json') await (owns.video ? ours(videoId) : oldVideo(old, videoId));
    if (block !== undefined) await (owns.assembler ? ours(videoId) : oldAssembler(old, videoId, Number(block)));
    if (file.endsWith('sample_0.mp4') && owns.monitor && (await isKnown(videoId))) {
      await films.advance(videoId, { hint: { object: name } });
    }
  }

  async function documents(videoId: string) {
    const names = ['v2_video_status', 'v2_veo_operations'] as const;
    const [status, operations] = await Promise.all(names.map((name) => db.collection(name).doc(videoId).get()));
    return { status: status?.data(), operations: operations?.data() };
  }

  async function read(videoId: string): Promise<void> {
    const { status, operations } = await documents(videoId);
    const note = (list: string[], word: string): void => void (list.at(-1) === word || list.push(word));
    if (status) note(seen.status, readStatus(status));
    if (operations) note(seen.operations, readOperations(operations));
  }

  /** All events, then the scheduler's minute, until the film rests or `until` says so. */
  async function run(videoId: string, until: () => Promise<boolean> = async () => false): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      for (let name = events.shift(); name !== undefined; name = events.shift()) {
        await deliver(name);
        await read(videoId);
      }
      if (await until()) return;
      if (await isKnown(videoId)) {
        const { status } = await films.get(videoId);
        if (status !== 'running') return;
      }
      if (owns.monitor) await takeOver(films, { limit: 10 });
      else await oldMonitor(old);
      await films.tick({ limit: 10 });
      await read(videoId);
      await clock.advance(TURN_MS);
    }
    throw new Error(`film ${videoId} does not come to rest: ${JSON.stringify(seen)}`);
  }

  async function begin(videoId: string, seconds = 15): Promise<void> {
    if (owns.script) await films.create({ videoId, theme: 'Les abeilles', language: 'fr', durationSeconds: seconds });
    else await oldScript(old, videoId, seconds);
    if (owns.script) await films.advance(videoId);
  }

  const launches = () => ({
    all: video.books.length,
    old: video.books.filter(({ request }) => request.labels.by === OLD).length,
  });

  const close = async (): Promise<void> => {
    await Promise.all([store.close(), db.terminate()]);
  };

  /** One look of each side: events, the scheduler's minute. */
  async function turn(videoId: string): Promise<void> {
    for (let name = events.shift(); name !== undefined; name = events.shift()) await deliver(name);
    if (owns.monitor) await takeOver(films, { limit: 10 });
    else await oldMonitor(old);
    await films.tick({ limit: 10 });
    await read(videoId);
    await clock.advance(TURN_MS);
  }
  return {
    ...ports,
    store,
    db,
    old,
    films,
    host,
    events,
    seen,
    documents,
    read,
    begin,
    run,
    turn,
    deliver,
    launches,
    close,
  };
}
