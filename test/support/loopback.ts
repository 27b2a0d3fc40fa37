/** What the loopback vendors share: an HTTP server on 127.0.0.1, faults per request, and a record of what came in. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `lose`: the effect happens, its answer does not. `hang`: the effect happens, and no answer ever comes. `reset`, `503`, `429`: nothing happens.
 * `truncate`: half of the answer. `corrupt`: an answer that is no JSON. `slow`: the answer after `delayMs`. Or an answer of your own.
 */
export type FaultKind = 'lose' | 'hang' | 'reset' | '503' | '429' | 'truncate' | 'corrupt' | 'slow' | Answer;

export interface Fault<Operation extends string> {
  readonly on: Operation;
  readonly kind: FaultKind;
  /** @default 1 */
  readonly times?: number;
  /** Requests that pass before the first fault. @default 0 */
  readonly after?: number;
  /** Of `slow`. @default 200 */
  readonly delayMs?: number;
  /** `Retry-After` of 429 and 503, seconds. */
  readonly retryAfter?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | object;
}

export interface Call<Operation extends string> {
  readonly operation: Operation;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One route: what a request is called in faults and books, and what it answers. */
export interface Route<Operation extends string> {
  readonly operation: Operation;
  readonly method: string;
  readonly path: RegExp;
  handle(call: Call<Operation>, match: RegExpExecArray): Promise<Answer> | Answer;
}

export interface Loopback<Operation extends string> extends AsyncDisposable {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** Every request in its order, those that met a fault included. */
  readonly calls: readonly Call<Operation>[];
  fault(fault: Fault<Operation>): void;
  close(): Promise<void>;
}

interface PendingFault<Operation extends string> extends Fault<Operation> {
  waits: number;
  left: number;
}

export async function startLoopback<Operation extends string>(
  routes: readonly Route<Operation>[],
): Promise<Loopback<Operation>> {
  const calls: Call<Operation>[] = [];
  const faults: PendingFault<Operation>[] = [];
  const server = createServer((request, response) => {
    serve(routes, calls, faults, request, response).catch((error) => {
      process.emitWarning(`loopback: ${String(error)}`);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    fault: (fault) => {
      faults.push({ ...fault, waits: fault.after ?? 0, left: fault.times ?? 1 });
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function serve<Operation extends string>(
  routes: readonly Route<Operation>[],
  calls: Call<Operation>[],
  faults: PendingFault<Operation>[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  for (const route of routes) {
    const match = route.method === request.method ? route.path.exec(url.pathname) : null;
    if (!match) continue;
    const call: Call<Operation> = {
      operation: route.operation,
      method: route.method,
      url,
      headers: request.headers,
      body,
    };
    calls.push(call);
    await answerWith(nextFault(faults, route.operation), () => route.handle(call, match), request, response);
    return;
  }
  send(response, googleError(404, 'NOT_FOUND', `No such path: ${request.method} ${url.pathname}`));
}

async function answerWith<Operation extends string>(
  fault: PendingFault<Operation> | undefined,
  handle: () => Promise<Answer> | Answer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const kind = fault?.kind;
  if (kind === 'reset') {
    request.socket.destroy();
    return;
  }
  if (kind === '429' || kind === '503') {
    send(response, refusalOf(kind, fault?.retryAfter));
    return;
  }
  if (typeof kind === 'object') {
    send(response, kind);
    return;
  }
  const answer = await handle();
  if (kind === 'lose') request.socket.destroy();
  else if (kind === 'hang') return;
  else if (kind === 'truncate') sendHalf(response, answer);
  else if (kind === 'corrupt')
    send(response, { ...answer, headers: { 'content-type': 'application/json' }, body: '{"name": <html>' });
  else if (kind === 'slow') setTimeout(() => send(response, answer), fault?.delayMs ?? 200);
  else send(response, answer);
}

function nextFault<Operation extends string>(faults: PendingFault<Operation>[], operation: Operation) {
  for (const fault of faults) {
    if (fault.on !== operation || fault.left === 0) continue;
    if (fault.waits > 0) {
      fault.waits -= 1;
      continue;
    }
    fault.left -= 1;
    return fault;
  }
  return undefined;
}

/** Google's front end answers a 503 in HTML. */
function refusalOf(kind: '429' | '503', retryAfter: number | undefined): Answer {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (kind === '503') {
    return {
      status: 503,
      headers: { ...headers, 'content-type': 'text/html' },
      body: '<html><title>Error 503 (Server Error)</title></html>',
    };
  }
  const answer = googleError(
    429,
    'RESOURCE_EXHAUSTED',
    'Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model. Please submit a quota increase request.',
  );
  return { ...answer, headers };
}

export const googleError = (code: number, status: string, message: string, details?: unknown): Answer => ({
  status: code,
  body: { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
});

function encode({ body, headers }: Answer): { bytes: Buffer; headers: Record<string, string> } {
  if (body instanceof Uint8Array)
    return { bytes: Buffer.from(body), headers: { 'content-type': 'video/mp4', ...headers } };
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json; charset=UTF-8';
  return { bytes: Buffer.from(text), headers: { 'content-type': type, ...headers } };
}

function send(response: ServerResponse, answer: Answer): void {
  const { bytes, headers } = encode(answer);
  response.writeHead(answer.status, { ...headers, 'content-length': String(bytes.length) }).end(bytes);
}

function sendHalf(response: ServerResponse, answer: Answer): void {
  const { bytes, headers } = encode(answer);
  response.writeHead(answer.status, { ...headers, 'content-length': String(bytes.length) });
  response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => response.destroy());
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
