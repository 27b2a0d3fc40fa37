/** A vendor that outlives every process of the film: it films, delivers into the film's folder by itself, and keeps its own books. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Storage } from '../../../src/core/ports.ts';
import type { Footage, Said } from './footage.ts';
import { quickModel, secondsOf } from './setting.ts';

/** What a launch says. */
export interface Wanted {
  readonly outputPlace: string;
  readonly seconds: number;
  readonly dialogue: string;
  /** URI of the video that is continued. */
  readonly extends?: string;
}

/** A launch in the vendor's books: it is paid for from the moment it is written down. */
export interface Entry extends Wanted {
  readonly operation: string;
  readonly microUsd: number;
  readonly blocks: number;
  readonly said: readonly Said[];
  /** URI of the result, and how long it took; nothing before it is there. */
  delivered?: { readonly uri: string; readonly bytes: Uint8Array; readonly afterMs: number };
}

export interface Vendor {
  readonly url: string;
  readonly books: readonly Entry[];
  close(): Promise<void>;
}

const MARGIN_MS = 150;
const PRICE = quickModel.pricePerSecond['720p'] ?? 0;

function entryOf(wanted: Wanted, books: readonly Entry[]): Entry {
  const before = books.find(({ delivered }) => delivered !== undefined && delivered.uri === wanted.extends);
  const blocks = (before?.blocks ?? 0) + 1;
  const toMs = secondsOf(blocks) * 1000;
  const line = { text: wanted.dialogue, fromMs: toMs - wanted.seconds * 1000 + MARGIN_MS, toMs: toMs - MARGIN_MS };
  return {
    ...wanted,
    operation: `operations/${String(books.length + 1).padStart(12, '0')}`,
    microUsd: wanted.seconds * PRICE,
    blocks,
    said: [...(before?.said ?? []), line],
  };
}

/** `delayMs` is asked per launch: how long filming takes. */
export async function openVendor(storage: Storage, footage: Footage, delayMs: () => number): Promise<Vendor> {
  const books: Entry[] = [];
  const root = storage.uri('');
  const underWay = new Set<Promise<void>>();
  const deliver = async (entry: Entry, startedAt: number): Promise<void> => {
    const uri = `${entry.outputPlace}${entry.operation.replace(/\D/g, '')}/sample_0.mp4`;
    const bytes = footage.take(entry.blocks, { operation: entry.operation, said: entry.said });
    await storage.put(uri.slice(root.length), bytes, { ifRevision: null, contentType: 'video/mp4' });
    entry.delivered = { uri, bytes, afterMs: performance.now() - startedAt };
  };
  const launch = (wanted: Wanted): Entry => {
    const entry = entryOf(wanted, books);
    const startedAt = performance.now();
    books.push(entry);
    const ready = new Promise<void>((resolve) => setTimeout(resolve, delayMs()));
    const delivery = ready.then(() => deliver(entry, startedAt)).finally(() => underWay.delete(delivery));
    underWay.add(delivery);
    return entry;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (value: unknown): void => void response.end(JSON.stringify(value));
      if (request.url !== '/launch') {
        const entry = books.find(({ operation }) => `/${operation}` === request.url);
        if (entry === undefined) return answer({ status: 'gone' });
        const uri = entry.delivered?.uri;
        return answer(uri === undefined ? { status: 'running' } : { status: 'done', output: { uri } });
      }
      const { operation } = launch(JSON.parse(Buffer.concat(chunks).toString()) as Wanted);
      // An answer takes its time: a kill may fall between the launch and it.
      setTimeout(() => answer({ operation }), 30);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    books,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.allSettled(underWay);
    },
  };
}
