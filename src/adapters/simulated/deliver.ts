/** Brings operations to their end: renders each once, whichever processes ask for it, and puts it below its output place. */
import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { throwIfAborted } from '../../core/bytes.ts';
import type { Clock } from '../../core/ports.ts';
import type { Delivered, Journal, JournalEntry, Launched } from './journal.ts';
import { withFileLock } from './locks.ts';
import { seeded } from './random.ts';
import { moveInto, operationFolder, type Rendered, type RenderOptions, render } from './render.ts';

export interface Delivery {
  /**
   * The operation's delivery, made now if it is time; undefined where another process is at it or the time has not come. Before its time
   * the video is rendered ahead. Who aborts stops waiting; the rendering goes on.
   */
  deliver(
    operation: Launched,
    options: { readonly background: boolean; readonly signal?: AbortSignal | undefined },
  ): Promise<Delivered | undefined>;
}

export interface DeliveryOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly render: Omit<RenderOptions, 'width' | 'height' | 'background'>;
  /** Of a portrait video; resolutions decide where it is not given. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

/** Two cores are what a small machine has. */
const AT_ONCE = 2;
const DRAFT = 'draft.mp4';
const NOTE = 'draft.json';

export function createDelivery({ journal, clock, render: options, size }: DeliveryOptions): Delivery {
  const { folder } = options;
  const underWay = new Map<string, Promise<Delivered | undefined>>();
  const inTurn = limitConcurrency(AT_ONCE);

  const work = async (operation: Launched, background: boolean): Promise<Delivered | undefined> => {
    const place = operationFolder(folder, operation.number);
    return withFileLock(join(place, 'lock'), async () => {
      const entries = await journal.entries();
      const before = findDelivered(entries, operation.operation);
      if (before) return before;
      await removeLeftovers(place);
      const chain = chainOf(entries, operation);
      const draft = join(place, DRAFT);
      const [width, height] = size ? [size.width, size.height] : FRAME[operation.request.resolution];
      const made =
        (await readNote(place)) ??
        (await inTurn(() => render(chain, draft, { ...options, width, height, background })));
      await writeNote(place, made);
      if (clock.now() < operation.readyAt) return undefined;
      const target = outputPath(operation, folder);
      // Whoever died between the two lines below has delivered, and a second file would be another object.
      if (!(await exists(target))) await moveInto(draft, target);
      if (operation.outcome.type === 'duplicate-output') await duplicate(target, place);
      const delivered: Delivered = {
        event: 'delivered',
        at: clock.now(),
        operation: operation.operation,
        uri: pathToFileURL(target).href,
        ...made,
      };
      await journal.append(delivered);
      return delivered;
    });
  };

  const begin = (operation: Launched, background: boolean) => {
    const now = work(operation, background).finally(() => underWay.delete(operation.operation));
    underWay.set(operation.operation, now);
    now.catch(() => undefined);
    return now;
  };

  return {
    async deliver(operation, { background, signal }) {
      for (;;) {
        const known = underWay.get(operation.operation);
        const now = known ?? begin(operation, background);
        const delivered = await (background ? now : waitFor(now, signal));
        // A rendering that began before its time has ended after it.
        if (delivered || !known || clock.now() < operation.readyAt) return delivered;
      }
    },
  };
}

const FRAME = { '720p': [720, 1280], '1080p': [1080, 1920], '4k': [2160, 3840] } as const;

export const findDelivered = (entries: readonly JournalEntry[], operation: string): Delivered | undefined =>
  entries.find((entry): entry is Delivered => entry.event === 'delivered' && entry.operation === operation);

export const findLaunched = (entries: readonly JournalEntry[], operation: string): Launched | undefined =>
  entries.find((entry): entry is Launched => entry.event === 'launched' && entry.operation === operation);

/** The operation behind everything that it extends, the first one first. */
export function chainOf(entries: readonly JournalEntry[], operation: Launched): Launched[] {
  const before = operation.request.extends && findLaunched(entries, operation.request.extends.operation);
  return before ? [...chainOf(entries, before), operation] : [operation];
}

/** Like Vertex AI: a folder named by a 64-bit number, and in it the first sample. */
function outputPath({ operation, number, request }: Launched, folder: string): string {
  const random = seeded('output', operation);
  const digits = Array.from({ length: 20 }, (_, i) =>
    Math.floor(random() * (i === 0 ? 1 : 10) + (i === 0 ? 1 : 0)),
  ).join('');
  const place = isFileUri(request.outputPlace)
    ? fileURLToPath(request.outputPlace)
    : join(operationFolder(folder, number), 'output');
  return join(place, digits, 'sample_0.mp4');
}

export const isFileUri = (uri: string): boolean => uri.startsWith('file:///');

async function duplicate(target: string, place: string): Promise<void> {
  const copy = join(place, 'copy.mp4');
  await copyFile(target, copy);
  await moveInto(copy, target.replace(/sample_0\.mp4$/, 'sample_1.mp4'));
}

const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined)) !== undefined;

/** What is known of a draft; it appears after the draft, whole. */
async function readNote(place: string): Promise<Rendered | undefined> {
  const text = await readFile(join(place, NOTE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Rendered);
}

async function writeNote(place: string, made: Rendered): Promise<void> {
  const partial = join(place, `${NOTE}.part`);
  await writeFile(partial, JSON.stringify(made), { flush: true });
  await rename(partial, join(place, NOTE));
}

/** What a killed process left here; called under the operation's lock. */
async function removeLeftovers(place: string): Promise<void> {
  const names = await readdir(place);
  await Promise.all(
    names
      .filter((name) => name.startsWith('work-'))
      .map((name) => rm(join(place, name), { recursive: true, force: true })),
  );
}

/** Renderings do not keep a process alive; somebody who waits for one does, until it is told to leave. */
async function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfAborted(signal);
  const hold = setInterval(() => undefined, 60_000);
  const left = Promise.withResolvers<never>();
  const leave = () => left.reject(signal?.reason);
  signal?.addEventListener('abort', leave);
  try {
    return await Promise.race([work, left.promise]);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    clearInterval(hold);
    signal?.removeEventListener('abort', leave);
  }
}

function limitConcurrency(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
      waiting.shift()?.();
    }
  };
}
