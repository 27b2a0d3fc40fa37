/** A Firestore client whose calls are counted as Google bills them: documents read, documents written, commits that succeeded. */
import { Transform } from 'node:stream';
import { Firestore } from '@google-cloud/firestore';

export interface Meter {
  reads: number;
  writes: number;
  commits: number;
}

interface Inside {
  request(method: string, request: { readonly writes?: readonly unknown[] }, ...rest: unknown[]): Promise<unknown>;
  requestStream(
    method: string,
    bidirectional: boolean,
    request: { readonly documents?: readonly unknown[] },
    ...rest: unknown[]
  ): Promise<NodeJS.ReadWriteStream & { destroy(error?: Error): void }>;
}

/** Passes a query's answers on and counts the documents; a query without any is billed as one. */
function counting(meter: Meter, changed: () => void): Transform {
  let found = 0;
  return new Transform({
    objectMode: true,
    transform(answer: { readonly document?: unknown }, _encoding, done) {
      if (answer.document) found += 1;
      done(null, answer);
    },
    flush(done) {
      meter.reads += Math.max(1, found);
      changed();
      done();
    },
  });
}

/** A client for the emulator. `changed` is called after each count. */
export function meteredFirestore(
  settings: { readonly projectId: string; readonly emulatorHost: string },
  meter: Meter,
  changed: () => void = () => undefined,
): Firestore {
  const client = new Firestore({ projectId: settings.projectId, host: settings.emulatorHost, ssl: false });
  const inside = client as unknown as Inside;
  const { request, requestStream } = inside;
  inside.request = async function counted(method, call, ...rest) {
    const answer = await request.call(client, method, call, ...rest);
    if (method === 'commit') {
      meter.commits += 1;
      meter.writes += call.writes?.length ?? 0;
      changed();
    }
    return answer;
  };
  inside.requestStream = async function counted(method, bidirectional, call, ...rest) {
    const stream = await requestStream.call(client, method, bidirectional, call, ...rest);
    if (method === 'batchGetDocuments') {
      meter.reads += call.documents?.length ?? 0;
      changed();
    }
    if (method !== 'runQuery') return stream;
    const counter = counting(meter, changed);
    stream.on('error', (error: Error) => counter.destroy(error));
    return stream.pipe(counter) as unknown as typeof stream;
  };
  return client;
}
