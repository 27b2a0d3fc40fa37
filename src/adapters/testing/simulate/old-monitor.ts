/**
 * A program of another make that shares the films with us: a monitor that polls once a minute, launches the next extension by itself and
 * writes down what it did. It knows one document per film, and nothing of our state.
 */
import { ReelstateError } from '../../../core/errors.ts';
import { measureMp4 } from '../../../core/mp4.ts';
import { paths } from '../../../core/paths.ts';
import type { ForeignBlock, LaunchRequest, StateStore, Storage, VideoVendor } from '../../../core/ports.ts';
import { type FilmState, isForeign } from '../../../core/state.ts';
import type { Journal } from './journal.ts';
import type { World } from './world.ts';

export const OLD_MONITOR = 'old-monitor';
const EVERY_MS = 60_000;
const MOST_RETRIES = 3;

/** What both sides read and write of a film. */
interface Document {
  readonly status: 'generating' | 'ready' | 'failed';
  /** 1-based: the block whose operation is looked at. */
  readonly current: number;
  readonly operation: string;
  readonly total: number;
  readonly retries: number;
  readonly blocks: readonly ForeignBlock[];
}

/** The documents, and the store of ours that reads and writes them with its states. */
export interface Documents {
  readonly films: Map<string, Document>;
  /** Takes in what others wrote, and hands over the first operation, as stores with projections do. */
  beside(inner: StateStore): StateStore;
}

const conflict = (videoId: string): ReelstateError =>
  new ReelstateError('retryable', `The documents of ${videoId} say something else by now.`, {
    code: 'state-conflict',
    effect: 'none',
  });

/** The document that the first launch of ours makes. */
function handover(film: FilmState): Document | undefined {
  const take = film.blocks[0]?.takes.findLast(({ operation }) => operation !== undefined);
  if (take?.operation === undefined || isForeign(take)) return undefined;
  const { operation } = take;
  return {
    status: 'generating',
    current: 1,
    operation,
    total: film.plan.length,
    retries: 0,
    blocks: [{ block: 1, operation }],
  };
}

export function createDocuments(): Documents {
  const films = new Map<string, Document>();
  const told = (videoId: string): string => JSON.stringify(films.get(videoId) ?? null);
  /** What the documents said when that revision was saved. */
  const known = new Map<string, string>();
  // A revision names what the documents said when it was read: whoever saves over it has taken that in.
  const revisionOf = (revision: string, said: string): string => `${revision}\n${said}`;
  return {
    films,
    beside: (inner) => ({
      ...inner,
      load: async (videoId, options) => {
        const stored = await inner.load(videoId, options);
        if (stored === undefined) return undefined;
        const said = told(videoId);
        const isNews = known.get(stored.revision) !== said;
        const foreign = { blocks: films.get(videoId)?.blocks ?? [] };
        return { ...stored, revision: revisionOf(stored.revision, said), ...(isNews ? { foreign } : {}) };
      },
      save: async (request) => {
        const { videoId } = request;
        const [ifRevision = null, said = told(videoId)] = request.ifRevision?.split('\n') ?? [];
        if (said !== told(videoId)) throw conflict(videoId);
        const { revision } = await inner.save({ ...request, ifRevision });
        const first = films.get(videoId) === undefined ? handover(request.state as unknown as FilmState) : undefined;
        if (first) films.set(videoId, first);
        known.set(revision, told(videoId));
        return { revision: revisionOf(revision, told(videoId)) };
      },
    }),
  };
}

export interface OldMonitor {
  start(): void;
  /** It is switched off after the run that it is at; resolves when that is over. */
  retire(): Promise<void>;
}

interface Means {
  readonly world: World;
  readonly documents: Documents;
  /** As it is written to the journal. */
  readonly storage: Storage;
  readonly vendor: VideoVendor;
  readonly journal: () => Journal;
}

export function createOldMonitor({ world, documents, storage, vendor, journal }: Means): OldMonitor {
  const { films } = documents;
  let isRetired = false;
  let run: Promise<void> = Promise.resolve();
  const pause = (ms: number) => new Promise<void>((resolve) => void world.after(ms, resolve));
  const soon = (): Promise<void> => pause(100 + world.random() * 1500);

  async function launch(videoId: string, block: number, before: string | undefined): Promise<string> {
    const script = JSON.parse((await storage.text(paths.script(videoId)))?.text ?? '{}') as {
      blocks: { dialogue: string; visuel: string; duration: number }[];
    };
    const words = script.blocks[block - 1];
    const film = journal().present(videoId)?.film;
    if (words === undefined || film === undefined) throw new RangeError(`no block ${block}`);
    const { aspectRatio, resolution, language } = film.input;
    const name = paths.block(videoId, block - 1);
    const object = before === undefined ? undefined : await storage.head(name);
    const input =
      object === undefined
        ? {}
        : {
            extends: {
              uri: storage.uri(name),
              revision: object.revision,
              durationMs: (await measureMp4(storage.source(name))).durationMs,
              ...(before === undefined ? {} : { operation: before }),
            },
          };
    const request: LaunchRequest = {
      prompt: { dialogue: words.dialogue, language, visual: words.visuel },
      seconds: words.duration,
      aspectRatio,
      resolution,
      outputPlace: storage.uri(`${videoId}/veo/`),
      labels: { film: videoId, block: `${block}` },
      ...input,
    };
    await soon();
    const { operation } = await vendor.launch(request);
    // Until it writes, nobody else knows of it.
    await soon();
    return operation;
  }

  async function finish(videoId: string, document: Document, uri: string): Promise<void> {
    const { current, operation, total } = document;
    const root = storage.uri('x').slice(0, -1);
    const name = paths.block(videoId, current);
    const there = await storage.head(name);
    const from = await storage.head(uri.slice(root.length));
    if (from === undefined) return;
    await soon();
    await storage.copy(from, name, { ifRevision: there?.revision ?? null, contentType: 'video/mp4' });
    const done = document.blocks.map((entry) => (entry.block === current ? { ...entry, object: name } : entry));
    if (current === total) {
      await soon();
      films.set(videoId, { ...document, status: 'ready', blocks: done });
      return;
    }
    const next = await launch(videoId, current + 1, operation);
    const blocks = [...done, { block: current + 1, operation: next }];
    films.set(videoId, { ...document, current: current + 1, operation: next, blocks });
  }

  /** Buys it again with the same words, whatever the reason was. */
  async function again(videoId: string, document: Document): Promise<void> {
    const { current, retries } = document;
    if (retries >= MOST_RETRIES) {
      films.set(videoId, { ...document, status: 'failed' });
      return;
    }
    const before = document.blocks.find(({ block }) => block === current - 1)?.operation;
    const operation = await launch(videoId, current, before);
    const blocks = document.blocks.map((entry) => (entry.block === current ? { ...entry, operation } : entry));
    films.set(videoId, { ...document, operation, retries: retries + 1, blocks });
  }

  async function poll(): Promise<void> {
    for (const [videoId, document] of films) {
      if (document.status !== 'generating') continue;
      await soon();
      const look = await vendor.look(document.operation);
      if (look.status === 'running') continue;
      if (look.status === 'done') await finish(videoId, document, look.output.uri);
      else await again(videoId, document);
    }
  }

  function wait(): void {
    world.after(EVERY_MS, () => {
      if (isRetired) return;
      run = poll().finally(wait);
    });
  }

  return {
    start: wait,
    retire: () => {
      isRetired = true;
      return run;
    },
  };
}
