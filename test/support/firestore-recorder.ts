/** An HTTP proxy in front of the Firestore emulator for clients with `preferRest`: it notes every query as Firestore's REST API words it. */
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface FieldFilter {
  readonly field: { readonly fieldPath: string };
  readonly op: string;
}

interface Filter {
  readonly fieldFilter?: FieldFilter;
  readonly compositeFilter?: { readonly filters: readonly Filter[] };
}

export interface StructuredQuery {
  readonly from?: readonly { readonly collectionId: string }[];
  readonly where?: Filter;
  readonly orderBy?: readonly { readonly field: { readonly fieldPath: string }; readonly direction?: string }[];
}

export interface FirestoreRecorder {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly queries: StructuredQuery[];
  close(): Promise<void>;
}

/** google.firestore.v1.StructuredQuery's enums: the client sends their numbers. */
const OPERATORS = [
  'OPERATOR_UNSPECIFIED',
  'LESS_THAN',
  'LESS_THAN_OR_EQUAL',
  'GREATER_THAN',
  'GREATER_THAN_OR_EQUAL',
  'EQUAL',
  'NOT_EQUAL',
  'ARRAY_CONTAINS',
  'IN',
  'ARRAY_CONTAINS_ANY',
  'NOT_IN',
];
const DIRECTIONS = ['DIRECTION_UNSPECIFIED', 'ASCENDING', 'DESCENDING'];

function parse(body: Buffer): StructuredQuery {
  const named = (key: string, value: unknown): unknown => {
    if (typeof value !== 'number') return value;
    return (key === 'op' ? OPERATORS : key === 'direction' ? DIRECTIONS : [])[value] ?? value;
  };
  return (JSON.parse(body.toString('utf8'), named) as { structuredQuery: StructuredQuery }).structuredQuery;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Starts a recorder on a free port of 127.0.0.1. */
export async function startFirestoreRecorder(emulatorHost: string): Promise<FirestoreRecorder> {
  const queries: StructuredQuery[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    const path = request.url ?? '/';
    if (path.includes(':runQuery')) queries.push(parse(body));
    const answer = await fetch(`http://${emulatorHost}${path}`, {
      method: request.method ?? 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer owner' },
      body,
    });
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    queries,
    close: () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
