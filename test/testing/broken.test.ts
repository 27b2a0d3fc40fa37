import { describe, expect, it } from 'vitest';
import {
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
  memoryStorage,
  tinyMp4,
} from '../../src/adapters/memory/index.ts';
import {
  type ContractCase,
  clockContract,
  llmContract,
  mediaContract,
  stateContract,
  storageContract,
  transcriptionContract,
  videoContract,
} from '../../src/adapters/testing/index.ts';
import { sourceOf } from '../../src/core/bytes.ts';
import type { Clock, Media, StateStore, Storage, Transcriber, VideoVendor } from '../../src/core/ports.ts';

/** The promises that an adapter breaks. */
async function broken(cases: readonly ContractCase[]): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of cases) await run().catch(() => names.push(name));
  return names;
}

const storageWith = (breaking: (storage: Storage) => Partial<Storage>) =>
  broken(
    storageContract(() => {
      const storage = memoryStorage();
      return { ...storage, ...breaking(storage) };
    }),
  );

describe('the storage contract catches a storage that', () => {
  it('is not broken: nothing', async () => {
    expect(await storageWith(() => ({}))).toEqual([]);
  });

  it('ignores ifRevision', async () => {
    const blind = (storage: Storage): Partial<Storage> => ({
      put: async (name, body, options) =>
        storage.put(name, body, { ...options, ifRevision: (await storage.head(name))?.revision ?? null }),
    });
    expect(await storageWith(blind)).toEqual(
      expect.arrayContaining([
        'create-only refuses an existing name and changes nothing',
        'an old revision replaces nothing',
        'a revision of a name that is not there replaces nothing',
      ]),
    );
  });

  it('looks first and writes later', async () => {
    const racy = (storage: Storage): Partial<Storage> => ({
      put: async (name, body, options) => {
        const present = (await storage.head(name))?.revision ?? null;
        if (present !== options.ifRevision) return storage.put(name, body, options);
        for (;;) {
          await new Promise(setImmediate);
          const ifRevision = (await storage.head(name))?.revision ?? null;
          const written = await storage.put(name, body, { ...options, ifRevision }).catch((error) => {
            if (error.code !== 'precondition-failed') throw error;
          });
          if (written) return written;
        }
      },
    });
    expect(await storageWith(racy)).toEqual(
      expect.arrayContaining([
        'of several that create a name exactly one succeeds',
        'of several that replace a revision exactly one succeeds',
      ]),
    );
  });

  it('numbers its revisions by content', async () => {
    const rename = async (storage: Storage, name: string) => `content-${(await storage.text(name))?.text}`;
    const byContent = (storage: Storage): Partial<Storage> => ({
      put: async (name, body, options) => {
        const same = options.ifRevision !== null && options.ifRevision === (await rename(storage, name));
        const ifRevision = same ? ((await storage.head(name))?.revision ?? null) : options.ifRevision;
        const object = await storage.put(name, body, { ...options, ifRevision });
        return { ...object, revision: await rename(storage, name) };
      },
    });
    expect(await storageWith(byContent)).toContain(
      'a revision never comes back, not for the same content and not after a removal',
    );
  });

  it('serves the newest bytes under an old revision', async () => {
    const newest = (storage: Storage): Partial<Storage> => ({ source: (name) => storage.source(name) });
    expect(await storageWith(newest)).toEqual(['a source pinned to a revision never gives the bytes of another']);
  });

  it('copies whatever is there now', async () => {
    const newest = (storage: Storage): Partial<Storage> => ({
      copy: async (from, to, options) => {
        const revision = (await storage.head(from.name))?.revision ?? from.revision;
        return storage.copy({ name: from.name, revision }, to, options);
      },
    });
    expect(await storageWith(newest)).toEqual(['only the named revision is copied']);
  });

  it('loses metadata', async () => {
    const bare = (storage: Storage): Partial<Storage> => ({
      put: (name, body, { metadata: _, ...options }) => storage.put(name, body, options),
    });
    expect(await storageWith(bare)).toContain('a new object is there at once, as its put said');
  });

  it('treats a prefix as a folder', async () => {
    const folders = (storage: Storage): Partial<Storage> => ({
      list: async (prefix) => storage.list(prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`),
    });
    expect(await storageWith(folders)).toContain('a list has every object with the prefix, by name, with its revision');
  });

  it('takes any name', async () => {
    const anything = (storage: Storage): Partial<Storage> => ({
      put: (name, body, options) => storage.put(name.replace(/[^a-z]/g, 'x') || 'x', body, options),
    });
    expect(await storageWith(anything)).toContain('names that could leave the root are refused');
  });

  it('publishes half of a stream that broke', async () => {
    const hasty = (storage: Storage): Partial<Storage> => ({
      put: async (name, body, options) => {
        if (typeof body === 'string' || body instanceof Uint8Array) return storage.put(name, body, options);
        const chunks: Uint8Array[] = [];
        try {
          for await (const chunk of body.open()) chunks.push(chunk);
        } catch {
          // This is the bug: what has come so far is written.
        }
        return storage.put(name, new Uint8Array(Buffer.concat(chunks)), options);
      },
    });
    expect(await storageWith(hasty)).toEqual(['a stream that breaks leaves the old content, or none']);
  });

  it('does not listen to its signal', async () => {
    const deaf = (storage: Storage): Partial<Storage> => ({ head: (name) => storage.head(name) });
    expect(await storageWith(deaf)).toEqual(['an aborted call is cancelled and writes nothing']);
  });
});

const stateWith = (breaking: (store: StateStore) => Partial<StateStore>) =>
  broken(
    stateContract(() => {
      const store = memoryState();
      return { ...store, ...breaking(store) };
    }),
  );

describe('the state contract catches a store that', () => {
  it('is not broken: nothing', async () => {
    expect(await stateWith(() => ({}))).toEqual([]);
  });

  it('overwrites blindly', async () => {
    const blind = (store: StateStore): Partial<StateStore> => ({
      save: async (request) =>
        store.save({ ...request, ifRevision: (await store.load(request.videoId))?.revision ?? null }),
    });
    expect(await stateWith(blind)).toEqual(
      expect.arrayContaining([
        'a film is created once',
        'a save under an old revision is refused and changes nothing',
        'a refused save leaves its counters alone',
      ]),
    );
  });

  it('changes its counters before it looks at the revision', async () => {
    const early = (store: StateStore): Partial<StateStore> => ({
      save: async ({ counters = [], ...request }) => {
        await store.counters.change(counters);
        return store.save(request);
      },
    });
    expect(await stateWith(early)).toEqual(['a refused save leaves its counters alone']);
  });

  it('ignores limits', async () => {
    const generous = (store: StateStore): Partial<StateStore> => ({
      save: ({ counters = [], ...request }) =>
        store.save({ ...request, counters: counters.map(({ key, add }) => ({ key, add })) }),
    });
    expect(await stateWith(generous)).toEqual(
      expect.arrayContaining(['a value may reach its limit', 'several saves at once never pass a limit']),
    );
  });

  it('gives a claimed film again', async () => {
    const forgetful = (store: StateStore): Partial<StateStore> => ({
      claimDue: (request) => store.claimDue({ ...request, leaseMs: 0 }),
    });
    expect(await stateWith(forgetful)).toContain('a film is due from its wake on, and pushed forward by the claim');
  });

  it('claims whatever is due, for any role', async () => {
    const greedy = (store: StateStore): Partial<StateStore> => ({
      claimDue: (request) => store.claimDue({ ...request, roles: ['script', 'video', 'monitor', 'assembler'] }),
    });
    expect(await stateWith(greedy)).toContain('a host is given only the wakes of its roles');
  });

  it('keeps objects and not text', async () => {
    const states = new Map<string, unknown>();
    const aliased = (store: StateStore): Partial<StateStore> => ({
      save: async (request) => {
        const saved = await store.save(request);
        states.set(request.videoId, request.state);
        return saved;
      },
      load: async (videoId, options) => {
        const loaded = await store.load(videoId, options);
        return loaded && { ...loaded, state: states.get(videoId) as typeof loaded.state };
      },
    });
    expect(await stateWith(aliased)).toEqual([
      'a state is JSON: what serialisation loses is lost',
      'nothing is shared with the caller',
    ]);
  });

  it('begins every page at the first', async () => {
    const counted = (store: StateStore): Partial<StateStore> => ({
      list: async (filter, { limit }) => store.list(filter, { limit }),
    });
    expect(await stateWith(counted)).toEqual(['pages run from the newest and hold every film once']);
  });
});

const settingOf = (vendor: VideoVendor) => ({ video: vendor, finish: () => {} });
const film = { durationMs: 8000, width: 720, height: 1280 };
const mediaWith = (breaking: (media: Media) => Partial<Media>) =>
  broken(
    mediaContract(() => {
      const media = fakeMedia();
      return { media: { ...media, ...breaking(media) }, film: sourceOf(tinyMp4(film)), ...film };
    }),
  );

describe('the vendors’ contracts catch', () => {
  it('a video vendor that launches although it was aborted', async () => {
    const deaf = () => {
      const video = fakeVideo();
      return settingOf({ ...video, launch: ({ signal: _, ...request }) => video.launch(request) });
    };
    expect(await broken(videoContract(deaf))).toEqual(['an aborted launch posts nothing']);
  });

  it('a video vendor that knows every operation', async () => {
    const eager = () => settingOf({ ...fakeVideo(), look: async () => ({ status: 'running' }) });
    expect(await broken(videoContract(eager))).toEqual(
      expect.arrayContaining(['an operation that the vendor never heard of is gone']),
    );
  });

  it('a video vendor that writes outside its place', async () => {
    const stray = () => {
      const video = fakeVideo({ storage: memoryStorage() });
      return settingOf({
        ...video,
        launch: (request) => video.launch({ ...request, outputPlace: 'memory://storage/elsewhere/' }),
      });
    };
    expect(await broken(videoContract(stray))).toEqual(['a finished operation names its video, again and again']);
  });

  it('a lost answer that claims to be proof of no launch', async () => {
    const cases = videoContract(() => settingOf(fakeVideo()), {
      answerLost: () => ({ video: fakeVideo({ outcomes: ['not-connected'] }) }),
    });
    expect(await broken(cases)).toEqual(['a launch whose answer was lost may have started something']);
  });

  it('a language model that answers with something else, or in fractions of a micro-dollar', async () => {
    const other = () => ({ llm: fakeLlm({ answers: [{ name: 'no title' }] }) });
    expect(await broken(llmContract(other))).toEqual([
      'an answer is the JSON that was asked for, with the model’s own text and its tokens',
    ]);
    const fractions = () => ({ llm: { ...fakeLlm(), price: ({ input }: { input: number }) => input * 0.0001 } });
    expect(await broken(llmContract(fractions))).toEqual([
      'a price is in whole micro-dollars and grows with the tokens',
    ]);
  });

  it('a transcriber whose words overlap', async () => {
    const overlapping: Transcriber = {
      ...fakeTranscriber(),
      transcribe: async () => ({
        words: [
          { text: 'one', startMs: 0, endMs: 600 },
          { text: 'two', startMs: 500, endMs: 900 },
        ],
        segments: [],
      }),
    };
    const make = () => ({ transcriber: overlapping, audio: sourceOf(new Uint8Array()), durationMs: 1000 });
    expect(await broken(transcriptionContract(make))).toContain(
      'words and segments are in order, inside the audio and without overlaps',
    );
  });

  it('a cutter that forgets where to end', async () => {
    expect(await mediaWith((media) => ({ cut: ({ endMs: _, ...request }) => media.cut(request) }))).toEqual([
      'a cut ends where it is told to',
    ]);
  });

  it('a prober that believes anything', async () => {
    const info = { ...film, framesPerSecond: 24, frames: 192, hasAudio: true, videoCodec: 'h264' };
    expect(await mediaWith(() => ({ probe: async () => info }))).toContain('what is no film is unusable');
  });

  it('a clock that cannot be interrupted', async () => {
    const make = () => {
      const manual = manualClock();
      const clock: Clock = {
        ...manual,
        sleep: async (ms, signal) => {
          await manual.sleep(signal === undefined ? ms : 0);
        },
      };
      return { clock, advance: manual.advance };
    };
    expect(await broken(clockContract(make))).toEqual(['an aborted sleep rejects with the reason of its signal']);
  });
});
