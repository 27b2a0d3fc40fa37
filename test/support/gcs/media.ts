/** Bytes of the loopback Cloud Storage on their way out, whole or by range, damaged where a fault says so. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GcsFault, Item } from './protocol.ts';
import { HttpError, sendError } from './protocol.ts';

/** First and last byte that a `Range` header asks for. */
function rangeOf(header: string | undefined, size: number): { readonly from: number; readonly to: number } | undefined {
  const range = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (range === null) return undefined;
  const [, first = '', last = ''] = range;
  if (first === '') return { from: Math.max(0, size - Number(last)), to: size - 1 };
  return { from: Number(first), to: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}

function flipMiddleBit(bytes: Buffer): void {
  const middle = Math.floor(bytes.length / 2);
  const byte = bytes[middle];
  if (byte !== undefined) bytes[middle] = byte ^ 1;
}

export function sendMedia(
  request: IncomingMessage,
  response: ServerResponse,
  item: Item,
  options: { readonly fault: GcsFault | undefined; readonly served: { bytes: number } },
): void {
  const size = item.bytes.length;
  const range = rangeOf(request.headers.range, size);
  const { from, to } = range ?? { from: 0, to: size - 1 };
  if (range !== undefined && from >= size) {
    sendError(response, new HttpError(416, 'requestedRangeNotSatisfiable', 'The requested range cannot be satisfied.'));
    return;
  }
  const part = Buffer.from(item.bytes.subarray(from, to + 1));
  if (options.fault === 'corrupt') flipMiddleBit(part);
  response.writeHead(range === undefined ? 200 : 206, {
    'content-type': item.contentType,
    'content-length': String(part.length),
    'accept-ranges': 'bytes',
    'x-goog-hash': `crc32c=${item.crc32c},md5=${item.md5Hash}`,
    'x-goog-generation': item.generation,
    'x-goog-metageneration': String(item.metageneration),
    'x-goog-stored-content-length': String(size),
    'x-goog-stored-content-encoding': 'identity',
    ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to}/${size}` }),
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const sent = options.fault === 'truncate' ? part.subarray(0, Math.floor(part.length / 2)) : part;
  options.served.bytes += sent.length;
  if (options.fault === 'truncate') response.write(sent, () => setImmediate(() => request.socket.destroy()));
  else response.end(sent);
}
