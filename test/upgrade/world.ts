/** A world in memory that can be frozen at any moment into JSON, and one that goes on from there. */
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
} from '../../src/adapters/memory/index.ts';
import { bytesOf } from '../../src/core/bytes.ts';
import type { Json, JsonObject } from '../../src/core/json.ts';
import { createPipeline, type Pipeline, type PipelineOptions } from '../../src/core/pipeline.ts';
import type {
  CounterChange,
  LaunchRequest,
  Look,
  SaveState,
  StateStore,
  Storage,
  StoredObject,
  VideoVendor,
} from '../../src/core/ports.ts';
import type { FilmState } from '../../src/core/state.ts';
import type { Scenario } from './scenarios.ts';

interface FrozenObject {
  readonly name: string;
  readonly revision: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** A text as it is, anything else as gzip in base64. */
  readonly text?: string;
  readonly gzip?: string;
}

/** What the vendor knows of a launch. */
interface FrozenOperation {
  readonly operation: string;
  readonly place: string;
  readonly outcome: string;
  /** Epoch ms at which its result is there. */
  readonly readyAt: number;
  /** The result: its name, and its bytes as gzip in base64. */
  readonly object?: string;
  readonly gzip?: string;
}

/** A moment of a film, as JSON. */
export interface Frozen {
  readonly scenario: string;
  /** Epoch ms. */
  readonly now: number;
  readonly videoId: string;
  readonly state: JsonObject;
  readonly save: Pick<SaveState, 'wakes' | 'index'>;
  readonly counters: Readonly<Record<string, number>>;
  readonly kv: Readonly<Record<string, Json>>;
  readonly objects: readonly FrozenObject[];
  readonly operations: readonly FrozenOperation[];
  /** What the uninterrupted run came to. */
  readonly end: End;
}

export interface End {
  readonly status: string;
  /** Everything that the vendor was ever asked to make. */
  readonly launches: number;
  readonly durationMs: number;
  readonly chargedUsd: number;
}

const isText = (contentType: string): boolean => /^text\/|json/.test(contentType);
const zip = (bytes: Uint8Array): string => gzipSync(bytes, { level: 9 }).toString('base64');
const unzip = (text: string): Uint8Array => new Uint8Array(gunzipSync(Buffer.from(text, 'base64')));

/** A storage in memory whose revisions are numbers, so that they are the same in every run; `frozen` objects keep theirs. */
async function numberedStorage(prefix: string, frozen: readonly FrozenObject[] = []) {
  const inner = memoryStorage();
  const outer = new Map<string, string>();
  const within = new Map<string, string>();
  const tie = (inside: string, outside: string): void => {
    outer.set(inside, outside);
    within.set(outside, inside);
  };
  const shown = <T extends StoredObject | undefined>(object: T): T => {
    if (object === undefined) return object;
    if (!outer.has(object.revision)) tie(object.revision, `${prefix}${outer.size + 1}`);
    return { ...object, revision: outer.get(object.revision) ?? '' };
  };
  const hidden = <T extends { readonly ifRevision?: string | null }>(options: T): T =>
    typeof options.ifRevision === 'string'
      ? { ...options, ifRevision: within.get(options.ifRevision) ?? options.ifRevision }
      : options;
  const storage: Storage = {
    uri: inner.uri,
    head: async (name, options) => shown(await inner.head(name, options)),
    list: async (name, options) => (await inner.list(name, options)).map(shown),
    put: async (name, body, options) => shown(await inner.put(name, body, hidden(options))),
    copy: async (from, to, options) => {
      const revision = within.get(from.revision) ?? from.revision;
      return shown(await inner.copy({ ...from, revision }, to, hidden(options)));
    },
    source: (name, { revision } = {}) =>
      inner.source(name, revision === undefined ? {} : { revision: within.get(revision) ?? revision }),
    text: async (name, options) => {
      const found = await inner.text(name, options);
      return found && { ...found, object: shown(found.object) };
    },
    remove: (name, options = {}) => inner.remove(name, hidden(options)),
  };
  for (const { name, revision, contentType, metadata, text, gzip } of frozen) {
    const body = text ?? unzip(gzip ?? '');
    tie((await inner.put(name, body, { ifRevision: null, contentType, metadata })).revision, revision);
  }
  return storage;
}

/** The same store; it remembers what was saved last and which counters and values there are. */
function observed(inner: StateStore) {
  const saves = new Map<string, SaveState>();
  const [counterKeys, kvKeys] = [new Set<string>(), new Set<string>()];
  const note = (changes: readonly CounterChange[] = []): void => {
    for (const { key } of changes) counterKeys.add(key);
  };
  let afterSave: (film: FilmState) => Promise<void> = async () => {};
  const state: StateStore = {
    ...inner,
    save: async (request) => {
      const saved = await inner.save(request);
      saves.set(request.videoId, request);
      note(request.counters);
      await afterSave(request.state as unknown as FilmState);
      return saved;
    },
    counters: {
      read: inner.counters.read,
      change: (changes, options) => {
        note(changes);
        return inner.counters.change(changes, options);
      },
    },
    kv: {
      get: inner.kv.get,
      set: (key, value, options) => {
        kvKeys.add(key);
        return inner.kv.set(key, value, options);
      },
    },
  };
  const onSave = (listener: typeof afterSave): void => {
    afterSave = listener;
  };
  return { state, saves, counterKeys, kvKeys, onSave };
}

/** A vendor that also knows what an earlier one was asked for: the same company, after our process died. */
function remembering(later: VideoVendor, storage: Storage, frozen: readonly FrozenOperation[], now: () => number) {
  const NEW = 'later/';
  const known = new Map(frozen.map((one) => [one.operation, one]));
  const delivered = new Set<string>();
  /** Puts what is ready by now into its place. */
  const deliver = async (): Promise<void> => {
    for (const { operation, readyAt, object, gzip } of frozen) {
      if (object === undefined || gzip === undefined || readyAt > now() || delivered.has(operation)) continue;
      delivered.add(operation);
      if (await storage.head(object)) continue;
      await storage.put(object, unzip(gzip), { ifRevision: null, contentType: 'video/mp4' });
    }
  };
  const lookAt = async ({ operation, outcome, object }: FrozenOperation): Promise<Look> => {
    if (outcome === 'refused')
      return { status: 'refused', message: 'Filtered by policy.', audio: false, supportCodes: [] };
    if (outcome === 'failed') return { status: 'failed', code: '13', message: 'Internal error.' };
    const isThere = delivered.has(operation) && object !== undefined;
    return isThere ? { status: 'done', output: { uri: storage.uri(object) } } : { status: 'running' };
  };
  const vendor: VideoVendor = {
    ...later,
    launch: async (request) => ({ operation: `${NEW}${(await later.launch(request)).operation}` }),
    look: async (operation, options) => {
      const old = known.get(operation);
      if (old) return lookAt(old);
      return operation.startsWith(NEW) ? later.look(operation.slice(NEW.length), options) : { status: 'gone' };
    },
  };
  const nextDelivery = (): number =>
    Math.min(Number.POSITIVE_INFINITY, ...frozen.map(({ readyAt }) => readyAt).filter((readyAt) => readyAt > now()));
  return { vendor, deliver, nextDelivery };
}

/** Everything that a scenario needs; with a frozen moment it goes on from there. */
export async function world(scenario: Scenario, from?: Frozen) {
  const clock = manualClock({ seed: from === undefined ? 1 : 2, ...(from === undefined ? {} : { now: from.now }) });
  const storage = await numberedStorage(from === undefined ? 'r' : 's', from?.objects);
  const kept = observed(memoryState());
  const { state } = kept;
  const adopting = scenario.adopting !== false;
  const fake = fakeVideo({
    clock,
    ...(adopting ? { storage } : {}),
    ...(from === undefined && scenario.outcomes ? { outcomes: scenario.outcomes } : {}),
  });
  const { vendor, deliver, nextDelivery } = remembering(fake, storage, from?.operations ?? [], () => clock.now());
  const launchedAt = new Map<string, number>();
  let afterLaunch: (request: LaunchRequest) => Promise<void> = async () => {};
  const video: VideoVendor =
    from === undefined
      ? {
          ...vendor,
          launch: async (request) => {
            const count = fake.books.length;
            try {
              return await fake.launch(request);
            } finally {
              const book = fake.books[count];
              if (book) launchedAt.set(book.operation, clock.now());
              if (book) await afterLaunch(request);
            }
          },
          look: fake.look,
        }
      : vendor;
  const llm = fakeLlm(from === undefined && scenario.answers ? { answers: scenario.answers } : {});
  const options: PipelineOptions = {
    storage,
    state,
    llm,
    video,
    transcription: fakeTranscriber(),
    media: { ...fakeMedia(), ...scenario.media?.() },
    clock,
    ...scenario.options,
  };
  const host = (changes: Partial<PipelineOptions> = {}): Pipeline => createPipeline({ ...options, ...changes });

  if (from !== undefined) {
    await state.save({ videoId: from.videoId, ifRevision: null, state: from.state, ...from.save });
    await state.counters.change(Object.entries(from.counters).map(([key, add]) => ({ key, add })));
    for (const [key, value] of Object.entries(from.kv)) await state.kv.set(key, value);
  }

  async function freeze(videoId: string): Promise<Omit<Frozen, 'end'>> {
    const save = kept.saves.get(videoId);
    if (save === undefined) throw new Error('nothing was saved yet');
    const objects: FrozenObject[] = [];
    for (const { name, revision, contentType, metadata } of await storage.list(`${videoId}/`)) {
      const bytes = await bytesOf(storage.source(name));
      const content = isText(contentType) ? { text: new TextDecoder().decode(bytes) } : { gzip: zip(bytes) };
      objects.push({ name, revision, contentType, metadata, ...content });
    }
    const counters = await Promise.all(
      [...kept.counterKeys].sort().map(async (key) => [key, (await state.counters.read([key]))[0] ?? 0] as const),
    );
    const kv = await Promise.all([...kept.kvKeys].sort().map(async (key) => [key, await state.kv.get(key)] as const));
    const { wakes, index } = save;
    const frozen = {
      scenario: scenario.name,
      now: clock.now(),
      videoId,
      state: save.state,
      save: { wakes, index },
      counters: Object.fromEntries(counters.filter(([, value]) => value !== 0)),
      kv: Object.fromEntries(kv),
      objects,
      operations: await Promise.all(fake.books.map((book) => frozenOperation(book, videoId))),
    };
    return JSON.parse(JSON.stringify(frozen)) as Omit<Frozen, 'end'>;
  }

  /** What the vendor will deliver is what it would have delivered: asked of a vendor without a clock, which is ready at once. */
  async function frozenOperation(book: (typeof fake.books)[number], videoId: string): Promise<FrozenOperation> {
    const { operation, request, outcome } = book;
    const place = request.outputPlace ?? '';
    const readyAt = (launchedAt.get(operation) ?? clock.now()) + 60_000;
    const base = { operation, place, outcome: typeof outcome === 'string' ? outcome : 'done', readyAt };
    if (!adopting || !['done', 'lost-answer'].includes(base.outcome)) return base;
    const object = `${place.slice(place.indexOf(`${videoId}/`))}${operation.replace(/\D/g, '')}/sample_0.mp4`;
    const elsewhere = memoryStorage();
    const twin = fakeVideo({ storage: elsewhere });
    await twin.launch(request);
    const made = (await elsewhere.list('')).find(({ name }) => name.endsWith('.mp4'));
    if (made === undefined) throw new Error('the vendor made nothing');
    return { ...base, object, gzip: zip(await bytesOf(elsewhere.source(made.name))) };
  }

  /** Takes under way are watched to their end after the film's own. */
  async function settle(videoId: string, films: Pipeline): Promise<void> {
    for (let turn = 0; turn < 100; turn += 1) {
      const takes = (await films.get(videoId)).blocks.flatMap((block) => block.takes);
      if (takes.every(({ status }) => !['intended', 'launched', 'unknown'].includes(status))) return;
      await deliver();
      await films.advance(videoId);
      await clock.advance(30_000);
    }
  }

  /** Time passes until the film has come to its end; a person answers as the scenario says. */
  async function end(videoId: string, films = host()): Promise<End> {
    for (let turn = 0; turn < 2000; turn += 1) {
      await deliver();
      const film = await films.advance(videoId);
      const isDone = film.status !== 'waiting' && !(await scenario.respond?.(film, films, { clock, storage, state }));
      if (isDone) {
        await settle(videoId, films);
        const durationMs = film.status === 'completed' ? film.output.durationMs : 0;
        const launches = (from?.operations.length ?? 0) + fake.books.length;
        return { status: film.status, launches, durationMs, chargedUsd: (await films.get(videoId)).cost.chargedUsd };
      }
      const wakeAt = film.status === 'waiting' ? film.wakeAt : 0;
      await clock.advance(Math.max(1, Math.min(wakeAt, nextDelivery()) - clock.now()));
    }
    throw new Error('the film does not come to rest');
  }

  return {
    clock,
    state,
    storage,
    host,
    end,
    freeze,
    video: fake,
    onSave: kept.onSave,
    onLaunch: (listener: typeof afterLaunch): void => {
      afterLaunch = listener;
    },
  };
}
