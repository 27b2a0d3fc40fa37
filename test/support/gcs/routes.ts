/** What a path and a method of the loopback Cloud Storage mean. */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendMedia } from './media.ts';
import type { Objects } from './objects.ts';
import { checkPreconditions, resourceOf } from './objects.ts';
import type { GcsServerOptions, Item, Resource, Route } from './protocol.ts';
import { HttpError, send } from './protocol.ts';
import { createUploads } from './uploads.ts';

interface Context {
  readonly objects: Objects;
  readonly options: GcsServerOptions;
  readonly served: { bytes: number };
  readonly taken: { bytes: number };
  base(): string;
}

const byName = (a: Item, b: Item): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

function listPage(
  { objects, options }: Context,
  bucket: string,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter');
  const limit = Math.min(Number(query.get('maxResults') ?? 1000), options.pageSize ?? 1000);
  const token = query.get('pageToken');
  const prefixes = new Set<string>();
  const items = [...objects.bucket(bucket).values()]
    .filter((item) => item.name.startsWith(prefix))
    .sort(byName)
    .filter((item) => {
      const cut = delimiter ? item.name.indexOf(delimiter, prefix.length) : -1;
      if (cut >= 0) prefixes.add(item.name.slice(0, cut + 1));
      return cut < 0;
    });
  const from = token === null ? 0 : Number(Buffer.from(token, 'base64url').toString());
  const page = items.slice(from, from + limit);
  const next = from + limit;
  send(response, 200, {
    kind: 'storage#objects',
    ...(page.length > 0 ? { items: page.map(resourceOf) } : {}),
    ...(prefixes.size > 0 ? { prefixes: [...prefixes] } : {}),
    ...(next < items.length ? { nextPageToken: Buffer.from(String(next)).toString('base64url') } : {}),
  });
}

function createRewrites(
  context: Context,
): (source: Item, to: Route, query: URLSearchParams, body: Buffer, response: ServerResponse) => void {
  const progress = new Map<string, number>();
  return (source, to, query, body, response) => {
    const { objects, options } = context;
    checkPreconditions(query, objects.bucket(to.bucket).get(to.name));
    const size = source.bytes.length;
    const token = query.get('rewriteToken') ?? randomUUID();
    const done = (progress.get(token) ?? 0) + (options.rewriteChunk ?? size);
    const answer = { kind: 'storage#rewriteResponse', objectSize: String(size) };
    if (done < size) {
      progress.set(token, done);
      send(response, 200, { ...answer, totalBytesRewritten: String(done), done: false, rewriteToken: token });
      return;
    }
    const given = body.length > 0 ? (JSON.parse(body.toString('utf8')) as Resource) : {};
    // With a body nothing of the source's metadata is kept.
    const kept: Resource = { contentType: source.contentType, metadata: source.metadata };
    const item = objects.store(to.bucket, to.name, source.bytes, Object.keys(given).length > 0 ? given : kept);
    send(response, 200, { ...answer, totalBytesRewritten: String(size), done: true, resource: resourceOf(item) });
  };
}

function patch(item: Item, body: Buffer): void {
  const given = JSON.parse(body.toString('utf8')) as Resource;
  item.metadata = { ...item.metadata, ...given.metadata };
  item.contentType = given.contentType ?? item.contentType;
  item.metageneration += 1;
}

export function createRouter(context: Context): (url: URL, method: string) => Route {
  const { objects } = context;
  const uploads = createUploads(context);
  const rewrite = createRewrites(context);

  function objectRoute(url: URL, bucket: string, rest: string, method: string): Route {
    const query = url.searchParams;
    const copy = /^\/([^/]+)\/rewriteTo\/b\/([^/]+)\/o\/([^/]+)$/.exec(rest);
    if (copy && method === 'POST') {
      const [, from = '', toBucket = '', to = ''] = copy.map((part) => decodeURIComponent(part ?? ''));
      const route: Route = {
        operation: 'rewrite',
        bucket: toBucket,
        name: to,
        handle: (_request, response, body) => rewrite(objects.find(bucket, from, query), route, query, body, response),
      };
      return route;
    }
    const name = decodeURIComponent(rest.slice(1));
    const at = { bucket, name };
    const checked = (): Item => {
      const item = objects.find(bucket, name, query);
      checkPreconditions(query, item);
      return item;
    };
    if (name === '')
      return { ...at, operation: 'list', handle: (_q, response) => listPage(context, bucket, query, response) };
    if (method === 'DELETE') {
      return {
        ...at,
        operation: 'delete',
        handle(_request, response) {
          checked();
          objects.bucket(bucket).delete(name);
          send(response, 204);
        },
      };
    }
    if (method === 'PATCH') {
      return {
        ...at,
        operation: 'patch',
        handle(_request, response, body) {
          const item = checked();
          patch(item, body);
          send(response, 200, resourceOf(item));
        },
      };
    }
    if (query.get('alt') === 'media') {
      const handle: Route['handle'] = (request, response, _body, fault) =>
        sendMedia(request, response, checked(), { fault, served: context.served });
      return { ...at, operation: 'media', handle };
    }
    return { ...at, operation: 'get', handle: (_request, response) => send(response, 200, resourceOf(checked())) };
  }

  const bucketRoute = (name: string, method: string): Route => ({
    operation: 'bucket',
    bucket: name,
    name: '',
    handle(_request, response, body) {
      const wanted = method === 'GET' ? name : (JSON.parse(body.toString('utf8')) as { readonly name: string }).name;
      if (method === 'GET') objects.bucket(name);
      else if (objects.buckets.has(wanted)) throw new HttpError(409, 'conflict', 'The bucket exists already.');
      else objects.buckets.set(wanted, new Map());
      send(response, 200, { kind: 'storage#bucket', id: wanted, name: wanted });
    },
  });

  /** What a signed URL looks like: `/{bucket}/{object}?X-Goog-Signature=…`. */
  function signedRoute(url: URL): Route {
    const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const name = rest.join('/');
    const handle: Route['handle'] = (request, response, _body, fault) => {
      const isSigned = url.searchParams.has('X-Goog-Signature');
      if (!isSigned)
        throw new HttpError(403, 'forbidden', 'Anonymous caller does not have storage.objects.get access.');
      sendMedia(request, response, objects.find(bucket, name, url.searchParams), { fault, served: context.served });
    };
    return { operation: 'media', bucket, name, handle };
  }

  return (url, method) => {
    const upload = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname);
    if (upload) return uploads(url, decodeURIComponent(upload[1] ?? ''), method);
    const object = /^\/storage\/v1\/b\/([^/]+)\/o(\/.*)?$/.exec(url.pathname);
    if (object) return objectRoute(url, decodeURIComponent(object[1] ?? ''), object[2] ?? '/', method);
    const bucket = /^\/storage\/v1\/b(?:\/([^/]+))?$/.exec(url.pathname);
    if (bucket) return bucketRoute(decodeURIComponent(bucket[1] ?? ''), method);
    return signedRoute(url);
  };
}
