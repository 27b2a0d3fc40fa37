import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ffmpeg } from '../../src/adapters/ffmpeg/index.ts';
import { folder, sqlite } from '../../src/adapters/local/index.ts';
import { fakeMedia } from '../../src/adapters/memory/index.ts';
import { simulated } from '../../src/adapters/simulated/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';
import type { LanguageModel, Media } from '../../src/core/ports.ts';
import { createPipeline, runToEnd } from '../../src/index.ts';
import { studio } from '../support/studio.ts';
import { scratch } from './support.ts';

const root = scratch();
afterAll(() => root[Symbol.dispose]());

/** Media that finds a glyph missing in its first cuts with captions. */
function lackingGlyphs(cuts: number): Media & { readonly asked: (string | undefined)[] } {
  const media = fakeMedia();
  const asked: (string | undefined)[] = [];
  return {
    ...media,
    asked,
    async cut(request) {
      asked.push(request.ass);
      if (request.ass === undefined || asked.length > cuts) return media.cut(request);
      throw new ReelstateError('permanent', 'A glyph is missing.', { code: 'caption-glyphs-missing' });
    },
  };
}

async function filmWith(media: Media) {
  const { make, storage } = studio({ pipeline: { media } });
  const film = await make();
  const text = async (name: string) => (await storage.text(`${film.videoId}/${name}`))?.text;
  const provenance = JSON.parse((await text('provenance.json')) ?? 'null');
  return {
    film,
    provenance,
    there: async (name: string) => (await storage.head(`${film.videoId}/${name}`)) !== undefined,
  };
}

describe('captions that cannot be burned in', () => {
  test('are made again from the script alone', async () => {
    const media = lackingGlyphs(1);
    const { film, provenance } = await filmWith(media);
    expect(film.status === 'completed' && film.output.captions).toBe('script');
    expect(provenance.captions.burned).toBe('script');
    expect(film.events).toContainEqual(expect.objectContaining({ type: 'captions-simplified', detail: 'script' }));
    expect(media.asked).toHaveLength(2);
  });

  test('are then made in the plain style', async () => {
    const media = lackingGlyphs(2);
    const { film, provenance } = await filmWith(media);
    expect(provenance.captions.burned).toBe('plain');
    expect(film.events).toContainEqual(expect.objectContaining({ type: 'captions-simplified', detail: 'plain' }));
    expect(new Set(media.asked).size).toBe(3);
  });

  test('fail the film at last, which is delivered without them', async () => {
    const { film, there } = await filmWith(lackingGlyphs(Number.POSITIVE_INFINITY));
    expect(film.status === 'failed' && film.error.code).toBe('captions-failed');
    expect(film.events).toContainEqual(expect.objectContaining({ type: 'film-failed', detail: 'captions-failed' }));
    expect(await Promise.all(['master.mp4', 'captions.srt', 'final.mp4'].map(there))).toEqual([true, true, false]);
  });
});

/** Ethiopic, which the shipped fonts have not. */
const STRANGE = 'ጀ';

/** Writes one letter that no font has into each dialogue. */
function strange(llm: LanguageModel): LanguageModel {
  return {
    ...llm,
    async generate(request) {
      const answer = await llm.generate(request);
      const text = JSON.stringify(answer.value).replace(/("dialogue":"[^" ]+)/g, `$1${STRANGE}`);
      return { ...answer, value: JSON.parse(text) };
    },
  };
}

async function realFilm(place: string, media: Media) {
  const state = sqlite(join(place, 'state.db'));
  const vendors = simulated({
    folder: join(place, 'vendor'),
    speedUp: 200,
    size: { width: 180, height: 320 },
    voice: 'hum',
  });
  const films = createPipeline({
    storage: folder(join(place, 'films')),
    state,
    ...vendors,
    llm: strange(vendors.llm),
    media,
  });
  const { videoId } = await films.create({ theme: 'Bees', durationSeconds: 8 });
  const film = await runToEnd(films, videoId);
  await state.close?.();
  const read = (name: string) => readFileSync(join(place, 'films', videoId, name), 'utf8');
  return { film, read, provenance: JSON.parse(read('provenance.json')) };
}

describe('a character that no font has, with a real ffmpeg', () => {
  const media = ffmpeg({ systemFonts: false });

  test('is left out of the picture, kept in the subtitles and told', { timeout: 120_000 }, async () => {
    const { film, read, provenance } = await realFilm(join(root.path, 'dropped'), media);
    expect(film.status).toBe('completed');
    expect(read('captions.ass')).not.toContain(STRANGE);
    expect(read('captions.srt')).toContain(STRANGE);
    expect(provenance.captions).toMatchObject({ burned: 'as-laid-out', droppedCharacters: ['ጀ (U+1300)'] });
    expect(film.events).toContainEqual(
      expect.objectContaining({ type: 'caption-characters-dropped', detail: 'ጀ (U+1300)' }),
    );
  });

  test('costs no film where it is noticed only by the cut', { timeout: 120_000 }, async () => {
    const unaware: Media = { ...media, canRender: async () => ({ ok: true, missing: [], needsShaper: false }) };
    const { film, read, provenance } = await realFilm(join(root.path, 'unaware'), unaware);
    expect(film.status).toBe('completed');
    expect(read('captions.ass')).toContain(STRANGE);
    expect(provenance.captions).toMatchObject({ burned: 'plain', droppedCharacters: ['ጀ (U+1300)'] });
    expect(existsSync(join(root.path, 'unaware', 'films', film.videoId, 'final.mp4'))).toBe(true);
  });
});
