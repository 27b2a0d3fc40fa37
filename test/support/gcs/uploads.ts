/** Uploads to the loopback Cloud Storage: multipart in one request, or a resumable session. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Objects } from './objects.ts';
import { checkName, checkPreconditions, resourceOf } from './objects.ts';
import type { GcsFault, Resource, Route, Session } from './protocol.ts';
import { HttpError, send } from './protocol.ts';

interface Context {
  readonly objects: Objects;
  readonly taken: { bytes: number };
  base(): string;
}

const parse = (body: Buffer): Resource => (body.length > 0 ? (JSON.parse(body.toString('utf8')) as Resource) : {});

/** multipart/related: a JSON part, then the content. */
function splitMultipart(body: Buffer, contentType: string): { readonly resource: Resource; readonly bytes: Buffer } {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/.exec(contentType);
  const mark = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ''}`);
  const blank = Buffer.from('\r\n\r\n');
  const first = body.indexOf(mark) + mark.length;
  const second = body.indexOf(mark, first);
  const start = body.indexOf(blank, second) + blank.length;
  const resource = parse(body.subarray(body.indexOf(blank, first) + blank.length, second));
  const type = /content-type:\s*([^\r\n]+)/i.exec(body.subarray(second, start).toString('latin1'))?.[1];
  return {
    resource: { ...(type === undefined ? {} : { contentType: type }), ...resource },
    bytes: Buffer.from(body.subarray(start, body.lastIndexOf(mark) - 2)),
  };
}

function finish(context: Context, session: Session, response: ServerResponse): void {
  if (session.done === undefined) {
    // Given at the start of the session and checked again at its end.
    checkPreconditions(session.query, context.objects.bucket(session.bucket).get(session.name));
    session.done = context.objects.store(session.bucket, session.name, session.received, session.resource);
  }
  send(response, 200, resourceOf(session.done));
}

function putPart(
  context: Context,
  session: Session,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  fault: GcsFault | undefined,
): void {
  const header = request.headers['content-range'];
  const range = /^bytes (?:\*|(\d+)-(\d+|\*))\/(\d+|\*)$/.exec(header ?? '');
  const [, first, last, whole] = range ?? [];
  const total = whole === undefined || whole === '*' ? undefined : Number(whole);
  const isStatus = range !== null && first === undefined;
  if (!isStatus && session.done === undefined) {
    const start = Number(first ?? 0);
    if (start > session.received.length) throw new HttpError(400, 'invalid', 'Bytes are missing before this range.');
    const kept = fault === 'truncate' ? body.subarray(0, Math.floor(body.length / 2)) : body;
    session.received = Buffer.concat([session.received.subarray(0, start), kept]);
    context.taken.bytes += kept.length;
    if (fault === 'truncate') {
      request.socket.destroy();
      return;
    }
  }
  const { length } = session.received;
  // `a-*/*` and no header at all mean that the body's end is the object's.
  const ended = total === undefined ? !isStatus && (range === null || last === '*') : length >= total;
  if (session.done !== undefined || ended) finish(context, session, response);
  else send(response, 308, undefined, length > 0 ? { range: `bytes=0-${length - 1}` } : {});
}

/** Routes below `/upload/storage/v1/b/:bucket/o`. */
export function createUploads(context: Context): (url: URL, bucket: string, method: string) => Route {
  const sessions = new Map<string, Session>();
  const { objects } = context;

  function openSession(
    query: URLSearchParams,
    bucket: string,
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
  ): void {
    const given = parse(body);
    const name = query.get('name') ?? given.name ?? '';
    const type = request.headers['x-upload-content-type'];
    checkName(name);
    checkPreconditions(query, objects.bucket(bucket).get(name));
    const id = randomUUID();
    const resource = { ...given, ...(typeof type === 'string' ? { contentType: type } : {}) };
    sessions.set(id, { bucket, name, query, resource, received: Buffer.alloc(0), done: undefined });
    const where = `/upload/storage/v1/b/${bucket}/o?uploadType=resumable&name=${encodeURIComponent(name)}&upload_id=${id}`;
    send(response, 200, undefined, { location: context.base() + where });
  }

  return (url, bucket, method) => {
    const query = url.searchParams;
    const name = query.get('name') ?? '';
    const id = query.get('upload_id');
    if (id !== null) {
      return {
        operation: 'upload',
        bucket,
        name,
        handle(request, response, body, fault) {
          const session = sessions.get(id);
          if (session === undefined) throw new HttpError(404, 'notFound', 'No such upload.');
          if (method === 'DELETE') {
            sessions.delete(id);
            send(response, 499);
          } else putPart(context, session, request, response, body, fault);
        },
      };
    }
    if (query.get('uploadType') === 'resumable') {
      return {
        operation: 'session',
        bucket,
        name,
        handle: (request, response, body) => openSession(query, bucket, request, response, body),
      };
    }
    return {
      operation: 'insert',
      bucket,
      name,
      handle(request, response, body) {
        const { resource, bytes } = splitMultipart(body, request.headers['content-type'] ?? '');
        const target = name || (resource.name ?? '');
        checkPreconditions(query, objects.bucket(bucket).get(target));
        context.taken.bytes += bytes.length;
        send(response, 200, resourceOf(objects.store(bucket, target, bytes, resource)));
      },
    };
  };
}
