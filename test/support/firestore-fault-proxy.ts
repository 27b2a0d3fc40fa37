/**
 * A gRPC proxy (HTTP/2 without TLS) in front of the Firestore emulator that loses or replaces answers: the effect happens on the server, the
 * client hears of a failure.
 */
import type { ClientHttp2Session, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { connect, constants, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** What the client sees instead of the answer, after the effect. */
export type LostAnswer = 'status-14' | 'status-4' | 'reset' | 'drop';

/** A lost answer, or a call that is refused or left hanging without an effect. */
export type CallFault = LostAnswer | 'hang' | { readonly status: number; readonly message?: string };

export interface FirestoreFaultProxy {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Names of the methods that were called, in order: `Commit`, `BatchGetDocuments`, `RunQuery` … */
  readonly calls: string[];
  /** The fault that the n-th call of a method meets, counted from 1 since `reset`. */
  setFault(fault: ((method: string, n: number) => CallFault | undefined) | undefined): void;
  /** Holds a call back until this resolves. */
  setBefore(before: ((method: string) => Promise<unknown>) | undefined): void;
  /** Runs between an effect whose answer is lost and the moment when the client hears of it. */
  setMeanwhile(meanwhile: (() => Promise<unknown>) | undefined): void;
  close(): Promise<void>;
}

const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'http2-settings']);

const forwarded = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));

function answerStatus(stream: ServerHttp2Stream, status: number, message = 'fault'): void {
  if (stream.closed) return;
  const headers = {
    ':status': 200,
    'content-type': 'application/grpc',
    'grpc-status': String(status),
    'grpc-message': encodeURIComponent(message),
  };
  stream.respond(headers, { endStream: true });
}

function lose(stream: ServerHttp2Stream, fault: LostAnswer): void {
  const { session } = stream;
  // Another call's fault may have dropped the whole connection meanwhile.
  if (session === undefined || stream.closed) return;
  if (fault === 'status-14') answerStatus(stream, 14);
  else if (fault === 'status-4') answerStatus(stream, 4);
  else if (fault === 'reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else session.destroy();
}

function pass(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  upstream: ClientHttp2Session,
  fault: LostAnswer | undefined,
  meanwhile: () => Promise<unknown>,
): void {
  const call = upstream.request(forwarded(headers), { endStream: false });
  stream.pipe(call);
  stream.on('error', () => call.close(constants.NGHTTP2_CANCEL));
  stream.on('close', () => {
    if (!call.closed) call.close(constants.NGHTTP2_CANCEL);
  });
  call.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  if (fault !== undefined) {
    call.resume();
    call.on('end', () => {
      const answer = (): void => lose(stream, fault);
      meanwhile().then(answer, answer);
    });
    return;
  }
  let trailers: IncomingHttpHeaders = {};
  call.on('trailers', (received) => {
    trailers = forwarded(received);
  });
  call.on('response', (received, flags) => {
    if (stream.closed) return;
    const ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    stream.respond(forwarded(received), ended ? { endStream: true } : { waitForTrailers: true });
    if (ended) return;
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    call.pipe(stream);
  });
}

/** Starts a proxy on a free port of 127.0.0.1. */
export async function startFirestoreFaultProxy(emulatorHost: string): Promise<FirestoreFaultProxy> {
  const upstream = connect(`http://${emulatorHost}`);
  upstream.on('error', () => {});
  const sessions = new Set<ServerHttp2Session>();
  const calls: string[] = [];
  let fault: Parameters<FirestoreFaultProxy['setFault']>[0];
  let meanwhile: () => Promise<unknown> = async () => {};
  let before: (method: string) => Promise<unknown> = async () => {};
  let counts = new Map<string, number>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    calls.push(method);
    const n = (counts.get(method) ?? 0) + 1;
    counts.set(method, n);
    const met = fault?.(method, n);
    if (met === 'hang') return;
    if (typeof met === 'object') answerStatus(stream, met.status, met.message);
    else before(method).then(() => pass(stream, headers, upstream, met, meanwhile));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    setFault(next) {
      fault = next;
      counts = new Map();
      calls.length = 0;
    },
    setBefore(next) {
      before = next ?? (async () => {});
    },
    setMeanwhile(next) {
      meanwhile = next ?? (async () => {});
    },
    async close() {
      upstream.destroy();
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
