/** An HTTP proxy in front of the loopback Cloud Storage: how many bytes of videos pass through the one process that uses it. */
import { createServer, type IncomingMessage, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GcsServer } from '../../support/gcs-server.ts';

export interface VideoBytes {
  /** Pictures and sound: what lies in the files' `mdat`. */
  media: number;
  /** Boxes around it, the index (`moov`) above all, which says how long a video is. */
  index: number;
}

export interface MeteringProxy {
  readonly url: string;
  readonly passed: VideoBytes;
  close(): Promise<void>;
}

/** Where the media data of an mp4 lies; `end` is exclusive. */
function mediaOf(bytes: Buffer): { readonly start: number; readonly end: number } {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const length = size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size;
    if (bytes.toString('latin1', at + 4, at + 8) === 'mdat') return { start: at + 8, end: at + length };
    if (length < 8) break;
    at += length;
  }
  return { start: 0, end: 0 };
}

export async function startMeteringProxy(gcs: GcsServer): Promise<MeteringProxy> {
  const passed: VideoBytes = { media: 0, index: 0 };

  function count(request: IncomingMessage, served: number): void {
    const url = new URL(request.url ?? '/', gcs.url);
    const [, bucket = '', name = ''] =
      /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname)?.map(decodeURIComponent) ?? [];
    if (url.searchParams.get('alt') !== 'media' || !name.endsWith('.mp4')) return;
    const bytes = gcs.read(bucket, name);
    if (bytes === undefined) return;
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const media = mediaOf(bytes);
    const inside = Math.max(0, Math.min(from + served, media.end) - Math.max(from, media.start));
    passed.media += inside;
    passed.index += served - inside;
  }

  const server = createServer((request, response) => {
    const { host: _, ...headers } = request.headers;
    let uploaded = 0;
    const isUpload = /^\/upload\//.test(request.url ?? '') && /mp4/.test(decodeURIComponent(request.url ?? ''));
    const upstream = send(`${gcs.url}${request.url}`, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      let served = 0;
      answer.on('data', (chunk: Buffer) => {
        served += chunk.length;
      });
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) < 300) count(request, served);
      });
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    upstream.on('error', () => response.destroy());
    request.on('data', (chunk: Buffer) => {
      uploaded += chunk.length;
    });
    request.on('end', () => {
      if (isUpload) passed.media += uploaded;
    });
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
