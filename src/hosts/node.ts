/** A web-standard handler behind `node:http`, Express and functions-framework. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { type Handler, refuse } from './http.ts';

/** What body parsers leave behind. */
interface Parsed {
  readonly rawBody?: Uint8Array;
  readonly body?: unknown;
  readonly originalUrl?: string;
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(at, at + 2);
    // HTTP/2's pseudo-headers are no headers.
    if (!name.startsWith(':')) headers.append(name, value);
  }
  return headers;
}

/** The body as a stream, or as whatever a parser in front of us made of it. */
function bodyOf(
  request: IncomingMessage & Parsed,
): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  if (request.rawBody !== undefined) return new Uint8Array(request.rawBody);
  if (!request.readableEnded) return Readable.toWeb(request) as ReadableStream<Uint8Array>;
  return request.body === undefined ? undefined : JSON.stringify(request.body);
}

function toRequest(request: IncomingMessage & Parsed, signal: AbortSignal): Request {
  // The host is what a client says it is; nothing here goes by it.
  const url = new URL(request.originalUrl ?? request.url ?? '/', 'http://localhost');
  const body = bodyOf(request);
  const init = { method: request.method ?? 'GET', headers: headersOf(request), signal };
  return new Request(url, body === undefined ? init : ({ ...init, body, duplex: 'half' } as RequestInit));
}

async function write(response: Response, to: ServerResponse): Promise<void> {
  to.writeHead(response.status, Object.fromEntries(response.headers));
  const reader = response.body?.getReader();
  to.on('close', () => void reader?.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    if (done || to.destroyed) break;
    if (!to.write(value)) await new Promise((resolve) => to.once('drain', resolve).once('close', resolve));
  }
  to.end();
}

/** For `http.createServer`, `app.use` and functions-framework's `http`. The request's signal ends when its client leaves. */
export function toNodeHandler(handler: Handler): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (incoming, outgoing) => {
    const left = new AbortController();
    outgoing.on('close', () => left.abort());
    try {
      await write(await handler(toRequest(incoming, left.signal)), outgoing);
    } catch {
      if (outgoing.headersSent) outgoing.destroy();
      else await write(refuse(500, 'failed'), outgoing);
    }
  };
}
