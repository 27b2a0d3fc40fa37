/** The loopback vendor's own books of video operations: what was launched, delivered and charged. */
import { randomInt, randomUUID } from 'node:crypto';

/** What a job ends in. */
export type Outcome =
  /** `bytes`: these in place of a film, such as none at all or HTML; charged like one. */
  | { readonly kind: 'done'; readonly bytes?: Uint8Array }
  /** Safety filter, free. */
  | { readonly kind: 'filtered'; readonly supportCodes?: string }
  | { readonly kind: 'audio' }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** Done, no video, no reason. */
  | { readonly kind: 'empty' }
  /** A result that does not lie where it was asked for. */
  | { readonly kind: 'elsewhere'; readonly uri: string }
  | { readonly kind: 'never' };

export interface Job {
  /** Operation name or interaction id. */
  readonly name: string;
  readonly model: string;
  readonly prompt: string;
  /** Seconds that this job generates and is paid for. */
  readonly seconds: number;
  /** Seconds of the video that it extends. */
  readonly inputSeconds: number;
  readonly inputUri?: string;
  readonly imageUri?: string;
  /** The image that it starts from, where it came in the request. */
  readonly image?: Uint8Array;
  readonly place?: string;
  readonly aspectRatio: string;
  readonly resolution: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly launchedAt: number;
  readonly readyAt: number;
  readonly outcome: Outcome;
  /** Where the result lies, once it does. */
  uri?: string;
  bytes?: Uint8Array;
  /** Micro-dollars, 0 until it is delivered. */
  chargedMicroUsd: number;
}

export interface JobSettings {
  /** Epoch milliseconds. @default Date.now, with a timer per job */
  readonly now?: () => number;
  /** From launch to result, milliseconds. @default 0 */
  readonly latencyMs?: number | ((job: Pick<Job, 'seconds' | 'inputUri'>) => number);
  /** Whether an extension comes back whole or as its new seconds alone. @default 'combined' */
  readonly extension?: 'combined' | 'new-only';
  /** Whether a look at a job whose time has come waits for its rendering; else it is running until its result lies there. @default true */
  readonly looksWait?: boolean;
  /** The mp4 of a job; `input` are the bytes of what it extends. */
  readonly render: (
    job: Job,
    request: { readonly seconds: number; readonly input?: Uint8Array },
  ) => Promise<Uint8Array>;
  /** Gets each result that a vendor writes into a bucket. */
  readonly onDeliver?: (gsUri: string, bytes: Uint8Array) => Promise<void> | void;
  /** Bytes of an object that this vendor did not make or that was copied. */
  readonly readInput?: (gsUri: string) => Promise<Uint8Array | undefined> | Uint8Array | undefined;
}

/** Dollars per second with sound, as Google listed them on 2026-09-02: the vendor's own table, not the adapter's. */
const dollarsPerSecond: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'veo-3.1-fast-generate-001': { '720p': 0.1, '1080p': 0.12, '4k': 0.3 },
  'veo-3.1-generate-001': { '720p': 0.4, '1080p': 0.4, '4k': 0.6 },
  'veo-3.1-lite-generate-001': { '720p': 0.05, '1080p': 0.08 },
  'gemini-omni-1.1-flash': { '720p': 0.101, '1080p': 0.152, '4k': 0.304 },
  'gemini-omni-1.1-flash-preview': { '720p': 0.101, '1080p': 0.152, '4k': 0.304 },
  'gemini-omni-1.2-flash': { '720p': 0.101, '1080p': 0.152, '4k': 0.304 },
};

export const servedModels = Object.keys(dollarsPerSecond);

export type JobOrder = Omit<Job, 'launchedAt' | 'readyAt' | 'outcome' | 'chargedMicroUsd' | 'name'> & {
  readonly name: string;
};

export class Jobs {
  readonly all: Job[] = [];
  readonly #outcomes: Outcome[] = [];
  readonly #settings: JobSettings;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #deliveries = new Map<Job, Promise<void>>();
  readonly #delivered = new Set<Job>();

  constructor(settings: JobSettings) {
    this.#settings = settings;
  }

  now(): number {
    return this.#settings.now?.() ?? Date.now();
  }

  /** What the next jobs end in; without one they are done. */
  queue(outcome: Outcome, times = 1): void {
    for (let at = 0; at < times; at += 1) this.#outcomes.push(outcome);
  }

  launch(order: JobOrder): Job {
    const { latencyMs = 0 } = this.#settings;
    const now = this.now();
    const latency = typeof latencyMs === 'number' ? latencyMs : latencyMs(order);
    const job: Job = {
      ...order,
      launchedAt: now,
      readyAt: now + latency,
      outcome: this.#outcomes.shift() ?? { kind: 'done' },
      chargedMicroUsd: 0,
    };
    this.all.push(job);
    // With the real clock a result appears by itself, as an event source wants it.
    if (this.#settings.now === undefined) this.#schedule(job, latency);
    return job;
  }

  #schedule(job: Job, latency: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.deliver(job).catch((error) => process.emitWarning(`vertex: ${String(error)}`));
    }, latency);
    timer.unref();
    this.#timers.add(timer);
  }

  find(name: string): Job | undefined {
    return this.all.find((job) => job.name === name);
  }

  isReady(job: Job): boolean {
    const isRendering = this.#deliveries.has(job) && !this.#delivered.has(job);
    if (this.#settings.looksWait === false && job.readyAt <= this.now() && isRendering) return false;
    return job.outcome.kind !== 'never' && job.readyAt <= this.now();
  }

  /** Delivers and charges everything that is ready by now. */
  async settle(): Promise<void> {
    for (const job of this.all) if (this.isReady(job)) await this.deliver(job);
  }

  deliver(job: Job): Promise<void> {
    const known = this.#deliveries.get(job);
    if (known) return known;
    const delivery = this.#make(job).finally(() => this.#delivered.add(job));
    this.#deliveries.set(job, delivery);
    return delivery;
  }

  async #make(job: Job): Promise<void> {
    if (job.outcome.kind === 'elsewhere') job.uri = job.outcome.uri;
    if (job.outcome.kind !== 'done') return;
    const input = job.inputUri === undefined ? undefined : await this.read(job.inputUri);
    const seconds = this.#settings.extension === 'new-only' ? job.seconds : job.inputSeconds + job.seconds;
    const rendered = () => this.#settings.render(job, { seconds, ...(input === undefined ? {} : { input }) });
    job.bytes = job.outcome.bytes ?? (await rendered());
    if (job.place !== undefined) {
      // A number of 64 bits that is not the operation's id, and then the sample's name.
      job.uri = `${job.place}${randomInt(2 ** 40)}${randomInt(10 ** 6)}/sample_0.mp4`;
      await this.#settings.onDeliver?.(job.uri, job.bytes);
    }
    const price = dollarsPerSecond[job.model]?.[job.resolution] ?? 0;
    job.chargedMicroUsd = Math.round(price * 1_000_000) * job.seconds;
  }

  async read(gsUri: string): Promise<Uint8Array | undefined> {
    return (await this.#settings.readInput?.(gsUri)) ?? this.all.find((job) => job.uri === gsUri)?.bytes;
  }

  get chargedMicroUsd(): number {
    return this.all.reduce((sum, job) => sum + job.chargedMicroUsd, 0);
  }

  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}

export const operationId = () => randomUUID();

/** Seconds of an mp4, from the movie header (version 0 or 1). */
export function mp4Seconds(bytes: Uint8Array): number | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const at = buffer.indexOf('mvhd', 0, 'latin1');
  if (at < 0 || at + 32 > buffer.length) return undefined;
  const wide = buffer[at + 4] === 1;
  const timescale = buffer.readUInt32BE(at + (wide ? 24 : 16));
  const duration = wide ? Number(buffer.readBigUInt64BE(at + 28)) : buffer.readUInt32BE(at + 20);
  return timescale === 0 ? undefined : duration / timescale;
}
