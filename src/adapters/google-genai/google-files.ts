import { ReelstateError } from '../../core/errors.ts';
import type { Signalled, Source } from '../../core/ports.ts';
import { type Call, googleError } from './errors.ts';
import { type RepeatLimits, repeat } from './retry.ts';

export interface Download {
  readonly uri: string;
  readonly apiKey: string;
  readonly fetch: typeof globalThis.fetch;
  /** Another origin in Google's place, where the host asked for one. */
  readonly baseUrl?: string | undefined;
  readonly maxBytes: number;
  readonly idleMs: number;
  readonly call: Call;
  readonly repeats: (signal: AbortSignal | undefined) => RepeatLimits;
}

const filesHost = 'generativelanguage.googleapis.com';
const filePath = /^\/v1(?:beta)?\/files\/[a-z0-9-]{1,100}:download$/;
const mostHops = 3;

/** A result of the Gemini API: exact host, https, its own port, no user, and the path of one file. */
export function isGoogleFile(uri: string): boolean {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  return url !== undefined && isSecure(url) && url.hostname === filesHost && filePath.test(url.pathname);
}

const isSecure = (url: URL) =>
  url.protocol === 'https:' && url.port === '' && url.username === '' && url.password === '';
/** Where Google's own servers may send a download on to. */
const isGoogleHost = (url: URL) => /(?:^|\.)(?:googleapis\.com|googleusercontent\.com)$/.test(url.hostname);

/** A file of the Gemini API as a source; nothing is fetched before it is opened. Failures come through the stream. */
export function googleFile(download: Download): Source {
  return { open: (range = {}) => lazily(() => body(download, range), range.signal) };
}

type Range = { readonly start?: number; readonly end?: number } & Signalled;

async function body(download: Download, range: Range): Promise<ReadableStream<Uint8Array>> {
  const response = await repeat(() => request(download, range), download.repeats(range.signal));
  const stream = response.body ?? new Blob([]).stream();
  const flowing = stream.pipeThrough(capped(download));
  // A server may answer a range with everything.
  return response.status === 206 ? flowing : flowing.pipeThrough(only(range));
}

async function request(download: Download, range: Range): Promise<Response> {
  const { fetch, call } = download;
  try {
    let url = start(download);
    for (let hop = 0; hop <= mostHops; hop += 1) {
      const response = await fetch(url.href, {
        headers: headers(download, url, range),
        redirect: 'manual',
        signal: range.signal ?? null,
      });
      if (response.status >= 300 && response.status < 400) {
        await response.body?.cancel();
        url = next(download, url, response.headers.get('location'));
        continue;
      }
      return await usable(response);
    }
  } catch (error) {
    throw googleError(error, { ...call, signal: range.signal });
  }
  throw foreign('it was redirected too often');
}

function start({ uri, baseUrl }: Download): URL {
  if (!isGoogleFile(uri)) throw foreign('it is no file of the Gemini API');
  const url = new URL(uri);
  return baseUrl === undefined ? url : new URL(`${url.pathname}${url.search}`, baseUrl);
}

/** Each hop is checked anew, for a redirect may lead into our own network. */
function next({ baseUrl }: Download, from: URL, location: string | null): URL {
  if (location === null || !URL.canParse(location, from.href)) throw foreign('its redirect leads nowhere');
  const url = new URL(location, from.href);
  const asked = baseUrl !== undefined && url.origin === new URL(baseUrl).origin;
  if (!asked && !(isSecure(url) && isGoogleHost(url))) throw foreign('its redirect leads away from Google');
  return url;
}

/** The key goes to the files' own host, and nowhere else. */
function headers({ apiKey, baseUrl }: Download, url: URL, { start: from = 0, end }: Range): Record<string, string> {
  const home = baseUrl === undefined ? url.hostname === filesHost : url.origin === new URL(baseUrl).origin;
  const ranged = from > 0 || end !== undefined;
  return {
    ...(home ? { 'x-goog-api-key': apiKey } : {}),
    ...(ranged ? { range: `bytes=${from}-${end === undefined ? '' : end - 1}` } : {}),
  };
}

async function usable(response: Response): Promise<Response> {
  // The Gemini API says 403 also for a file that is not there any more.
  if ([403, 404, 410].includes(response.status)) {
    await response.body?.cancel();
    throw new ReelstateError('permanent', 'Google does not have the result any more, or not for this API key.', {
      code: 'output-gone',
      cure: 'Check that the key is the one that launched the take; else reroll the block.',
      details: { http: response.status },
    });
  }
  if (!response.ok) {
    const text = await response.text();
    throw Object.assign(new Error(text.slice(0, 2000)), { status: response.status });
  }
  const type = response.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  if (type === '' || type === 'application/octet-stream' || type.startsWith('video/')) return response;
  await response.body?.cancel();
  throw new ReelstateError('permanent', `Google delivered ${type} and no video.`, {
    code: 'output-unusable',
    cure: 'Look at the take in the console; reroll the block.',
  });
}

/** Ends a body that grows past any film or that stops flowing. */
function capped({ maxBytes, idleMs }: Download): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  let timer: NodeJS.Timeout | undefined;
  const watch = (controller: TransformStreamDefaultController<Uint8Array>) => {
    clearTimeout(timer);
    timer = setTimeout(() => controller.error(lost('The download stood still.')), idleMs);
  };
  return new TransformStream({
    start: watch,
    transform: (chunk, controller) => {
      watch(controller);
      bytes += chunk.length;
      if (bytes <= maxBytes) return controller.enqueue(chunk);
      clearTimeout(timer);
      controller.error(tooLarge(maxBytes));
    },
    flush: () => clearTimeout(timer),
  });
}

/** The stretch of a whole body that was asked for. */
function only({ start: from = 0, end = Number.POSITIVE_INFINITY }: Range): TransformStream<Uint8Array, Uint8Array> {
  let at = 0;
  return new TransformStream({
    transform: (chunk, controller) => {
      const part = chunk.subarray(Math.max(0, from - at), Math.max(0, end - at));
      at += chunk.length;
      if (part.length > 0) controller.enqueue(part);
    },
  });
}

/** A stream whose source is made at the first read, so that `open` itself never fails. */
export function lazily(
  make: () => Promise<ReadableStream<Uint8Array>>,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          reader ??= (await make()).getReader();
          const { done, value } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        } catch (error) {
          controller.error(asDownloadError(error, signal));
        }
      },
      cancel: (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function asDownloadError(error: unknown, signal: AbortSignal | undefined): ReelstateError {
  if (ReelstateError.is(error)) return error;
  if (signal?.aborted)
    return new ReelstateError('cancelled', 'The download was aborted by its signal.', { code: 'aborted' });
  return lost('The connection to Google broke during the download.');
}

const lost = (message: string) => new ReelstateError('retryable', message, { code: 'connection-lost' });
const tooLarge = (maxBytes: number) =>
  new ReelstateError('permanent', `The download is larger than ${maxBytes} bytes.`, {
    code: 'output-unusable',
    cure: 'Raise maxDownloadBytes.',
  });
const foreign = (why: string) =>
  new ReelstateError('permanent', `The result was not fetched: ${why}.`, {
    code: 'foreign-output',
    cure: 'Reroll the block.',
  });
