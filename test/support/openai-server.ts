/**
 * A loopback transcription server: OpenAI's API and the three servers that are compatible with it, each with its own dialect of
 * `verbose_json`, the body limit, OpenAI's errors, faults per request and books of its own.
 */
import { type Answer, type Call, type Loopback, startLoopback } from './loopback.ts';

/** `speaches`: OpenAI's shape, words with a leading space. `whisper.cpp`: words only in the segments, in tokens. `localai`: `text` for `word`. */
export type Dialect = 'openai' | 'speaches' | 'whisper.cpp' | 'localai';

export interface Spoken {
  readonly text: string;
  /** Seconds. */
  readonly start: number;
  readonly end: number;
}

export interface Upload {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly file: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
  /** Whether the body came with a content-length, and so could be sent again. */
  readonly sized: boolean;
}

export interface OpenaiServerOptions {
  readonly dialect?: Dialect;
  /** What is heard in an upload. @default two words */
  readonly hear?: (upload: Upload) => readonly Spoken[] | Promise<readonly Spoken[]>;
  /** Where set, another bearer token is refused. */
  readonly apiKey?: string;
  /** Bytes of a whole body. @default OpenAI's 25 MiB */
  readonly limit?: number;
}

export interface OpenaiServer extends Loopback<'transcribe'> {
  /** For `new OpenAI({ baseURL })`: ends in /v1. */
  readonly baseURL: string;
  readonly uploads: readonly Upload[];
  /** The whole answer of the next request. */
  reply(body: unknown): void;
}

export async function startOpenaiServer(options: OpenaiServerOptions = {}): Promise<OpenaiServer> {
  const uploads: Upload[] = [];
  const replies: { readonly body: unknown }[] = [];
  const loopback = await startLoopback<'transcribe'>([
    {
      operation: 'transcribe',
      method: 'POST',
      path: /^\/v1\/audio\/transcriptions$/,
      handle: async (call) => {
        const refused = refusal(call, options);
        if (refused) return refused;
        const upload = await readUpload(call);
        uploads.push(upload);
        const reply = replies.shift();
        if (reply) return { status: 200, body: reply.body as object };
        return transcription(upload, options);
      },
    },
  ]);
  return { ...loopback, baseURL: `${loopback.url}/v1`, uploads, reply: (body) => void replies.push({ body }) };
}

export const openaiError = (status: number, message: string, type: string, code: string | null): Answer => ({
  status,
  body: { error: { message, type, param: null, code } },
});

function refusal(
  { headers, body }: Call<'transcribe'>,
  { apiKey, limit = 26_214_400 }: OpenaiServerOptions,
): Answer | undefined {
  if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
    const given = headers.authorization?.replace('Bearer ', '');
    return openaiError(
      401,
      `Incorrect API key provided: ${given}. You can find your API key at https://platform.openai.com/account/api-keys.`,
      'invalid_request_error',
      'invalid_api_key',
    );
  }
  if (body.length <= limit) return undefined;
  return openaiError(
    413,
    `Maximum content size limit (${limit}) exceeded (${body.length} bytes read)`,
    'server_error',
    null,
  );
}

async function readUpload({ headers, body }: Call<'transcribe'>): Promise<Upload> {
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': headers['content-type'] ?? '' },
  }).formData();
  const fields: Record<string, string[]> = {};
  let file: Upload['file'] = { name: '', type: '', bytes: new Uint8Array() };
  for (const [name, value] of form.entries()) {
    if (typeof value === 'string') {
      fields[name] = [...(fields[name] ?? []), value];
    } else {
      file = { name: value.name, type: value.type, bytes: new Uint8Array(await value.arrayBuffer()) };
    }
  }
  return { fields, file, sized: headers['content-length'] !== undefined };
}

const greeting: readonly Spoken[] = [
  { text: 'Bonjour', start: 0.1, end: 0.6 },
  { text: 'monde', start: 0.7, end: 1.2 },
];

async function transcription(
  upload: Upload,
  { dialect = 'openai', hear = () => greeting }: OpenaiServerOptions,
): Promise<Answer> {
  const { fields } = upload;
  if (upload.file.bytes.length === 0)
    return openaiError(
      400,
      'The audio file could not be decoded or its format is not supported.',
      'invalid_request_error',
      null,
    );
  if (dialect === 'openai' && fields.model?.[0] !== 'whisper-1') {
    return openaiError(
      400,
      `response_format 'verbose_json' is not compatible with model '${fields.model?.[0]}'.`,
      'invalid_request_error',
      'unsupported_value',
    );
  }
  if (fields.response_format?.[0] !== 'verbose_json')
    return { status: 200, body: { text: (await hear(upload)).map((word) => word.text).join(' ') } };
  const words = await hear(upload);
  const wanted = fields['timestamp_granularities[]'] ?? ['segment'];
  return { status: 200, body: bodies[dialect](words, wanted.includes('word')) };
}

const sentence = (words: readonly Spoken[]) => words.map((word) => word.text).join(' ');
const quality = { avg_logprob: -0.21, compression_ratio: 1.1, no_speech_prob: 0.01 };

/** One segment with everything that is heard; none for silence. */
function segment(words: readonly Spoken[], more: object): object[] {
  const first = words[0];
  const last = words.at(-1);
  if (!first || !last) return [];
  return [{ id: 0, start: first.start, end: last.end, text: ` ${sentence(words)}`, tokens: [50364, 1], ...more }];
}

const bodies: Readonly<Record<Dialect, (words: readonly Spoken[], wordTimes: boolean) => object>> = {
  openai: (words, wordTimes) => ({
    task: 'transcribe',
    language: 'french',
    duration: 8,
    text: sentence(words),
    segments: segment(words, { seek: 0, temperature: 0, ...quality }),
    ...(wordTimes ? { words: words.map(({ text, start, end }) => ({ word: text, start, end })) } : {}),
    usage: { type: 'duration', seconds: 8 },
  }),
  speaches: (words, wordTimes) => ({
    task: 'transcribe',
    language: 'fr',
    duration: 8,
    text: sentence(words),
    segments: segment(words, { seek: 0, temperature: 0, ...quality, words: null }),
    ...(wordTimes
      ? { words: words.map(({ text, start, end }) => ({ word: ` ${text}`, start, end, probability: 0.9 })) }
      : {}),
  }),
  'whisper.cpp': (words) => ({
    task: 'transcribe',
    language: 'french',
    duration: 8,
    text: ` ${sentence(words)}\n`,
    segments: segment(words, { temperature: 0, avg_logprob: -0.3, no_speech_prob: 0, words: words.flatMap(tokens) }),
    detected_language: 'french',
    detected_language_probability: 0.99,
  }),
  localai: (words) => ({
    text: sentence(words),
    segments: segment(words, { words: words.map(({ text, start, end }) => ({ text, start, end })) }),
    words: words.map(({ text, start, end }) => ({ text, start, end })),
  }),
};

/** Two pieces of a longer word, with the space of its beginning on the first alone. */
function tokens({ text, start, end }: Spoken): object[] {
  const cut = Math.ceil(text.length / 2);
  const middle = (start + end) / 2;
  if (text.length < 4) return [{ word: ` ${text}`, start, end, t_dtw: -1, probability: 0.8 }];
  return [
    { word: ` ${text.slice(0, cut)}`, start, end: middle, t_dtw: -1, probability: 0.9 },
    { word: text.slice(cut), start: middle, end, t_dtw: -1, probability: 0.7 },
  ];
}
