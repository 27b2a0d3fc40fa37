/**
 * The one paid check that settles what no document says about Veo on Vertex AI: does an extension come back whole or as its new seconds, does
 * it work at 9:16, and does an operation finish whose launch was never answered. Three launches of 8 + 7 + 4 s, about $1.90.
 */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReelstateError } from '../../src/core/errors.ts';
import { measureMp4 } from '../../src/core/mp4.ts';
import type { LaunchRequest, Storage, VideoVendor } from '../../src/core/ports.ts';

export interface VerifyOptions {
  readonly storage: Storage;
  /** The vendor as it is used. */
  readonly video: VideoVendor;
  /** The same vendor, whose launch is sent and never answered: made with {@link droppingFetch}. */
  readonly dropped: VideoVendor;
  /** Place below which everything lies; ends in `/`. */
  readonly place: string;
  readonly tell: (line: string) => void;
  /** @default 5000 */
  readonly everyMs?: number;
  /** How long the result of the dropped launch is waited for. @default 15 minutes */
  readonly patienceMs?: number;
}

export interface VerifiedBlock {
  readonly object: string;
  readonly durationMs: number;
  readonly width: number;
  readonly height: number;
  readonly hasAudio: boolean;
  readonly seconds: number;
}

export interface Verified {
  readonly date: string;
  readonly model: string;
  readonly first: VerifiedBlock;
  readonly extension: VerifiedBlock & {
    readonly comesAs: 'combined' | 'new-seconds' | 'neither';
    readonly keepsPortrait: boolean;
  };
  readonly dropped: {
    /** What the adapter said of the launch: must be `unknown`. */
    readonly effect: string;
    readonly finished: boolean;
    readonly durationMs?: number;
    /** From the dropped launch to its result, or to the end of patience. */
    readonly seconds: number;
  };
}

export const SECONDS = [8, 7, 4] as const;

/** Dollars of the three launches. */
export const priceUsd = ({ model }: VideoVendor): number =>
  (SECONDS.reduce<number>((sum, seconds) => sum + seconds, 0) * (model.pricePerSecond['720p'] ?? 0)) / 1_000_000;

/** Sends the whole request and hangs up before the answer, as a machine does that dies at that moment. */
export function droppingFetch(afterMs = 300): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = Buffer.from(await request.arrayBuffer());
    const send = request.url.startsWith('https:') ? httpsRequest : httpRequest;
    await new Promise<void>((resolve, reject) => {
      const sent = send(request.url, { method: request.method, headers: Object.fromEntries(request.headers) });
      sent.on('error', reject);
      sent.on('finish', () => {
        // What was written has left by then; an answer that is already here is not looked at.
        setTimeout(() => {
          sent.destroy();
          resolve();
        }, afterMs);
      });
      sent.end(body);
    });
    throw new TypeError('fetch failed', { cause: Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }) });
  };
}

const ask = (options: VerifyOptions, take: string, seconds: number): LaunchRequest => ({
  prompt: {
    dialogue: 'A day on this small planet lasts ten hours.',
    language: 'en',
    visual: 'A friendly astronomer in a blue coat stands in an observatory at night and speaks to the camera',
  },
  seconds,
  aspectRatio: '9:16',
  resolution: '720p',
  outputPlace: options.storage.uri(`${options.place}${take}/`),
  labels: { film: 'verify-live', block: take, take: '1' },
});

async function resultBelow({ storage, video, place }: VerifyOptions, take: string) {
  const objects = await storage.list(`${place}${take}/`);
  return objects.find(({ name }) => video.outputs?.test(name) ?? name.endsWith('.mp4'));
}

async function measured(
  { storage }: VerifyOptions,
  object: { readonly name: string; readonly revision: string },
  startedAt: number,
): Promise<VerifiedBlock> {
  const { durationMs, width, height, hasAudio } = await measureMp4(
    storage.source(object.name, { revision: object.revision }),
  );
  return {
    object: object.name,
    durationMs,
    width,
    height,
    hasAudio,
    seconds: Math.round((Date.now() - startedAt) / 1000),
  };
}

async function made(
  options: VerifyOptions,
  take: string,
  request: LaunchRequest,
): Promise<VerifiedBlock & { readonly revision: string }> {
  const { video, tell, everyMs = 5000 } = options;
  const startedAt = Date.now();
  const { operation } = await video.launch(request);
  tell(`launched ${take}: ${request.seconds} s`);
  for (;;) {
    const look = await video.look(operation);
    if (look.status === 'done') break;
    if (look.status !== 'running') throw new Error(`${take}: the vendor says ${look.status}`);
    await sleep(everyMs);
  }
  const object = await resultBelow(options, take);
  if (object === undefined) throw new Error(`${take}: nothing lies in its place`);
  const block = await measured(options, object, startedAt);
  tell(
    `done ${take}: ${(block.durationMs / 1000).toFixed(2)} s, ${block.width}x${block.height}, after ${block.seconds} s`,
  );
  return { ...block, revision: object.revision };
}

async function droppedOne(options: VerifyOptions): Promise<Verified['dropped']> {
  const { dropped, tell, everyMs = 5000, patienceMs = 15 * 60_000 } = options;
  const startedAt = Date.now();
  const error = await dropped.launch(ask(options, 'dropped', 4)).then(
    () => new ReelstateError('permanent', 'It was answered.', { code: 'answered' }),
    (caught: unknown) => ReelstateError.from(caught),
  );
  tell(`dropped a launch of 4 s: the adapter says effect ${error.effect} (${error.code})`);
  const since = (): number => Math.round((Date.now() - startedAt) / 1000);
  while (Date.now() - startedAt < patienceMs) {
    const object = await resultBelow(options, 'dropped');
    if (object !== undefined) {
      const { durationMs } = await measured(options, object, startedAt);
      tell(`its result is there after ${since()} s`);
      return { effect: error.effect, finished: true, durationMs, seconds: since() };
    }
    await sleep(everyMs);
  }
  tell(`no result within ${since()} s`);
  return { effect: error.effect, finished: false, seconds: since() };
}

/** Makes the three launches; spends real money with a real vendor. */
export async function verify(options: VerifyOptions): Promise<Verified> {
  const { storage, video } = options;
  const { revision, ...first } = await made(options, 'first', ask(options, 'first', 8));
  const input = { uri: storage.uri(first.object), revision, durationMs: first.durationMs };
  const { revision: _, ...block } = await made(options, 'extension', {
    ...ask(options, 'extension', 7),
    extends: input,
  });
  const near = (ms: number): boolean => Math.abs(block.durationMs - ms) < 1000;
  const comesAs = near(first.durationMs + 7000) ? 'combined' : near(7000) ? 'new-seconds' : 'neither';
  return {
    date: new Date().toISOString().slice(0, 10),
    model: video.model.id,
    first,
    extension: { ...block, comesAs, keepsPortrait: block.height > block.width },
    dropped: await droppedOne(options),
  };
}
