/** Films whose processes are killed without warning, again and again, next to a vendor that outlives them and keeps its own books. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { folder } from '../../../src/adapters/local/index.ts';
import { tinyMp4 } from '../../../src/adapters/memory/index.ts';
import { seeded } from '../../../src/adapters/memory/seeded.ts';
import type { Storage } from '../../../src/core/ports.ts';
import { VIDEO } from './setting.ts';

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url));
const BLOCKS = 2;
const MAX_LIVES = 40;

export interface KillRound {
  readonly kills: number;
  /** Per take's place, how often the vendor was asked to make it. */
  readonly launches: Readonly<Record<string, number>>;
  /** What is wrong, if anything is. */
  readonly broken: readonly string[];
}

interface Wanted {
  readonly outputPlace: string;
  readonly seconds: number;
  readonly dialogue: string;
  readonly before: number;
}

async function openVendor(storage: Storage) {
  const books: (Wanted & { readonly operation: string; done: boolean })[] = [];
  const root = storage.uri('x').slice(0, -1);
  const deliver = async (entry: (typeof books)[number]): Promise<void> => {
    const { outputPlace, operation, before, seconds, dialogue } = entry;
    const name = `${outputPlace.slice(root.length)}${operation.replace(/\D/g, '')}/sample_0.mp4`;
    const durationMs = before + seconds * 1000;
    const said = [{ text: dialogue, fromMs: before + 300, toMs: durationMs - 300 }];
    await storage.put(name, tinyMp4({ durationMs, said }), { ifRevision: null, contentType: 'video/mp4' });
    entry.done = true;
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (value: unknown): void => void response.end(JSON.stringify(value));
      if (request.url !== '/launch') {
        const entry = books.find(({ operation }) => `/${operation}` === request.url);
        if (entry === undefined) return answer({ status: 'gone' });
        const uri = `${entry.outputPlace}${entry.operation.replace(/\D/g, '')}/sample_0.mp4`;
        return answer(entry.done ? { status: 'done', output: { uri } } : { status: 'running' });
      }
      const wanted = JSON.parse(Buffer.concat(chunks).toString()) as Wanted;
      const entry = { ...wanted, operation: `operations/${String(books.length + 1).padStart(12, '0')}`, done: false };
      books.push(entry);
      setTimeout(() => void deliver(entry), 80);
      // An answer takes its time: a kill may fall between the launch and it.
      setTimeout(() => answer({ operation: entry.operation }), 30);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, books, close: () => server.close() };
}

/** One life of the film's process; killed so many ms after it began, or not. */
async function live(place: string, url: string, killAfterMs: number | undefined): Promise<string | undefined> {
  const child = spawn(process.execPath, [CHILD, place, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  let last: string | undefined;
  const ended = new Promise<void>((resolve, reject) => child.once('error', reject).once('close', () => resolve()));
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line === 'begun' && killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  }
  await ended;
  return last === 'begun' ? undefined : last;
}

/** Makes one film through up to `kills` sudden deaths and looks at what the vendor and the folder say. */
export async function killRound(seed: number): Promise<KillRound> {
  const place = mkdtempSync(join(tmpdir(), 'reelstate-kill-'));
  const storage = folder(join(place, 'films'));
  const vendor = await openVendor(storage);
  const random = seeded(seed);
  const planned = 1 + Math.floor(random() * 4);
  const broken: string[] = [];
  let kills = 0;
  try {
    let end: string | undefined;
    for (let life = 0; end === undefined && life < MAX_LIVES; life += 1) {
      const killAfterMs = kills < planned ? Math.floor(random() * random() * 900) : undefined;
      end = await live(place, vendor.url, killAfterMs);
      if (end === undefined) kills += 1;
    }
    if (end !== 'completed') broken.push(`the film ended as ${end ?? 'nothing'}`);
    if (!existsSync(join(place, 'films', VIDEO, 'final.mp4'))) broken.push('there is no final.mp4');
    const launches: Record<string, number> = {};
    for (const { outputPlace } of vendor.books) {
      const take = outputPlace.split('/').at(-2) ?? '';
      launches[take] = (launches[take] ?? 0) + 1;
    }
    for (const [take, count] of Object.entries(launches)) {
      if (count > 1) broken.push(`take ${take} was launched ${count} times`);
    }
    if (vendor.books.length > BLOCKS) broken.push(`${vendor.books.length} launches for ${BLOCKS} blocks`);
    return { kills, launches, broken };
  } finally {
    vendor.close();
    rmSync(place, { recursive: true, force: true });
  }
}
