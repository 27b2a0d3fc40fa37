/**
 * Gives ffmpeg a source to read by ranges: a local file as it is, anything else through a server on the loopback address that reads the
 * source. So a film in a bucket needs no download and no temporary space, no signed URL appears among the process's arguments, and TLS, sign-in
 * and retries stay with the storage's own client.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { mp4Bytes } from '../../core/mp4.ts';
import type { Source } from '../../core/ports.ts';

export interface VideoInput {
  /** Everything up to and with the URL after `-i`; only the MP4 demuxer and only these protocols may open it. */
  readonly options: readonly string[];
  readonly url: string;
}

export interface OpenInputs extends AsyncDisposable {
  readonly inputs: readonly VideoInput[];
  /** The first error that a source threw while ffmpeg was reading it: more telling than what ffmpeg made of it. */
  sourceError(): unknown;
}

/** What video models and phones write; the many other decoders of ffmpeg are there for attackers only. */
const DECODERS = 'h264,hevc,av1,libdav1d,vp9,libvpx-vp9,mpeg4,aac,opus,libopus,mp3,mp3float,flac,ac3,pcm_s16le';

/** A little above 4K, whatever the file says of itself. */
const MAX_PIXELS = '10000000';

const onlyMp4 = (protocols: string) =>
  ['-protocol_whitelist', protocols, '-codec_whitelist', DECODERS, '-max_pixels', MAX_PIXELS].concat('-f', 'mov');

/** Opens all sources of a job. Each must be an MP4 that was measured before. */
export async function openInputs(sources: readonly Source[]): Promise<OpenInputs> {
  const remote = sources.filter(({ path }) => path === undefined);
  const server = remote.length > 0 ? await serve(remote) : undefined;
  return {
    inputs: sources.map((source) =>
      source.path === undefined && server
        ? { options: onlyMp4('http,tcp'), url: server.urlOf(remote.indexOf(source)) }
        : { options: onlyMp4('file,pipe'), url: `file:${resolve(source.path ?? '')}` },
    ),
    sourceError: () => server?.error(),
    [Symbol.asyncDispose]: async () => server?.close(),
  };
}

/** Not every source says its size: an MP4 knows its own, and else its bytes are counted. */
async function sizeOf(source: Source): Promise<number> {
  const stated = await mp4Bytes(source);
  if (stated !== undefined) return stated;
  let bytes = 0;
  for await (const chunk of source.open()) bytes += chunk.length;
  return bytes;
}

async function serve(sources: readonly Source[]) {
  const sizes = await Promise.all(sources.map(sizeOf));
  const secret = randomBytes(16).toString('hex');
  const stopped = new AbortController();
  let failure: unknown;
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });

  /** A source that fails while ffmpeg still listens; ffmpeg itself takes the broken connection for the end of the film. */
  async function* bytesOf(stream: ReadableStream<Uint8Array>, listening: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* stream;
    } catch (error) {
      if (!listening.aborted) failure ??= error;
      throw error;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, given, index] = (request.url ?? '').split('/');
    const source = given === secret ? sources[Number(index)] : undefined;
    const size = sizes[Number(index)];
    if (!source || size === undefined || request.method !== 'GET') {
      response.writeHead(404).end();
      return;
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const start = Math.min(Number(range?.[1] ?? 0), size);
    const end = range?.[2] ? Math.min(Number(range[2]) + 1, size) : size;
    if (start >= end) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
      return;
    }
    response.writeHead(range ? 206 : 200, {
      'accept-ranges': 'bytes',
      'content-type': 'video/mp4',
      'content-length': end - start,
      ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${size}` } : {}),
    });
    // ffmpeg closes the connection whenever it seeks: not an error of the source.
    const left = new AbortController();
    response.once('close', () => left.abort());
    const signal = AbortSignal.any([left.signal, stopped.signal]);
    await pipeline(Readable.from(bytesOf(source.open({ start, end, signal }), signal)), response);
  }

  await new Promise<void>((resolved, rejected) => {
    server.once('error', rejected).listen(0, '127.0.0.1', resolved);
  });
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (index: number) => `http://127.0.0.1:${port}/${secret}/${index}`,
    error: () => failure,
    close: () => {
      stopped.abort();
      server.closeAllConnections();
      return new Promise<void>((resolved) => server.close(() => resolved()));
    },
  };
}
