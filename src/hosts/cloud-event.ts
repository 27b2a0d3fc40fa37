/** CloudEvents over HTTP, binary and structured mode: as much of the format as Eventarc's storage events need. */
import { parseObject } from './http.ts';

export const FINALIZED = 'google.cloud.storage.object.v1.finalized';

export interface CloudEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly data: unknown;
}

/** An object of the bucket that was written, as an event tells it. */
export interface FinalizedObject {
  readonly name: string;
  /** Decimal digits: an int64, which a JSON number would not hold. */
  readonly generation: string;
}

export const isCloudEvent = (request: Request): boolean =>
  isStructured(request) || request.headers.has('ce-type') || request.headers.has('ce-id');

const isStructured = (request: Request): boolean =>
  /^application\/cloudevents\+json\b/i.test(request.headers.get('content-type') ?? '');

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Whatever is missing is an empty string. Throws `Refusal` 400 for a body that is no JSON object. */
export function parseCloudEvent(request: Request, body: Uint8Array): CloudEvent {
  const given = parseObject(body);
  if (isStructured(request)) {
    const { id, type, source, data } = given;
    return { id: text(id), type: text(type), source: text(source), data };
  }
  const header = (name: string): string => request.headers.get(`ce-${name}`) ?? '';
  return { id: header('id'), type: header('type'), source: header('source'), data: given };
}

/**
 * The object that the event names, where it speaks of new content in this very bucket. Headers and bodies are forgeable: what is returned is
 * a reason to look, never a fact.
 */
export function finalizedObject(event: CloudEvent, bucket: string): FinalizedObject | undefined {
  if (event.type !== FINALIZED || event.source !== `//storage.googleapis.com/projects/_/buckets/${bucket}`)
    return undefined;
  if (typeof event.data !== 'object' || event.data === null) return undefined;
  const { bucket: named, name, generation } = event.data as Readonly<Record<string, unknown>>;
  if (named !== bucket || typeof name !== 'string' || typeof generation !== 'string') return undefined;
  return /^\d{1,20}$/.test(generation) ? { name, generation } : undefined;
}
