/** Names that come from strangers: ids, owners, metadata, object names of events. Symbolic links are in test/local/folder.test.ts too. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { folder } from '../../src/adapters/local/index.ts';
import { rebuild, remove } from '../../src/admin/index.ts';
import { parseTakeObject } from '../../src/core/paths.ts';
import { studio } from '../support/studio.ts';

const hostileIds = [
  '',
  '.',
  '..',
  'short',
  '../../../etc/passwd',
  'film/../other-film',
  'film%2f..%2fother',
  'film\\..\\other',
  'film-0001/takes/1-1',
  'film-0001\u0000.mp4',
  'film-0001\n',
  'film 0001',
  '-film-0001',
  '_film-0001',
  '__proto__x',
  'ｆｉｌｍ-0001',
  'fi\u202elm-0001',
  'a'.repeat(65),
  '$(touch x)-0001',
  "film-0001'; --",
  'film-0001?key=x',
  'film-0001#x',
  'film-[01]*',
];
/** What JSON can bring in the place of a string. */
const notStrings: readonly unknown[] = [undefined, null, 7, true, {}, ['film-0001'], { toString: 'x' }];

const badId = { kind: 'permanent', code: 'invalid-video-id' };

describe('an id that is none', () => {
  for (const id of hostileIds) {
    it(`${JSON.stringify(id).slice(0, 30)} reaches no store and no bucket`, async () => {
      const { films, storage, state } = studio();
      await expect(films.create({ videoId: id, theme: 'Bees' })).rejects.toMatchObject(badId);
      for (const call of [
        () => films.get(id),
        () => films.advance(id),
        () => films.send(id, { type: 'cancel' }),
        () => films.watch(id)[Symbol.asyncIterator]().next(),
        () => rebuild(films, id),
        () => remove(films, id, { force: true }),
      ])
        await expect(call()).rejects.toMatchObject(badId);
      expect(await storage.list('')).toEqual([]);
      expect((await state.list({}, { limit: 10 })).videoIds).toEqual([]);
    });
  }

  it('nor does anything that is no text', async () => {
    const { films } = studio();
    for (const id of notStrings) await expect(films.get(id as string)).rejects.toMatchObject(badId);
  });
});

describe('owner and metadata', () => {
  const refused = (changes: object, code: string) =>
    expect(studio().films.create({ theme: 'Bees', ...changes })).rejects.toMatchObject({ kind: 'permanent', code });

  it('hold no path, no separator of keys and no prototype', async () => {
    for (const owner of ['../x', 'a/b', 'a b', '', '-a', '__proto__', 'a\n', 'é', 'a'.repeat(129), 'a:b'])
      await refused({ owner }, 'invalid-owner');
    const hostile = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    for (const metadata of [
      hostile,
      { 'a/b': 'x' },
      { 'a.b': 'x' },
      { '': 'x' },
      { $where: 'x' },
      { a: 'x'.repeat(501) },
    ])
      await refused({ metadata }, 'invalid-metadata');
    await refused({ metadata: { a: 7 } }, 'invalid-metadata');
    await refused(
      { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, n) => [`k${n}`, 'x'])) },
      'invalid-metadata',
    );
  });
});

/** Everything that a film may ever be called in a bucket. */
const NAMES =
  /^(film\.json|script_v2\.json|script_raw\.txt|scripts\/[0-9a-f]+\.txt|takes\/\d+-\d+\/(intent|operation|outcome)\.json|takes\/\d+-\d+\/(\d+|fetched)\/sample_0\.mp4|accepted\/\d+-r\d+\.json|block_\d+\.mp4|frames\/\d+-\d+\.png|words\/\d+-\d+\.json|segments\/\d+-\d+\.mp4|transcript\.json|captions\.(ass|srt|vtt|json)|master\.mp4|final\.mp4|poster\.jpg|provenance\.json)$/;

it('no object of a film is named after what a person wrote', async () => {
  const { films, run, storage } = studio();
  const evil = '../../../../tmp/evil';
  const { videoId } = await films.create({
    theme: `${evil} block_1.mp4 takes/1-1/intent.json`,
    style: evil,
    owner: 'owner.of@example',
    metadata: { title: evil, file: 'final.mp4' },
    durationSeconds: 15,
  });
  expect((await run(videoId)).status).toBe('completed');
  const names = (await storage.list('')).map(({ name }) => name);
  for (const name of names) {
    expect(name.startsWith(`${videoId}/`), name).toBe(true);
    expect(name.slice(videoId.length + 1)).toMatch(NAMES);
  }
  expect(names.length).toBeGreaterThan(15);
});

describe('an event’s object name', () => {
  it('is a hint for the film that it belongs to, or nothing', async () => {
    const { films, run, video, clock, storage } = studio();
    const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
    await run(videoId, () => video.posts.length === 1);
    const before = await storage.list('');
    for (const object of [
      `${videoId}/takes/1-1/../../other/sample_0.mp4`,
      `other-film-1/takes/1-1/x/sample_0.mp4`,
      `${videoId}/takes/99-99/sample_0.mp4`,
      `${videoId}/takes/1-1e9/sample_0.mp4`,
      `../${videoId}/takes/1-1/sample_0.mp4`,
      `${videoId}/takes/1-1/`,
      '',
      'a'.repeat(5000),
    ]) {
      const film = await films.advance(videoId, { hint: { object, generation: 'x' } });
      expect(film.status).toBe('waiting');
    }
    expect(await storage.list('')).toEqual(before);
    expect(video.posts).toHaveLength(1);
    await clock.advance(60_000);
    expect((await run(videoId)).status).toBe('completed');
  });

  it('is parsed into an id, two numbers and a rest, or into nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.string({ maxLength: 20 }), (videoId, rest) => {
        const parsed = parseTakeObject(`${videoId}/takes/1-2/${rest}`);
        if (parsed === undefined) return;
        expect(parsed.videoId).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{7,63}$/);
        expect([parsed.block, parsed.take].every(Number.isSafeInteger)).toBe(true);
      }),
    );
  });
});

describe('a folder in which somebody else may write', () => {
  const folders: string[] = [];
  const scratch = (): string => {
    const path = mkdtempSync(join(tmpdir(), 'reelstate-security-'));
    folders.push(path);
    return path;
  };
  afterEach(() => {
    for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
  });

  it('a film whose folder became a symbolic link writes nothing to where it leads', async () => {
    const [root, outside] = [scratch(), scratch()];
    const { host } = studio();
    const films = host({ storage: folder(root) });
    writeFileSync(join(outside, 'precious.txt'), 'precious');
    symlinkSync(outside, join(root, 'linked-film-1'));
    await expect(films.create({ videoId: 'linked-film-1', theme: 'Bees', durationSeconds: 8 })).rejects.toMatchObject({
      kind: 'permanent',
      code: 'storage-outside',
    });
    await expect(remove(films, 'linked-film-1', { force: true })).rejects.toMatchObject({ code: 'storage-outside' });
    expect(readdirSync(outside)).toEqual(['precious.txt']);
  });

  it('nor does one whose takes’ folder became one while it was made', async () => {
    const [root, outside] = [scratch(), scratch()];
    const { host, clock } = studio();
    const films = host({ storage: folder(root) });
    const { videoId } = await films.create({ videoId: 'linked-film-2', theme: 'Bees', durationSeconds: 8 });
    mkdirSync(join(root, videoId), { recursive: true });
    symlinkSync(outside, join(root, videoId, 'takes'));
    for (let turn = 0; turn < 5; turn += 1) {
      await films.advance(videoId).catch(() => undefined);
      await clock.advance(30_000);
    }
    expect(readdirSync(outside)).toEqual([]);
  });
});
