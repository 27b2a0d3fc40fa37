import assert from 'node:assert/strict';
import type { LanguageModel, LaunchRequest, Source, Transcriber, VideoVendor } from '../../core/ports.ts';
import { type Awaitable, aborted, bytesIn, type ContractCase, casesOf, failsWith } from './contract.ts';

const keep = () => {};
const isWhole = (value: number) => Number.isInteger(value) && value >= 0;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}$/;

// ── Language model ───────────────────────────────────────────────────────────────────────────────────────────────────

/** A language model and what it can be asked. */
export interface LlmSetting {
  /** The model under test. */
  readonly llm: LanguageModel;
  /** A request that this model answers. @default asks for `{ "title": string }` */
  readonly request?: Parameters<LanguageModel['generate']>[0];
  /** Whether an answer is right for the request. @default has a `title` that is a string */
  readonly accepts?: (value: unknown) => boolean;
}

const titleRequest: Parameters<LanguageModel['generate']>[0] = {
  instructions: 'Answer with a title for a film about the theme.',
  input: 'Why is the sky blue?',
  schema: {
    type: 'object',
    properties: { title: { type: 'string' } },
    required: ['title'],
    additionalProperties: false,
  },
};
const hasTitle = (value: unknown) => typeof (value as { title?: unknown } | null)?.title === 'string';

/** What every `LanguageModel` promises. */
export function llmContract(make: () => Awaitable<LlmSetting>): ContractCase[] {
  return casesOf(make, keep, {
    'an answer is the JSON that was asked for, with the model’s own text and its tokens': async (setting) => {
      const { value, text, usage } = await setting.llm.generate(setting.request ?? titleRequest);
      assert.ok((setting.accepts ?? hasTitle)(value), `not what was asked for: ${JSON.stringify(value).slice(0, 200)}`);
      assert.deepEqual(JSON.parse(JSON.stringify(value)), value);
      assert.ok(text.length > 0);
      assert.ok(isWhole(usage.input) && isWhole(usage.output));
    },
    'a price is in whole micro-dollars and grows with the tokens': async ({ llm }) => {
      const [none, some, more] = [0, 1000, 1_000_000].map((tokens) => llm.price({ input: tokens, output: tokens }));
      assert.ok([none, some, more].every((price) => price !== undefined && isWhole(price)));
      assert.ok(none === 0 && (some ?? 0) <= (more ?? 0));
      assert.ok(llm.id.length > 0 && (llm.priceDate === undefined || ISO_DATE.test(llm.priceDate)));
    },
    'an aborted call is cancelled': async ({ llm, request }) => {
      await failsWith(llm.generate({ ...(request ?? titleRequest), signal: aborted() }), { kind: 'cancelled' });
    },
  });
}

// ── Video ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A video vendor whose time can be moved on. */
export interface VideoSetting {
  /** The vendor under test. */
  readonly video: VideoVendor;
  /** Lets the vendor finish what was launched: moves its clock, or answers for it. */
  finish(): Awaitable<void>;
  /** The same vendor as another process sees it. @default the same object */
  readonly another?: VideoVendor;
  /** The bytes of an output that lies in our storage; required where the vendor has `outputs`. */
  readonly stored?: (uri: string) => Awaitable<Source>;
  /** URI of a place that the vendor may write to. @default 'memory://storage/film-12345678/takes/1-1/' */
  readonly outputPlace?: string;
  /** What its launches need beside the usual. */
  readonly request?: Partial<LaunchRequest>;
}

/** Makes a vendor that is in trouble. */
export type VendorInTrouble = () => Awaitable<Pick<VideoSetting, 'video'>>;

/** Vendors in trouble: each that is given adds the case of how its trouble must show. */
export interface VideoDeviations {
  /** Refuses the prompt at launch. */
  readonly refusing?: VendorInTrouble;
  /** Has too much to do. */
  readonly throttling?: VendorInTrouble;
  /** Cannot be reached. */
  readonly notConnected?: VendorInTrouble;
  /** Takes a launch and loses its answer. */
  readonly answerLost?: VendorInTrouble;
  /** Takes a launch and filters its result. */
  readonly filtering?: () => Awaitable<VideoSetting>;
  /** Takes a launch and breaks over it. */
  readonly failing?: () => Awaitable<VideoSetting>;
}

const requestOf = ({
  video,
  outputPlace,
  request,
}: Pick<VideoSetting, 'video' | 'outputPlace' | 'request'>): LaunchRequest => ({
  prompt: { dialogue: 'The sky is blue.', language: 'en', visual: 'A wide blue sky.' },
  seconds: video.model.limits.startSeconds.at(-1) ?? 8,
  aspectRatio: '9:16',
  resolution: '720p',
  outputPlace: outputPlace ?? 'memory://storage/film-12345678/takes/1-1/',
  labels: { film: 'film-12345678', block: '1', take: '1' },
  ...request,
});

const launch = (setting: Pick<VideoSetting, 'video' | 'outputPlace' | 'request'>) =>
  setting.video.launch(requestOf(setting));

const isMp4 = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(4, 8)) === 'ftyp';

/** What every `VideoVendor` promises; vendors in trouble are given by name, each adds its cases. */
export function videoContract(make: () => Awaitable<VideoSetting>, options: VideoDeviations = {}): ContractCase[] {
  return [...casesOf(make, keep, wellBehaved), ...inTrouble(options)];
}

const wellBehaved: Readonly<Record<string, (setting: VideoSetting) => Promise<void>>> = {
  'the model says what it can do, how long it takes and what it costs': async ({ video: { model } }) => {
    const { limits, timing } = model;
    assert.ok(model.id.length > 0 && ISO_DATE.test(model.asOf));
    assert.deepEqual(
      [...limits.startSeconds].sort((a, b) => a - b),
      limits.startSeconds,
    );
    assert.ok(limits.startSeconds.length > 0 && limits.aspectRatios.length > 0 && limits.resolutions.length > 0);
    assert.ok(limits.maxInputSeconds <= limits.maxChainSeconds && limits.maxPromptTokens > 0);
    assert.ok(timing.floorMs <= timing.worstMs && timing.floorMs < timing.deadlineMs);
    assert.ok(timing.deadlineMs <= timing.giveUpMs && timing.worstMs <= timing.giveUpMs);
    for (const ms of Object.values(timing)) assert.ok(ms >= 0);
    for (const price of Object.values(model.pricePerSecond)) assert.ok(isWhole(price));
  },
  'a launch answers with an operation that any process may look at': async (setting) => {
    const { operation } = await launch(setting);
    assert.ok(typeof operation === 'string' && operation.length > 0);
    const look = await (setting.another ?? setting.video).look(operation);
    assert.ok(look.status === 'running' || look.status === 'done', `not ${look.status}`);
  },
  'each launch is an operation of its own': async (setting) => {
    const [one, two] = [await launch(setting), await launch(setting)];
    assert.notEqual(one.operation, two.operation);
  },
  'a finished operation names its video, again and again': async (setting) => {
    const { video } = setting;
    const { outputPlace } = requestOf(setting);
    const { operation } = await launch(setting);
    await setting.finish();
    const look = await video.look(operation);
    assert.ok(look.status === 'done', `not ${look.status}`);
    assert.deepEqual(await video.look(operation), look);
    if (video.outputs) {
      assert.ok(look.output.uri.startsWith(outputPlace), 'the result lies below the place that was given');
      assert.match(look.output.uri, video.outputs);
    } else assert.ok(video.open, 'a vendor that does not write to our storage has to give its bytes');
    const source = video.outputs ? await setting.stored?.(look.output.uri) : await video.open?.(look.output);
    if (source !== undefined) assert.ok(isMp4(await bytesIn(source)), 'the result is an mp4');
  },
  'an operation that the vendor never heard of is gone': async (setting) => {
    const { operation } = await launch(setting);
    const unknown = operation.replace(/[^/]*$/, '00000000-0000-4000-8000-000000000000');
    assert.equal((await setting.video.look(unknown)).status, 'gone');
  },
  'an aborted launch posts nothing': async (setting) => {
    const request = { ...requestOf(setting), signal: aborted() };
    await failsWith(setting.video.launch(request), { kind: 'cancelled' });
  },
  'an aborted look is cancelled': async (setting) => {
    const { operation } = await launch(setting);
    await failsWith(setting.video.look(operation, { signal: aborted() }), { kind: 'cancelled' });
  },
};

function inTrouble(options: VideoDeviations): ContractCase[] {
  const cases: ContractCase[] = [];
  const launching = (name: string, make: VideoDeviations['refusing'], expected: Parameters<typeof failsWith>[1]) => {
    if (make) cases.push({ name, run: async () => void (await failsWith(launch(await make()), expected)) });
  };
  const ending = (name: string, make: VideoDeviations['filtering'], status: 'refused' | 'failed') => {
    if (!make) return;
    const run = async () => {
      const setting = await make();
      const { operation } = await launch(setting);
      await setting.finish();
      assert.equal((await setting.video.look(operation)).status, status);
    };
    cases.push({ name, run });
  };
  const proof = { effect: 'none' } as const;
  launching('a refused launch started nothing', options.refusing, { kind: 'refused', ...proof });
  launching('a throttled launch started nothing', options.throttling, { kind: 'throttled', ...proof });
  launching('a launch that never connected started nothing', options.notConnected, {
    kind: 'retryable',
    code: 'not-connected',
    ...proof,
  });
  launching('a launch whose answer was lost may have started something', options.answerLost, {
    kind: 'retryable',
    effect: 'unknown',
  });
  ending('a filtered operation is refused', options.filtering, 'refused');
  ending('an operation that broke inside the vendor has failed', options.failing, 'failed');
  return cases;
}

// ── Transcription ────────────────────────────────────────────────────────────────────────────────────────────────────

/** A transcriber and sound for it. */
export interface TranscriptionSetting {
  /** The transcriber under test. */
  readonly transcriber: Transcriber;
  /** Audio with speech. */
  readonly audio: Source;
  /** How long it is. */
  readonly durationMs: number;
  /** @default 'en' */
  readonly language?: string;
  /** Audio of the same length without speech. */
  readonly silence?: Source;
}

/** What every `Transcriber` promises. */
export function transcriptionContract(make: () => Awaitable<TranscriptionSetting>): ContractCase[] {
  const hear = (
    { transcriber, durationMs, language = 'en' }: TranscriptionSetting,
    audio: Source,
    signal?: AbortSignal,
  ) => transcriber.transcribe(audio, { language, durationMs, signal });
  return casesOf(make, keep, {
    'words and segments are in order, inside the audio and without overlaps': async (setting) => {
      const { words, segments } = await hear(setting, setting.audio);
      assert.ok(words.length > 0);
      for (const parts of [words, segments]) {
        let last = 0;
        for (const { text, startMs, endMs } of parts) {
          assert.ok(text.trim() !== '' && startMs >= last && startMs < endMs, `${text}: ${last} ${startMs}–${endMs}`);
          last = endMs;
        }
        assert.ok(last <= setting.durationMs);
      }
      for (const { confidence } of words) assert.ok(confidence === undefined || (confidence >= 0 && confidence <= 1));
    },
    'silence is an empty list': async (setting) => {
      if (setting.silence === undefined) return;
      assert.deepEqual((await hear(setting, setting.silence)).words, []);
    },
    'a price is in whole micro-dollars': async ({ transcriber }) => {
      assert.ok(transcriber.id.length > 0 && isWhole(transcriber.pricePerMinute));
      assert.ok(transcriber.priceDate === undefined || ISO_DATE.test(transcriber.priceDate));
    },
    'an aborted call is cancelled': async (setting) => {
      await failsWith(hear(setting, setting.audio, aborted()), { kind: 'cancelled' });
    },
  });
}
