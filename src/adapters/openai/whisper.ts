import { openAsBlob } from 'node:fs';
import type OpenAI from 'openai';
import pRetry from 'p-retry';
import { badInput, ReelstateError } from '../../core/errors.ts';
import type { Source, Transcriber, Transcript } from '../../core/ports.ts';
import { readVerboseJson } from './dialect.ts';
import { openaiError } from './errors.ts';
import { transcriptionModels } from './models.ts';

/** How `whisper()` reaches its server, and what it pays there. */
export interface WhisperOptions {
  /** A client of `openai`; `apiKey`, `baseURL` and `fetch` are then ignored. */
  readonly client?: OpenAI;
  /** @default OPENAI_API_KEY, which goes to OpenAI only: with a `baseURL` of your own give the key that it wants, if any */
  readonly apiKey?: string;
  /** Any OpenAI-compatible server: speaches, whisper.cpp, LocalAI. OPENAI_BASE_URL is not honoured. @default OpenAI */
  readonly baseURL?: string;
  /** @default 'whisper-1' */
  readonly model?: string;
  /** Micro-dollars per minute. @default OpenAI's price for its own models, 0 for a `baseURL` of your own */
  readonly pricePerMinute?: number;
  /** One request's own timeout. @default 120_000 */
  readonly timeoutMs?: number;
  /** Attempts for what may pass (5xx, network), the first included. @default 3 */
  readonly maxAttempts?: number;
  /** Pause before the second attempt, doubled for each further one. @default 500 */
  readonly retryDelayMs?: number;
  /** @default globalThis.fetch */
  readonly fetch?: typeof globalThis.fetch;
}

type Options = Parameters<Transcriber['transcribe']>[1];

const openaiBaseUrl = 'https://api.openai.com/v1';
/** The limit of 25 MiB counts the whole request; this is what was seen to pass. */
const safeBytes = 26_148_864;

/**
 * Whisper, OpenAI's or any server with its API: word and segment times from `verbose_json`. A body that can be sent again, so that
 * retries work. Throws `audio-too-long`, `no-word-times`, `quota-exhausted` (permanent), `rate-limited` (throttled) …
 */
export function whisper(options: WhisperOptions = {}): Transcriber {
  const id = options.model ?? 'whisper-1';
  const hosted =
    options.client === undefined ? options.baseURL === undefined : options.client.baseURL.startsWith(openaiBaseUrl);
  const known = hosted ? transcriptionModels.find((model) => model.id === id) : undefined;
  if (known && !known.wordTimes) {
    throw badInput(
      'no-word-times',
      `${id} gives no word times, which captions need.`,
      'Use whisper-1, or a Whisper of your own (baseURL).',
    );
  }
  let made: Promise<OpenAI> | undefined;
  const connect = () => {
    made ??= options.client ? Promise.resolve(options.client) : makeClient(options);
    return made;
  };
  return {
    id,
    pricePerMinute: options.pricePerMinute ?? known?.pricePerMinute ?? 0,
    ...(known ? { priceDate: known.asOf } : {}),
    transcribe: (audio, call) => transcribe(connect, id, options, audio, call),
  };
}

async function makeClient(options: WhisperOptions): Promise<OpenAI> {
  const apiKey = options.apiKey ?? (options.baseURL === undefined ? process.env.OPENAI_API_KEY : 'none');
  if (!apiKey) {
    throw badInput(
      'openai-key-missing',
      'There is no OpenAI API key.',
      'Set OPENAI_API_KEY, or pass apiKey, client or a baseURL of your own.',
    );
  }
  const { OpenAI } = await loadSdk();
  return new OpenAI({
    apiKey,
    baseURL: options.baseURL ?? openaiBaseUrl,
    fetchOptions: { redirect: 'error' },
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
}

async function loadSdk(): Promise<typeof import('openai')> {
  try {
    return await import('openai');
  } catch (cause) {
    throw new ReelstateError('permanent', 'The package openai is not installed.', {
      code: 'sdk-missing',
      cure: 'npm install openai',
      cause,
    });
  }
}

async function transcribe(
  connect: () => Promise<OpenAI>,
  model: string,
  options: WhisperOptions,
  audio: Source,
  call: Options,
) {
  const { signal } = call;
  const client = await connect();
  const secrets = typeof client.apiKey === 'string' ? [client.apiKey] : [];
  const body = await readBody(audio, signal);
  try {
    return await pRetry(() => once(client, secrets, model, options, body, call), {
      retries: (options.maxAttempts ?? 3) - 1,
      minTimeout: options.retryDelayMs ?? 500,
      randomize: true,
      shouldRetry: ({ error }) => ReelstateError.is(error) && error.kind === 'retryable',
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    throw openaiError(error, secrets, signal);
  }
}

/** A blob, not a stream: the SDK sends a stream chunked and only once. A local file is not read into memory. */
async function readBody(audio: Source, signal: AbortSignal | undefined): Promise<File> {
  if (signal?.aborted)
    throw new ReelstateError('cancelled', 'The call was aborted by its signal.', { code: 'aborted' });
  if (audio.size !== undefined && audio.size > safeBytes) throw tooLong(audio.size);
  const blob = await readBlob(audio, signal).catch((error: unknown) => {
    throw ReelstateError.from(error, 'audio-unreadable');
  });
  if (blob.size > safeBytes) throw tooLong(blob.size);
  return new File([blob], 'audio.flac', { type: 'audio/flac' });
}

const readBlob = (audio: Source, signal: AbortSignal | undefined): Promise<Blob> =>
  audio.path === undefined
    ? new Response(audio.open({ signal })).blob()
    : openAsBlob(audio.path, { type: 'audio/flac' });

async function once(
  client: OpenAI,
  secrets: readonly string[],
  model: string,
  options: WhisperOptions,
  file: File,
  call: Options,
): Promise<Transcript> {
  const { signal, prompt, durationMs } = call;
  const language = whisperLanguage(call.language);
  try {
    const answer: unknown = await client.audio.transcriptions.create(
      {
        file,
        model,
        response_format: 'verbose_json',
        timestamp_granularities: ['word', 'segment'],
        temperature: 0,
        ...(language === undefined ? {} : { language }),
        ...(prompt === undefined || prompt === '' ? {} : { prompt }),
      },
      // The SDK would also repeat what is permanent, such as a used-up quota.
      { maxRetries: 0, timeout: options.timeoutMs ?? 120_000, ...(signal === undefined ? {} : { signal }) },
    );
    return readVerboseJson(answer, durationMs);
  } catch (error) {
    throw openaiError(error, secrets, signal);
  }
}

/** Where Whisper's list of languages differs from BCP 47's primary subtags. */
const aliases: Readonly<Record<string, string>> = {
  nb: 'no',
  iw: 'he',
  fil: 'tl',
  cmn: 'zh',
  in: 'id',
  ji: 'yi',
  jv: 'jw',
};

/** `pt-BR` → pt; undefined for a language that is not told. */
export function whisperLanguage(tag: string): string | undefined {
  const primary = tag.toLowerCase().split('-')[0] ?? '';
  if (!/^[a-z]{2,3}$/.test(primary) || primary === 'und' || primary === 'mul') return undefined;
  return aliases[primary] ?? primary;
}

const tooLong = (bytes: number) =>
  new ReelstateError('permanent', `The audio has ${bytes} bytes; one request may have ${safeBytes}.`, {
    code: 'audio-too-long',
    cure: 'Split it at silences, transcribe the pieces and join them with joinTranscripts.',
    details: { bytes, limit: safeBytes },
  });
