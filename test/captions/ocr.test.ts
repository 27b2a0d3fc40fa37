import { describe, expect, it } from 'vitest';
import { captionStyle, joinWords } from '../../src/core/captions/index.ts';
import { caption, isMissing, noFfmpeg, read, similarity } from './rendering.ts';

const lacks = (language: string, pack: string): boolean =>
  noFfmpeg() ||
  isMissing('tesseract', ['--list-langs'], new RegExp(`^${language}$`, 'm'), `apt-get install tesseract-ocr ${pack}`);
const noCjk = (): boolean =>
  isMissing('fc-list', [':lang=ja', 'family'], /Noto Sans CJK JP/, 'apt-get install fonts-noto-cjk');

const latin = lacks('eng', 'tesseract-ocr-eng');
const cases = [
  {
    name: 'Latin, active',
    language: 'en',
    tesseract: 'eng',
    preset: 'active',
    skip: latin,
    dialogue: 'Sunlight looks white, but it carries every colour of the rainbow.',
  },
  {
    name: 'Latin, marker',
    language: 'en',
    tesseract: 'eng',
    preset: 'marker',
    skip: latin,
    dialogue: 'Tiny molecules scatter blue waves.',
  },
  {
    name: 'Latin, classic',
    language: 'en',
    tesseract: 'eng',
    preset: 'classic',
    skip: latin,
    dialogue: 'When it meets the air, tiny molecules scatter the short blue waves.',
  },
  {
    name: 'Cyrillic',
    language: 'ru',
    tesseract: 'rus',
    preset: 'active',
    skip: lacks('rus', 'tesseract-ocr-rus'),
    dialogue: 'Солнечный свет кажется белым, но в нём есть все цвета радуги.',
  },
  {
    name: 'Chinese',
    language: 'zh',
    tesseract: 'chi_sim',
    preset: 'active',
    skip: lacks('chi_sim', 'tesseract-ocr-chi-sim') || noCjk(),
    dialogue: '阳光看起来是白色的，其实包含了彩虹的所有颜色。',
  },
  {
    name: 'Japanese',
    language: 'ja',
    tesseract: 'jpn',
    preset: 'active',
    skip: lacks('jpn', 'tesseract-ocr-jpn') || noCjk(),
    dialogue: '太陽の光は白く見えますが、実は虹のすべての色を含んでいます。',
  },
];

describe('a machine reads the captions back from moving pictures', () => {
  for (const { name, language, tesseract, preset, skip, dialogue } of cases) {
    it.skipIf(skip)(name, async () => {
      const film = caption(dialogue, language, captionStyle(preset));
      const scores = await Promise.all(
        film.cues.slice(0, 3).map(async ({ startMs, endMs, lines }) => {
          const text = await read(film, (startMs + endMs) / 2, tesseract);
          return similarity(text, joinWords(lines.flat()));
        }),
      );
      const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
      expect(mean, `${scores.join(', ')}`).toBeGreaterThanOrEqual(0.85);
    });
  }

  it.skipIf(latin)('Latin, after x264 as the final cut uses it', async () => {
    const film = caption('Sunlight looks white, but it carries every colour.', 'en', captionStyle());
    const [, cue] = film.cues;
    if (cue === undefined) throw new Error('one cue only');
    const text = await read(film, Math.round((cue.startMs + cue.endMs) / 2), 'eng', true);
    expect(similarity(text, joinWords(cue.lines.flat()))).toBeGreaterThanOrEqual(0.85);
  });
});
