/** The loopback Cloud Storage's vocabulary. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer in place of the effect. */
export interface GcsAnswer {
  readonly status: number;
  readonly reason?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a request meets: the answer is lost after the effect, an error before it, or a damaged body. */
export type GcsFault =
  | 'lose'
  | '503'
  | '429'
  | '403'
  | '401'
  | 'reset'
  | 'hang'
  | 'truncate'
  | 'corrupt'
  | 'slow'
  | GcsAnswer;

export type GcsOperation =
  | 'insert'
  | 'session'
  | 'upload'
  | 'status'
  | 'get'
  | 'media'
  | 'list'
  | 'rewrite'
  | 'delete'
  | 'patch'
  | 'bucket';

export interface GcsRequest {
  readonly operation: GcsOperation;
  readonly bucket: string;
  readonly name: string;
  readonly method: string;
  readonly url: string;
}

export interface GcsEvent {
  readonly id: string;
  readonly source: string;
  readonly specversion: '1.0';
  readonly type: 'google.cloud.storage.object.v1.finalized';
  readonly datacontenttype: 'application/json';
  readonly subject: string;
  readonly time: string;
  readonly bucket: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Item {
  readonly bucket: string;
  readonly name: string;
  readonly bytes: Buffer;
  readonly generation: string;
  readonly crc32c: string;
  readonly md5Hash: string;
  readonly timeCreated: string;
  metageneration: number;
  contentType: string;
  metadata: Record<string, string>;
}

export interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly resource: Resource;
  received: Buffer;
  done: Item | undefined;
}

export interface Resource {
  readonly name?: string;
  readonly contentType?: string;
  readonly crc32c?: string;
  readonly md5Hash?: string;
  readonly metadata?: Record<string, string>;
}

export interface GcsServerOptions {
  readonly buckets?: readonly string[];
  /** The fault that a request meets; asked once per request. */
  readonly fault?: (request: GcsRequest) => GcsFault | undefined;
  /** One finalize event per new content, after it is visible. */
  readonly onFinalize?: (event: GcsEvent) => void;
  /** Bytes that one rewrite call copies; larger objects need several. @default all */
  readonly rewriteChunk?: number;
  /** @default 1000 */
  readonly pageSize?: number;
  /** How long `slow` waits, milliseconds. @default 50 */
  readonly slowMs?: number;
}

export interface GcsServer {
  readonly url: string;
  readonly requests: GcsRequest[];
  /** Bytes of object content that left the server. */
  readonly served: { bytes: number };
  /** Bytes of object content that came in. */
  readonly taken: { bytes: number };
  setFault(fault: GcsServerOptions['fault']): void;
  /** Puts an object there as another client would, without any precondition. */
  seed(bucket: string, name: string, bytes: string | Uint8Array, resource?: Resource): { readonly generation: string };
  read(bucket: string, name: string): Buffer | undefined;
  metadata(bucket: string, name: string): Readonly<Record<string, unknown>> | undefined;
  names(bucket: string): string[];
  close(): Promise<void>;
}

/** An error as Google's JSON API words it. */
export class HttpError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly headers: Record<string, string>;
  constructor(status: number, reason: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.headers = { ...headers };
  }
}

export const noBucket = (): HttpError => new HttpError(404, 'notFound', 'The specified bucket does not exist.');
export const noObject = (bucket: string, name: string): HttpError =>
  new HttpError(404, 'notFound', `No such object: ${bucket}/${name}`);

/** What a request means and does. */
export interface Route {
  readonly operation: GcsOperation;
  readonly bucket: string;
  readonly name: string;
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer, fault: GcsFault | undefined): void;
}

/** Answers with JSON, or with headers alone. */
export function send(
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  });
  response.end(text);
}

export function sendError(response: ServerResponse, error: HttpError): void {
  const { status, reason, message, headers } = error;
  send(
    response,
    status,
    { error: { code: status, message, errors: [{ message, domain: 'global', reason }] } },
    headers,
  );
}
