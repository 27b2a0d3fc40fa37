/**
 * A loopback Cloud Storage: the JSON API as far as the client library and signed URLs use it, preconditions, generations, resumable
 * sessions, checksums and finalize events included, with a fault per request where a test wants one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createObjects, resourceOf } from './gcs/objects.ts';
import type { GcsFault, GcsOperation, GcsRequest, GcsServer, GcsServerOptions } from './gcs/protocol.ts';
import { HttpError, sendError } from './gcs/protocol.ts';
import { createRouter } from './gcs/routes.ts';

export type {
  GcsEvent,
  GcsFault,
  GcsOperation,
  GcsServer,
  GcsServerOptions,
} from './gcs/protocol.ts';

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The effect happens, the answer never arrives. */
function withoutAnswer(request: IncomingMessage, response: ServerResponse): ServerResponse {
  const cut = (): ServerResponse => {
    request.socket.destroy();
    return response;
  };
  return Object.assign(Object.create(response) as ServerResponse, { writeHead: () => response, write: cut, end: cut });
}

const PERMISSIONS: Readonly<Partial<Record<GcsOperation, string>>> = {
  list: 'storage.objects.list',
  delete: 'storage.objects.delete',
  insert: 'storage.objects.create',
  session: 'storage.objects.create',
  upload: 'storage.objects.create',
  rewrite: 'storage.objects.create',
};

/** What Google answers instead of doing anything. */
function refusal(fault: GcsFault | undefined, operation: GcsOperation): HttpError | undefined {
  const permission = PERMISSIONS[operation] ?? 'storage.objects.get';
  if (typeof fault === 'object')
    return new HttpError(fault.status, fault.reason ?? 'backendError', fault.message ?? 'An error.', fault.headers);
  if (fault === '503') return new HttpError(503, 'backendError', 'Backend Error');
  if (fault === '429')
    return new HttpError(
      429,
      'rateLimitExceeded',
      'The object exceeded the rate limit for object mutation operations.',
    );
  if (fault === '401') return new HttpError(401, 'authError', 'Invalid Credentials');
  const denied = `films@example.iam.gserviceaccount.com does not have ${permission} access to the Google Cloud Storage object.`;
  if (fault === '403')
    return new HttpError(
      403,
      'forbidden',
      `${denied} Permission '${permission}' denied on resource (or it may not exist).`,
    );
  return undefined;
}

/** Starts a server on a free port of 127.0.0.1. */
export async function startGcsServer(options: GcsServerOptions = {}): Promise<GcsServer> {
  const objects = createObjects(options.buckets ?? ['films'], options.onFinalize);
  const requests: GcsRequest[] = [];
  const [served, taken] = [{ bytes: 0 }, { bytes: 0 }];
  let faultOf = options.fault;
  let base = '';
  const router = createRouter({ objects, options, served, taken, base: () => base });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET';
    const url = new URL(request.url ?? '/', base);
    const route = router(url, method);
    const isStatus = route.operation === 'upload' && /^bytes \*/.test(request.headers['content-range'] ?? '');
    const operation: GcsOperation = isStatus ? 'status' : route.operation;
    const { bucket, name } = route;
    const entry: GcsRequest = { operation, bucket, name, method, url: url.pathname + url.search };
    requests.push(entry);
    const fault = faultOf?.(entry);
    if (fault === 'reset') {
      request.socket.destroy();
      return;
    }
    const body = await bodyOf(request);
    if (fault === 'hang') return;
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, options.slowMs ?? 50));
    const refused = refusal(fault, operation);
    if (refused !== undefined) throw refused;
    route.handle(request, fault === 'lose' ? withoutAnswer(request, response) : response, body, fault);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) return;
      sendError(response, error instanceof HttpError ? error : new HttpError(500, 'internalError', String(error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    url: base,
    requests,
    served,
    taken,
    setFault: (next) => {
      faultOf = next;
    },
    seed: (bucket, name, bytes, resource = {}) => {
      const content = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes);
      return { generation: objects.store(bucket, name, content, resource).generation };
    },
    read: (bucket, name) => objects.buckets.get(bucket)?.get(name)?.bytes,
    metadata: (bucket, name) => {
      const item = objects.buckets.get(bucket)?.get(name);
      return item === undefined ? undefined : resourceOf(item);
    },
    names: (bucket) => [...(objects.buckets.get(bucket)?.keys() ?? [])].sort(),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
    },
  };
}
