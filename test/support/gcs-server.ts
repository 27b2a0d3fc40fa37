/**
 * A loopback Cloud Storage: the JSON API as far as the client library and signed URLs use it, preconditions, generations, resumable
 * sessions and checksums included. Numbers are strings on the wire, as at Google's.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CRC32C } from '@google-cloud/storage';

/** What a request meets: the answer is lost after the effect, an error before it, or a damaged body. */
export type GcsFault = 'lose' | '503' | '429' | '403' | '401' | 'reset' | 'hang' | 'truncate' | 'corrupt' | 'slow';

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

interface Item {
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

interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly query: URLSearchParams;
  readonly resource: Resource;
  received: Buffer;
  done: Item | undefined;
}

interface Resource {
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

class HttpError extends Error {
  readonly status: number;
  readonly reason: string;
  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

const noBucket = (): HttpError => new HttpError(404, 'notFound', 'The specified bucket does not exist.');
const noObject = (bucket: string, name: string): HttpError =>
  new HttpError(404, 'notFound', `No such object: ${bucket}/${name}`);
const unmet = (): HttpError =>
  new HttpError(412, 'conditionNotMet', 'At least one of the pre-conditions you specified did not hold.');

function checkName(name: string): void {
  const bytes = Buffer.byteLength(name);
  const bad = bytes < 1 || bytes > 1024 || /[\r\n]/.test(name) || name === '.' || name === '..';
  if (bad || name.startsWith('.well-known/acme-challenge/'))
    throw new HttpError(400, 'invalid', 'Invalid object name.');
}

function checkPreconditions(query: URLSearchParams, item: Item | undefined): void {
  const match = query.get('ifGenerationMatch');
  if (match !== null && match !== (item?.generation ?? '0')) throw unmet();
  const notMatch = query.get('ifGenerationNotMatch');
  if (notMatch !== null && notMatch === (item?.generation ?? '0')) throw unmet();
  const meta = query.get('ifMetagenerationMatch');
  if (meta !== null && meta !== String(item?.metageneration ?? 0)) throw unmet();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** multipart/related: a JSON part, then the content. */
function splitMultipart(
  body: Buffer,
  contentType: string,
): { resource: Resource; bytes: Buffer; contentType: string | undefined } {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(contentType);
  const mark = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ''}`);
  const blank = Buffer.from('\r\n\r\n');
  const first = body.indexOf(mark) + mark.length;
  const second = body.indexOf(mark, first);
  const last = body.lastIndexOf(mark);
  const json = body.subarray(body.indexOf(blank, first) + blank.length, second);
  const start = body.indexOf(blank, second) + blank.length;
  const headers = body.subarray(second, start).toString('latin1');
  return {
    resource: JSON.parse(json.toString('utf8') || '{}') as Resource,
    bytes: Buffer.from(body.subarray(start, last - 2)),
    contentType: /content-type:\s*([^\r\n]+)/i.exec(headers)?.[1],
  };
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startGcsServer(options: GcsServerOptions = {}): Promise<GcsServer> {
  const buckets = new Map<string, Map<string, Item>>();
  for (const name of options.buckets ?? ['films']) buckets.set(name, new Map());
  const sessions = new Map<string, Session>();
  const rewrites = new Map<string, number>();
  const requests: GcsRequest[] = [];
  const served = { bytes: 0 };
  const taken = { bytes: 0 };
  let fault = options.fault;
  let clock = Date.now() * 1000;
  let base = '';

  const bucketOf = (name: string): Map<string, Item> => {
    const bucket = buckets.get(name);
    if (bucket === undefined) throw noBucket();
    return bucket;
  };
  const resourceOf = (item: Item): Record<string, unknown> => ({
    kind: 'storage#object',
    id: `${item.bucket}/${item.name}/${item.generation}`,
    bucket: item.bucket,
    name: item.name,
    generation: item.generation,
    metageneration: String(item.metageneration),
    size: String(item.bytes.length),
    contentType: item.contentType,
    md5Hash: item.md5Hash,
    crc32c: item.crc32c,
    etag: Buffer.from(`${item.generation}/${item.metageneration}`).toString('base64'),
    storageClass: 'STANDARD',
    timeCreated: item.timeCreated,
    updated: item.timeCreated,
    ...(Object.keys(item.metadata).length > 0 ? { metadata: item.metadata } : {}),
  });

  function store(bucketName: string, name: string, bytes: Buffer, resource: Resource): Item {
    const bucket = bucketOf(bucketName);
    checkName(name);
    const sum = new CRC32C();
    sum.update(bytes);
    const crc32c = sum.toString();
    const md5Hash = createHash('md5').update(bytes).digest('base64');
    if (resource.crc32c !== undefined && resource.crc32c !== crc32c)
      throw new HttpError(
        400,
        'invalid',
        `Provided CRC32C "${resource.crc32c}" doesn't match calculated CRC32C "${crc32c}".`,
      );
    if (resource.md5Hash !== undefined && resource.md5Hash !== md5Hash)
      throw new HttpError(
        400,
        'invalid',
        `Provided MD5 hash "${resource.md5Hash}" doesn't match calculated MD5 hash "${md5Hash}".`,
      );
    clock += 1;
    const item: Item = {
      bucket: bucketName,
      name,
      bytes,
      generation: String(clock),
      metageneration: 1,
      crc32c,
      md5Hash,
      timeCreated: new Date().toISOString(),
      contentType: resource.contentType ?? 'application/octet-stream',
      metadata: { ...resource.metadata },
    };
    bucket.set(name, item);
    options.onFinalize?.({
      id: randomUUID(),
      source: `//storage.googleapis.com/projects/_/buckets/${bucketName}`,
      specversion: '1.0',
      type: 'google.cloud.storage.object.v1.finalized',
      datacontenttype: 'application/json',
      subject: `objects/${name}`,
      time: item.timeCreated,
      bucket: bucketName,
      data: resourceOf(item),
    });
    return item;
  }

  const find = (bucket: string, name: string, query: URLSearchParams): Item => {
    const item = bucketOf(bucket).get(name);
    const generation = query.get('generation') ?? query.get('sourceGeneration');
    if (item === undefined || (generation !== null && generation !== item.generation)) throw noObject(bucket, name);
    return item;
  };

  function send(response: ServerResponse, status: number, body?: unknown, headers: Record<string, string> = {}): void {
    const text = body === undefined ? '' : JSON.stringify(body);
    response.writeHead(status, {
      ...(text === '' ? {} : { 'content-type': 'application/json; charset=UTF-8' }),
      'content-length': String(Buffer.byteLength(text)),
      ...headers,
    });
    response.end(text);
  }

  const sendError = (response: ServerResponse, error: HttpError): void =>
    send(response, error.status, {
      error: {
        code: error.status,
        message: error.message,
        errors: [{ message: error.message, domain: 'global', reason: error.reason }],
      },
    });

  function sendMedia(request: IncomingMessage, response: ServerResponse, item: Item, kind: GcsFault | undefined): void {
    const size = item.bytes.length;
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    const from = range?.[1] ? Number(range[1]) : range ? Math.max(0, size - Number(range[2])) : 0;
    const to = range?.[1] && range[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
    const headers: Record<string, string> = {
      'content-type': item.contentType,
      'accept-ranges': 'bytes',
      'x-goog-hash': `crc32c=${item.crc32c},md5=${item.md5Hash}`,
      'x-goog-generation': item.generation,
      'x-goog-metageneration': String(item.metageneration),
      'x-goog-stored-content-length': String(size),
      'x-goog-stored-content-encoding': 'identity',
    };
    if (range && from >= size) {
      sendError(
        response,
        new HttpError(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.'),
      );
      return;
    }
    const part = Buffer.from(item.bytes.subarray(from, to + 1));
    if (kind === 'corrupt' && part.length > 0)
      part[Math.floor(part.length / 2)] = (part[Math.floor(part.length / 2)] ?? 0) ^ 1;
    if (range) headers['content-range'] = `bytes ${from}-${to}/${size}`;
    response.writeHead(range ? 206 : 200, { ...headers, 'content-length': String(part.length) });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    if (kind === 'truncate') {
      const half = part.subarray(0, Math.floor(part.length / 2));
      served.bytes += half.length;
      response.write(half, () => setImmediate(() => request.socket.destroy()));
      return;
    }
    served.bytes += part.length;
    response.end(part);
  }

  function finish(session: Session, response: ServerResponse): void {
    if (session.done === undefined) {
      const existing = bucketOf(session.bucket).get(session.name);
      checkPreconditions(session.query, existing);
      session.done = store(session.bucket, session.name, session.received, session.resource);
    }
    send(response, 200, resourceOf(session.done));
  }

  function putSession(
    request: IncomingMessage,
    response: ServerResponse,
    session: Session,
    body: Buffer,
    kind?: GcsFault,
  ): void {
    if (session.done !== undefined) {
      send(response, 200, resourceOf(session.done));
      return;
    }
    const range = /^bytes (?:\*|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '');
    const incomplete = (): void => {
      const { length } = session.received;
      send(response, 308, undefined, length > 0 ? { range: `bytes=0-${length - 1}` } : {});
    };
    const total = range?.[3] === undefined || range[3] === '*' ? undefined : Number(range[3]);
    const isQuery = range !== null && range[1] === undefined;
    if (!isQuery) {
      const start = range?.[1] === undefined ? 0 : Number(range[1]);
      if (start > session.received.length) throw new HttpError(400, 'invalid', 'Bytes are missing before this range.');
      const kept = kind === 'truncate' ? body.subarray(0, Math.floor(body.length / 2)) : body;
      session.received = Buffer.concat([session.received.subarray(0, start), kept]);
      if (kind === 'truncate') {
        request.socket.destroy();
        return;
      }
      taken.bytes += body.length;
      const open = range !== null && total === undefined && range[2] !== '*';
      if (open || (total !== undefined && session.received.length < total)) {
        incomplete();
        return;
      }
      finish(session, response);
      return;
    }
    if (total !== undefined && session.received.length === total) finish(session, response);
    else incomplete();
  }

  function rewrite(
    source: Item,
    toBucket: string,
    toName: string,
    query: URLSearchParams,
    body: Buffer,
    response: ServerResponse,
  ): void {
    checkPreconditions(query, bucketOf(toBucket).get(toName));
    const size = source.bytes.length;
    const token = query.get('rewriteToken') ?? randomUUID();
    const done = (rewrites.get(token) ?? 0) + (options.rewriteChunk ?? size);
    if (done < size) {
      rewrites.set(token, done);
      const answer = {
        kind: 'storage#rewriteResponse',
        totalBytesRewritten: String(done),
        objectSize: String(size),
        done: false,
      };
      send(response, 200, { ...answer, rewriteToken: token });
      return;
    }
    const given = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Resource) : {};
    const resource: Resource =
      Object.keys(given).length > 0 ? given : { contentType: source.contentType, metadata: { ...source.metadata } };
    const item = store(toBucket, toName, source.bytes, resource);
    const answer = {
      kind: 'storage#rewriteResponse',
      totalBytesRewritten: String(size),
      objectSize: String(size),
      done: true,
    };
    send(response, 200, { ...answer, resource: resourceOf(item) });
  }

  interface Route {
    readonly operation: GcsOperation;
    readonly bucket: string;
    readonly name: string;
    handle(request: IncomingMessage, response: ServerResponse, body: Buffer, kind: GcsFault | undefined): void;
  }

  function uploadRoute(url: URL, bucket: string, method: string): Route {
    const query = url.searchParams;
    const id = query.get('upload_id');
    const name = query.get('name') ?? '';
    if (id !== null) {
      return {
        operation: 'upload',
        bucket,
        name,
        handle(request, response, body, kind) {
          const session = sessions.get(id);
          if (session === undefined) throw new HttpError(404, 'notFound', 'No such upload.');
          if (method === 'DELETE') {
            sessions.delete(id);
            send(response, 499);
          } else putSession(request, response, session, body, kind);
        },
      };
    }
    if (query.get('uploadType') === 'resumable') {
      return {
        operation: 'session',
        bucket,
        name,
        handle(request, response, body) {
          const given = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Resource) : {};
          const uploadType = request.headers['x-upload-content-type'];
          const resource = { ...given, ...(typeof uploadType === 'string' ? { contentType: uploadType } : {}) };
          checkName(name || (given.name ?? ''));
          checkPreconditions(query, bucketOf(bucket).get(name));
          const uploadId = randomUUID();
          sessions.set(uploadId, { bucket, name, query, resource, received: Buffer.alloc(0), done: undefined });
          const where = `${base}/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}&upload_id=${uploadId}`;
          send(response, 200, undefined, { location: where });
        },
      };
    }
    return {
      operation: 'insert',
      bucket,
      name,
      handle(request, response, body) {
        const parts = splitMultipart(body, request.headers['content-type'] ?? '');
        const target = name || (parts.resource.name ?? '');
        checkPreconditions(query, bucketOf(bucket).get(target));
        taken.bytes += parts.bytes.length;
        const contentType = parts.resource.contentType ?? parts.contentType;
        const item = store(bucket, target, parts.bytes, {
          ...parts.resource,
          ...(contentType === undefined ? {} : { contentType }),
        });
        send(response, 200, resourceOf(item));
      },
    };
  }

  function listPage(bucket: string, query: URLSearchParams, response: ServerResponse): void {
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter');
    const limit = Math.min(Number(query.get('maxResults') ?? 1000), options.pageSize ?? 1000);
    const after = query.get('pageToken');
    const all = [...bucketOf(bucket).values()]
      .filter((item) => item.name.startsWith(prefix))
      .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
    const prefixes = new Set<string>();
    const items = all.filter((item) => {
      const cut = delimiter ? item.name.indexOf(delimiter, prefix.length) : -1;
      if (cut >= 0) prefixes.add(item.name.slice(0, cut + 1));
      return cut < 0;
    });
    const from = after === null ? 0 : Number(Buffer.from(after, 'base64url').toString());
    const page = items.slice(from, from + limit);
    const more = from + limit < items.length ? Buffer.from(String(from + limit)).toString('base64url') : undefined;
    send(response, 200, {
      kind: 'storage#objects',
      ...(page.length > 0 ? { items: page.map(resourceOf) } : {}),
      ...(prefixes.size > 0 ? { prefixes: [...prefixes] } : {}),
      ...(more === undefined ? {} : { nextPageToken: more }),
    });
  }

  function objectRoute(url: URL, bucket: string, rest: string, method: string): Route {
    const query = url.searchParams;
    const copy = /^\/([^/]+)\/rewriteTo\/b\/([^/]+)\/o\/([^/]+)$/.exec(rest);
    if (copy && method === 'POST') {
      const [, from = '', toBucket = '', to = ''] = copy.map((part) => decodeURIComponent(part ?? ''));
      return {
        operation: 'rewrite',
        bucket,
        name: to,
        handle: (_request, response, body) => rewrite(find(bucket, from, query), toBucket, to, query, body, response),
      };
    }
    const name = decodeURIComponent(rest.slice(1));
    if (name === '')
      return { operation: 'list', bucket, name, handle: (_q, response) => listPage(bucket, query, response) };
    if (method === 'DELETE') {
      return {
        operation: 'delete',
        bucket,
        name,
        handle(_request, response) {
          const item = find(bucket, name, query);
          checkPreconditions(query, item);
          bucketOf(bucket).delete(name);
          send(response, 204);
        },
      };
    }
    if (method === 'PATCH') {
      return {
        operation: 'patch',
        bucket,
        name,
        handle(_request, response, body) {
          const item = find(bucket, name, query);
          checkPreconditions(query, item);
          const given = JSON.parse(body.toString('utf8')) as Resource;
          item.metadata = { ...item.metadata, ...given.metadata };
          item.contentType = given.contentType ?? item.contentType;
          item.metageneration += 1;
          send(response, 200, resourceOf(item));
        },
      };
    }
    const isMedia = query.get('alt') === 'media';
    return {
      operation: isMedia ? 'media' : 'get',
      bucket,
      name,
      handle(request, response, _body, kind) {
        const item = find(bucket, name, query);
        checkPreconditions(query, item);
        if (isMedia) sendMedia(request, response, item, kind);
        else send(response, 200, resourceOf(item));
      },
    };
  }

  function route(url: URL, method: string): Route {
    const path = url.pathname;
    const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(path);
    if (upload) return uploadRoute(url, decodeURIComponent(upload[1] ?? ''), method);
    const object = /^\/storage\/v1\/b\/([^/]+)\/o(\/.*)?$/.exec(path);
    if (object) return objectRoute(url, decodeURIComponent(object[1] ?? ''), object[2] ?? '/', method);
    const bucket = /^\/storage\/v1\/b(?:\/([^/]+))?$/.exec(path);
    if (bucket) {
      const name = bucket[1] ?? '';
      return {
        operation: 'bucket',
        bucket: name,
        name: '',
        handle(_request, response, body) {
          if (method === 'GET') {
            bucketOf(name);
            send(response, 200, { kind: 'storage#bucket', id: name, name });
            return;
          }
          const created = (JSON.parse(body.toString('utf8')) as { name: string }).name;
          if (buckets.has(created))
            throw new HttpError(409, 'conflict', 'Your previous request to create the named bucket succeeded.');
          buckets.set(created, new Map());
          send(response, 200, { kind: 'storage#bucket', id: created, name: created });
        },
      };
    }
    // What a signed URL looks like: /{bucket}/{object}?X-Goog-Signature=…
    const [, first = '', ...others] = path.split('/').map(decodeURIComponent);
    const name = others.join('/');
    return {
      operation: 'media',
      bucket: first,
      name,
      handle(request, response, _body, kind) {
        if (!url.searchParams.has('X-Goog-Signature'))
          throw new HttpError(403, 'forbidden', 'Anonymous caller does not have storage.objects.get access.');
        sendMedia(request, response, find(first, name, url.searchParams), kind);
      },
    };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', base);
    const matched = route(url, method);
    const isStatus = matched.operation === 'upload' && /^bytes \*/.test(request.headers['content-range'] ?? '');
    const operation: GcsOperation = isStatus ? 'status' : matched.operation;
    const entry: GcsRequest = {
      operation,
      bucket: matched.bucket,
      name: matched.name,
      method,
      url: url.pathname + url.search,
    };
    requests.push(entry);
    const kind = fault?.(entry);
    if (kind === 'reset') {
      request.socket.destroy();
      return;
    }
    const body = kind === 'truncate' && operation === 'upload' ? await bodyOf(request) : await bodyOf(request);
    if (kind === 'hang') return;
    if (kind === 'slow') await new Promise((resolve) => setTimeout(resolve, options.slowMs ?? 50));
    try {
      if (kind === '503') throw new HttpError(503, 'backendError', 'Backend Error');
      if (kind === '429')
        throw new HttpError(
          429,
          'rateLimitExceeded',
          'The object exceeded the rate limit for object mutation operations.',
        );
      if (kind === '401') throw new HttpError(401, 'authError', 'Invalid Credentials');
      if (kind === '403') {
        const what = {
          list: 'list',
          delete: 'delete',
          insert: 'create',
          session: 'create',
          upload: 'create',
          rewrite: 'create',
        };
        const permission = `storage.objects.${what[operation as keyof typeof what] ?? 'get'}`;
        throw new HttpError(
          403,
          'forbidden',
          `films@example.iam.gserviceaccount.com does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' denied on resource (or it may not exist).`,
        );
      }
      if (kind === 'lose') {
        matched.handle(request, discard(request, response), body, undefined);
        return;
      }
      matched.handle(request, response, body, kind);
    } catch (error) {
      if (error instanceof HttpError) sendError(response, error);
      else throw error;
    }
  }

  /** The effect happens, the answer never arrives. */
  function discard(request: IncomingMessage, response: ServerResponse): ServerResponse {
    const cut = (): ServerResponse => {
      request.socket.destroy();
      return response;
    };
    return Object.assign(Object.create(response) as ServerResponse, {
      writeHead: () => response,
      write: cut,
      end: cut,
    });
  }

  const server: Server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (!response.headersSent) sendError(response, new HttpError(500, 'internalError', String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const peek = (bucket: string, name: string): Item | undefined => buckets.get(bucket)?.get(name);
  return {
    url: base,
    requests,
    served,
    taken,
    setFault: (next) => {
      fault = next;
    },
    seed: (bucket, name, bytes, resource = {}) => ({
      generation: store(bucket, name, Buffer.from(bytes as Uint8Array), resource).generation,
    }),
    read: (bucket, name) => peek(bucket, name)?.bytes,
    metadata: (bucket, name) => {
      const item = peek(bucket, name);
      return item === undefined ? undefined : resourceOf(item);
    },
    names: (bucket) => [...(buckets.get(bucket)?.keys() ?? [])].sort(),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}
