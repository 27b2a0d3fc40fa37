import { once } from 'node:events';
import { createServer, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type Handler, toNodeHandler } from '../../src/hosts/index.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(
  handler: Handler,
  before: (incoming: Parameters<RequestListener>[0]) => Promise<void> = async () => undefined,
) {
  const node = toNodeHandler(handler);
  const server = createServer(async (incoming, outgoing) => {
    await before(incoming);
    await node(incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const echo: Handler = async (incoming) =>
  Response.json({
    method: incoming.method,
    path: new URL(incoming.url).pathname,
    type: incoming.headers.get('x-type'),
    body: await incoming.text(),
  });

test('method, path, headers and body go through, status and headers come back', async () => {
  const url = await listen(echo);
  const response = await fetch(`${url}/a/b?c=1`, { method: 'POST', headers: { 'x-type': 't' }, body: 'hello' });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(await response.json()).toEqual({ method: 'POST', path: '/a/b', type: 't', body: 'hello' });
  expect(await (await fetch(url)).json()).toMatchObject({ method: 'GET', body: '' });
});

test('a body that a parser in front has read is taken from it', async () => {
  const read = async (incoming: object & AsyncIterable<Buffer>, keep: (body: Buffer) => object) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    Object.assign(incoming, keep(Buffer.concat(chunks)));
  };
  const raw = await listen(echo, (incoming) => read(incoming, (rawBody) => ({ rawBody })));
  const parsed = await listen(echo, (incoming) => read(incoming, (body) => ({ body: JSON.parse(String(body)) })));
  for (const url of [raw, parsed])
    expect(await (await fetch(url, { method: 'POST', body: '{"a":1}' })).json()).toMatchObject({ body: '{"a":1}' });
});

test('a stream arrives as it is written, and ends where its client leaves', async () => {
  const cancelled = Promise.withResolvers<void>();
  const aborted = Promise.withResolvers<void>();
  const url = await listen(async (incoming) => {
    incoming.signal.addEventListener('abort', () => aborted.resolve());
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('first')),
      cancel: () => cancelled.resolve(),
    });
    return new Response(body);
  });
  const client = request(url);
  client.on('error', () => undefined).end();
  const [response] = (await once(client, 'response')) as [AsyncIterable<Buffer>];
  for await (const chunk of response) {
    expect(String(chunk)).toBe('first');
    client.destroy();
    break;
  }
  await Promise.all([cancelled.promise, aborted.promise]);
});

test('a handler that throws answers 500 without a word of why', async () => {
  const url = await listen(async () => {
    throw new Error('the password is ya29.canary');
  });
  const response = await fetch(url);
  expect([response.status, await response.text()]).toEqual([500, expect.not.stringContaining('canary')]);
});

test('a strange host or path is no matter', async () => {
  const url = await listen(echo);
  const client = request(url, { path: '//evil.example/x', headers: { host: 'a b@:99999' } });
  client.end();
  const [response] = (await once(client, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
  expect([200, 400, 500]).toContain(response.statusCode);
});
