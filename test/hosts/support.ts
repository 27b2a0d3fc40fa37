import { gcs } from '../../src/adapters/google-cloud/index.ts';
import {
  type FakeVideoOptions,
  fakeLlm,
  fakeMedia,
  fakeTranscriber,
  fakeVideo,
  manualClock,
  memoryState,
} from '../../src/adapters/memory/index.ts';
import type { PipelineOptions } from '../../src/core/pipeline.ts';
import type { LogFields } from '../../src/core/ports.ts';
import { createFunctions, type FunctionsOptions, type Handler } from '../../src/hosts/index.ts';
import { createPipeline } from '../../src/index.ts';
import { systemClock } from '../../src/system-clock.ts';
import { type GcsEvent, startGcsServer } from '../support/gcs-server.ts';

export const BUCKET = 'films';

export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

export function recordingLogger() {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) =>
      void lines.push({ level, message, fields });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

export interface HostOptions {
  readonly outcomes?: FakeVideoOptions['outcomes'];
  /** Leaves ports out, or changes them. */
  readonly ports?: Partial<PipelineOptions>;
  readonly functions?: Partial<FunctionsOptions>;
  /** Real time with an impatient vendor, for what waits by itself. @default a clock that is moved by hand */
  readonly realTime?: boolean;
}

/** Milliseconds of a vendor that is ready at once. */
const impatient = {
  floorMs: 20,
  worstMs: 5000,
  deadlineMs: 60_000,
  giveUpMs: 60_000,
  launchTimeoutMs: 15_000,
  launchWithinMs: 15_000,
  lookDelayMs: 20,
};

/** Functions over a loopback bucket whose events are kept; all vendors are fakes, time is driven by hand. */
export async function startHost(options: HostOptions = {}) {
  const events: GcsEvent[] = [];
  const server = await startGcsServer({ buckets: [BUCKET, 'other'], onFinalize: (event) => void events.push(event) });
  const hand = manualClock();
  const clock = options.realTime === true ? systemClock() : hand;
  const storage = gcs({ bucket: BUCKET, apiEndpoint: server.url, retryDelayMs: 1 });
  const state = memoryState();
  const video = fakeVideo({
    clock,
    storage,
    ...(options.realTime === true ? { model: { timing: impatient }, readyAfterMs: 30 } : {}),
    ...(options.outcomes === undefined ? {} : { outcomes: options.outcomes }),
  });
  const ports = { storage, state, clock, llm: fakeLlm(), video, transcription: fakeTranscriber(), media: fakeMedia() };
  const logger = recordingLogger();
  const films = createPipeline({ ...ports, logger, checks: false, ...options.ports });
  const functions = createFunctions({ films, bucket: BUCKET, auth: 'anyone-may-call', logger, ...options.functions });
  /** The newest event of an object. */
  const eventOf = (name: string): GcsEvent => {
    const found = events.findLast(({ data }) => data.name === name);
    if (found === undefined) throw new Error(`no event of ${name}`);
    return found;
  };
  return { ...ports, hand, server, events, eventOf, films, functions, logger, close: () => server.close() };
}

export const post = (handler: Handler, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  handler(
    new Request('http://localhost/', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

export const sendBinary = (handler: Handler, { data, bucket: _, ...attributes }: Partial<GcsEvent>) =>
  post(
    handler,
    data ?? {},
    Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, String(value)])),
  );

export const sendStructured = (handler: Handler, { bucket: _, ...event }: Partial<GcsEvent>) =>
  post(handler, event, { 'content-type': 'application/cloudevents+json; charset=utf-8' });
