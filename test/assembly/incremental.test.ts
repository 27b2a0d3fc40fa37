import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReelstateError } from '../../src/core/errors.ts';
import type { Media, Transcript } from '../../src/core/ports.ts';
import { onEachFfmpeg } from '../ffmpeg/support.ts';
import {
  copyOf,
  encodedAnew,
  end,
  inOnePass,
  packets,
  realMedia,
  type Staged,
  scratch,
  stage,
  worstFrame,
} from './support.ts';

const TIMEOUT_MS = 240_000;
/** Two encodes of the same pictures at crf 21; another caption, or a frame too early, is below 25 dB (measured). */
const SAME_PICTURES_DB = 33;
const CAPTIONS = 'iw:ih/3:0:ih/2';

const root = scratch();
afterAll(() => root[Symbol.dispose]());

/** The same takes by both ways: the incremental one must be worth its name and the films must not differ. */
async function expectSameFilm(program: string, staged: Staged, burnedAhead: number) {
  const media = realMedia(program);
  const incremental = await end(copyOf(staged, root.path), media);
  const onePass = await end(copyOf(staged, root.path), inOnePass(media));
  expect(incremental.provenance.burnedAhead).toBe(burnedAhead);
  expect(incremental.info).toEqual(onePass.info);
  expect(await packets(program, incremental.path, '0:a')).toBe(await packets(program, onePass.path, '0:a'));
  expect(await worstFrame(program, incremental.path, onePass.path)).toBeGreaterThan(SAME_PICTURES_DB);
  expect(await worstFrame(program, incremental.path, onePass.path, CAPTIONS)).toBeGreaterThan(SAME_PICTURES_DB);
  return { incremental, onePass };
}

onEachFfmpeg('a film burned block by block is the film cut in one pass', (tools) => {
  const film = async (...options: [input: object, simulated?: object]) => {
    const { ffmpeg } = await tools();
    const [input, simulated = {}] = options;
    return { ffmpeg, staged: await stage(root.path, { media: realMedia(ffmpeg), input, simulated }) };
  };

  test('one chain', { timeout: TIMEOUT_MS }, async () => {
    const { ffmpeg, staged } = await film({ durationSeconds: 22 });
    const { incremental } = await expectSameFilm(ffmpeg, staged, 2);
    expect(incremental.info.frames).toBe(22 * 24);
  });

  test('two chains, joined at a last frame', { timeout: TIMEOUT_MS }, async () => {
    const { ffmpeg, staged } = await film({ durationSeconds: 15, chaining: 'last-frame' });
    await expectSameFilm(ffmpeg, staged, 1);
  });

  test('extensions that come as their new seconds alone', { timeout: TIMEOUT_MS }, async () => {
    const { ffmpeg, staged } = await film({ durationSeconds: 15 }, { extension: 'new-only' });
    await expectSameFilm(ffmpeg, staged, 1);
  });
});

describe('what was burned ahead is used only where it still holds', () => {
  let staged: Staged;
  let program: string;
  beforeAll(async () => {
    const { resolveFfmpeg } = await import('../../src/adapters/ffmpeg/index.ts');
    program = (await resolveFfmpeg()).ffmpeg;
    staged = await stage(root.path, { media: realMedia(program), input: { durationSeconds: 22 } });
  }, TIMEOUT_MS);
  const places = ({ folder, videoId }: Staged) => join(folder, 'films', videoId);

  test('the same input gives the same bytes, both ways', { timeout: TIMEOUT_MS }, async () => {
    const media = realMedia(program);
    for (const way of [media, inOnePass(media)]) {
      const [first, second] = [await end(copyOf(staged, root.path), way), await end(copyOf(staged, root.path), way)];
      expect(readFileSync(first.path).equals(readFileSync(second.path))).toBe(true);
    }
  });

  test('words that were heard differently are burned anew', { timeout: TIMEOUT_MS }, async () => {
    const copy = copyOf(staged, root.path);
    const path = join(places(copy), 'words', '2-1.json');
    const heard = JSON.parse(readFileSync(path, 'utf8')) as Transcript;
    const later = heard.words.map((word, index) =>
      index > 0 ? word : { ...word, startMs: word.startMs + 80, endMs: word.endMs + 80 },
    );
    writeFileSync(path, JSON.stringify({ ...heard, words: later }));
    await expectSameFilm(program, copy, 1);
  });

  test.each(['gone', 'damaged'])('a segment that is %s', { timeout: TIMEOUT_MS }, async (fate) => {
    const copy = copyOf(staged, root.path);
    const path = join(places(copy), 'segments', '1-1.mp4');
    if (fate === 'gone') rmSync(path);
    else writeFileSync(path, readFileSync(path).subarray(0, 3000));
    await expectSameFilm(program, copy, 0);
  });

  test.each(['compareHead', 'cut'] as const)(
    'a film survives a %s that fails',
    { timeout: TIMEOUT_MS },
    async (method) => {
      const media = realMedia(program);
      const fail = async () => {
        throw new ReelstateError('permanent', 'No.', { code: 'process-failed' });
      };
      const clumsy: Media =
        method === 'compareHead'
          ? { ...media, compareHead: fail }
          : { ...media, cut: (request) => ((request.burned ?? []).length > 0 ? fail() : media.cut(request)) };
      const { provenance, info } = await end(copyOf(staged, root.path), clumsy);
      expect(provenance.burnedAhead).toBe(0);
      expect(info.frames).toBe(22 * 24);
    },
  );

  test('a film that is trimmed has one pass', { timeout: TIMEOUT_MS }, async () => {
    const input = { durationSeconds: 12, trim: true };
    const short = await stage(root.path, { media: realMedia(program), input });
    const { incremental } = await expectSameFilm(program, short, 0);
    expect(incremental.info.durationMs).toBeLessThanOrEqual(12_000);
    expect(incremental.info.durationMs).toBeGreaterThan(9000);
    expect(await readdir(places(short))).not.toContain('segments');
  });

  test.each([
    ['encoded anew', 'null'],
    ['another one', 'negate'],
  ])('an extension whose beginning is %s', { timeout: TIMEOUT_MS }, async (_, filter) => {
    const onExtension = encodedAnew(program, filter);
    const other = await stage(root.path, { media: realMedia(program), onExtension });
    const { incremental, onePass } = await expectSameFilm(program, other, 0);
    expect(readFileSync(incremental.path).equals(readFileSync(onePass.path))).toBe(true);
  });
});
