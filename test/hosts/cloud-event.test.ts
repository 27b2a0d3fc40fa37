import { expect, test } from 'vitest';
import { finalizedObject, isCloudEvent, parseCloudEvent } from '../../src/hosts/cloud-event.ts';

const data = { bucket: 'films', name: 'film_0001/script_v2.json', generation: '1766000000000001' };
const attributes = {
  id: 'e1',
  type: 'google.cloud.storage.object.v1.finalized',
  source: '//storage.googleapis.com/projects/_/buckets/films',
  specversion: '1.0',
};
const request = (headers: Readonly<Record<string, string>>) => new Request('http://x/', { method: 'POST', headers });
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const binary = request({
  'content-type': 'application/json',
  ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
});
const structured = request({ 'content-type': 'application/cloudevents+json; charset=UTF-8' });

test('both modes tell the same', () => {
  const { specversion: _, ...event } = attributes;
  expect(parseCloudEvent(binary, bytes(data))).toEqual({ ...event, data });
  expect(parseCloudEvent(structured, bytes({ ...attributes, data }))).toEqual({ ...event, data });
  expect([binary, structured, request({ 'content-type': 'application/json' })].map(isCloudEvent)).toEqual([
    true,
    true,
    false,
  ]);
});

test('an object of our bucket is one, with its generation as text', () => {
  const event = { ...attributes, data };
  expect(finalizedObject(event, 'films')).toEqual({ name: data.name, generation: data.generation });
});

test.each([
  ['another bucket', { data: { ...data, bucket: 'other' }, source: attributes.source.replace('films', 'other') }],
  ['another bucket in the body than in the source', { data: { ...data, bucket: 'other' } }],
  ['another source than the body says', { source: attributes.source.replace('films', 'other') }],
  ['a source that is not Cloud Storage', { source: '//evil.example/projects/_/buckets/films' }],
  ['a change of metadata', { type: 'google.cloud.storage.object.v1.metadataUpdated' }],
  ['a deletion', { type: 'google.cloud.storage.object.v1.deleted' }],
  ['no type', { type: '' }],
  ['no name', { data: { ...data, name: undefined } }],
  ['a generation that lost its digits as a JSON number', { data: { ...data, generation: 1766000000000001 } }],
  ['a generation that is none', { data: { ...data, generation: '1; drop' } }],
  ['no data', { data: undefined }],
  ['data that is a list', { data: [data] }],
])('%s is none', (_what, change) => {
  expect(finalizedObject({ ...attributes, data, ...change }, 'films')).toBeUndefined();
});

test('a body that is no JSON object is refused', () => {
  for (const body of ['[]', '"x"', 'null', '{', '']) {
    expect(() => parseCloudEvent(binary, new TextEncoder().encode(body))).toThrow('body-not-json');
  }
});
