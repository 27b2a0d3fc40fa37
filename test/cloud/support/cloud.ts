/** The whole of Google Cloud that the flow sees, on 127.0.0.1: bucket with finalize events, Firestore, Veo, Gemini, a transcriber, four functions. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { VideoTiming } from '../../../src/core/ports.ts';
import { emulatorForTests, freshProject } from '../../support/firestore-emulator.ts';
import { type GcsEvent, type GcsServer, startGcsServer } from '../../support/gcs-server.ts';
import { createIssuer } from '../../support/oidc.ts';
import { type SimulatedServers, startSimulatedServers } from '../../support/simulated-vendors.ts';
import type { Loopback } from './connections.ts';
import { type FunctionProcess, startFunction } from './function-process.ts';
import type { Meter } from './meter.ts';
import { type MeteringProxy, startMeteringProxy } from './metering-proxy.ts';

export const FUNCTIONS = ['agent-script-v2', 'agent-video-v2', 'monitor-veo31', 'agent-assembler-v2'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

export interface CloudOptions {
  /** From a launch to the beginning of its rendering, ms. */
  readonly latencyMs?: number;
  readonly size?: { readonly width: number; readonly height: number };
  readonly timing?: Partial<VideoTiming>;
  readonly tickMs?: number;
  /** How late events arrive, ms; `false`: never. @default 300 */
  readonly events?: number | false;
  readonly env?: Readonly<Partial<Record<FunctionName, Readonly<Record<string, string>>>>>;
  readonly onLine?: (name: FunctionName, line: string) => void;
  readonly onEvent?: (event: GcsEvent, to: FunctionName, status: number) => void;
}

export interface Cloud {
  readonly project: string;
  readonly emulatorHost: string;
  readonly bucket: string;
  readonly gcs: GcsServer;
  readonly vendors: SimulatedServers;
  /** When each result was put into the bucket, epoch ms, by its object's name. */
  readonly delivered: ReadonlyMap<string, number>;
  readonly functions: Readonly<Record<FunctionName, FunctionProcess>>;
  readonly storage: Readonly<Record<FunctionName, MeteringProxy>>;
  /** Of all four functions together. */
  meter(): Meter;
  /** As the scheduler or a person calls a function, with a token for it. */
  post(name: FunctionName, body: object, headers?: Readonly<Record<string, string>>): Promise<Response>;
  token(name: FunctionName, claims?: Readonly<Record<string, unknown>>): string;
  /** Switches the delivery of events. */
  setEvents(events: number | false): void;
  close(): Promise<void>;
}

const BUCKET = 'films';
const EMAIL = 'flow@demo.iam.gserviceaccount.com';
/** Who the bucket tells about its objects: the two functions that have an event trigger. */
const TOLD: readonly FunctionName[] = ['agent-video-v2', 'agent-assembler-v2'];

function requestOf(event: GcsEvent, mode: 'binary' | 'structured', token: string): RequestInit {
  const { data, bucket: _, ...attributes } = event;
  const headers = { authorization: `Bearer ${token}` };
  if (mode === 'structured') {
    return {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ ...attributes, data }),
    };
  }
  const { id, source, type, specversion, time, subject } = attributes;
  const ce = Object.entries({ id, source, type, specversion, time, subject }).map(([name, value]) => [
    `ce-${name}`,
    value,
  ]);
  return {
    method: 'POST',
    headers: { ...headers, ...Object.fromEntries(ce), 'content-type': 'application/json' },
    body: JSON.stringify(data),
  };
}

/** Undefined, with a printed reason, where this machine has no Firestore emulator. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud | undefined> {
  const emulator = await emulatorForTests();
  if (emulator === undefined) return undefined;
  const project = freshProject();
  const folder = await mkdtemp(path.join(tmpdir(), 'reelstate-cloud-'));
  const issuer = createIssuer();
  const delivered = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  let events = options.events ?? 300;
  let functions: Partial<Record<FunctionName, FunctionProcess>> = {};
  let closed = false;

  const token = (name: FunctionName, claims: Readonly<Record<string, unknown>> = {}): string =>
    issuer.token({ aud: `https://${name}.example`, email: EMAIL, ...claims });

  async function tell(event: GcsEvent, name: FunctionName, mode: 'binary' | 'structured'): Promise<void> {
    const target = functions[name];
    if (closed || target === undefined) return;
    const response = await fetch(target.url, requestOf(event, mode, token(name))).catch(() => undefined);
    await response?.body?.cancel();
    if (!closed) options.onEvent?.(event, name, response?.status ?? 0);
  }

  const onFinalize = (event: GcsEvent): void => {
    if (events === false) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      // One function is told in binary mode, as Eventarc does it, the other in structured mode.
      for (const [index, name] of TOLD.entries()) void tell(event, name, index === 0 ? 'binary' : 'structured');
    }, events);
    timers.add(timer);
  };

  const gcs = await startGcsServer({ buckets: [BUCKET], onFinalize });
  const nameOf = (uri: string): string => uri.slice(`gs://${BUCKET}/`.length);
  const vendors = await startSimulatedServers({
    folder,
    size: options.size ?? { width: 90, height: 160 },
    google: {
      latencyMs: options.latencyMs ?? 500,
      // Real media takes seconds on a busy machine: a look must not wait for it, as none waits at the real vendor.
      looksWait: false,
      onDeliver: (uri, bytes) => {
        delivered.set(nameOf(uri), Date.now());
        gcs.seed(BUCKET, nameOf(uri), bytes, { contentType: 'video/mp4' });
      },
      readInput: (uri) => gcs.read(BUCKET, nameOf(uri)),
    },
  });

  const proxies = Object.fromEntries(
    await Promise.all(FUNCTIONS.map(async (name) => [name, await startMeteringProxy(gcs)] as const)),
  ) as Record<FunctionName, MeteringProxy>;

  const loopbackFor = (name: FunctionName): Loopback => ({
    project,
    emulatorHost: emulator.host,
    gcsUrl: proxies[name].url,
    googleUrl: vendors.google.url,
    openaiUrl: vendors.openai.baseURL,
    issuer: { privateKey: issuer.privateKey, publicKey: issuer.publicKey, email: EMAIL },
    ...(options.timing === undefined ? {} : { timing: options.timing }),
    ...(options.tickMs === undefined ? {} : { tickMs: options.tickMs }),
  });

  const started = await Promise.all(
    FUNCTIONS.map(async (name) => {
      const env = { BUCKET_NAME: BUCKET, ...options.env?.[name] };
      const onLine = (line: string): void => options.onLine?.(name, line);
      return [name, await startFunction(name, { loopback: loopbackFor(name), env, onLine })] as const;
    }),
  );
  functions = Object.fromEntries(started);

  return {
    project,
    emulatorHost: emulator.host,
    bucket: BUCKET,
    gcs,
    vendors,
    delivered,
    functions: functions as Record<FunctionName, FunctionProcess>,
    storage: proxies,
    token,
    meter: () =>
      Object.values(functions).reduce<Meter>(
        (sum, { meter }) => ({
          reads: sum.reads + meter.reads,
          writes: sum.writes + meter.writes,
          commits: sum.commits + meter.commits,
        }),
        { reads: 0, writes: 0, commits: 0 },
      ),
    post: (name, body, headers = {}) =>
      fetch((functions[name] as FunctionProcess).url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token(name)}`, ...headers },
        body: JSON.stringify(body),
      }),
    setEvents: (next) => {
      events = next;
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(started.map(([, process]) => process.close()));
      await vendors[Symbol.asyncDispose]();
      await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
      await gcs.close();
      await emulator.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
