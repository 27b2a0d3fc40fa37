/** What all handlers share: bounded bodies, JSON answers, errors with constant texts. */
import { ReelstateError } from '../core/errors.ts';
import type { Logger } from '../core/ports.ts';

/** A web-standard handler: the shape that Hono, Deno, Bun, Workers and `toNodeHandler` understand. */
export type Handler = (request: Request) => Promise<Response>;

/** Where one of these is thrown, the request is answered with that status and its constant text. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/** Nothing that a vendor, a token or a path could be in is ever part of an answer. */
const TEXTS: Readonly<Record<number, string>> = {
  400: 'The request is not valid.',
  401: 'The caller is not known.',
  404: 'There is nothing of that name.',
  405: 'This address does not take that method.',
  409: 'The film does not allow that.',
  413: 'The body is too large.',
  500: 'Something went wrong; the log says more.',
  503: 'Not possible right now; try again.',
};

export const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });

/** Taken, and nothing to say about it: what an event source wants to hear. */
export const acknowledged = (): Response => new Response(null, { status: 204 });

export const refuse = (status: number, code: string): Response =>
  json(
    status,
    { status: 'error', code, message: TEXTS[status] ?? TEXTS[500] },
    status === 503 ? { 'retry-after': '10' } : {},
  );

/** The whole body; one that is larger than `limit` bytes is not read to its end. Throws `Refusal` 413. */
export async function readBody(request: Request, limit: number): Promise<Uint8Array> {
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw new Refusal(413, 'body-too-large');
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw new Refusal(413, 'body-too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** A JSON object. Throws `Refusal` 400. */
export function parseObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parsed(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Refusal(400, 'body-not-json');
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new Refusal(400, 'body-not-json');
  }
}

/** Codes whose cause is in the request. */
const STATUS_OF: Readonly<Record<string, number>> = {
  'film-not-found': 404,
  'invalid-video-id': 400,
  'film-exists': 409,
  'rebuild-needed': 409,
};

/** Answers whatever a handler throws: by status and code alone; the log has the rest. */
export async function safely(logger: Logger, name: string, handle: () => Promise<Response>): Promise<Response> {
  try {
    return await handle();
  } catch (caught) {
    if (caught instanceof Refusal) return refuse(caught.status, caught.code);
    const error = ReelstateError.from(caught);
    const known = STATUS_OF[error.code];
    if (known !== undefined) return refuse(known, error.code);
    logger.error('request failed', { function: name, code: error.code, kind: error.kind, detail: error.message });
    return refuse(error.kind === 'permanent' ? 500 : 503, 'failed');
  }
}
