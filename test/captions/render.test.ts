import { describe, expect, it } from 'vitest';
import {
  canvasOf,
  captionPresets,
  captionStyle,
  joinWords,
  safeZoneOf,
  textWidth,
  toAss,
  toSrt,
  toVtt,
} from '../../src/core/captions/index.ts';
import {
  type Box,
  boxesOf,
  caption,
  cueTimesIn,
  type Film,
  FRAMES_PER_SECOND,
  frameOf,
  isMissing,
  noFfmpeg,
  warningsOf,
} from './rendering.ts';

const skip = noFfmpeg();
const noNoto =
  skip ||
  isMissing('fc-list', [':lang=th', 'family'], /Noto Sans Thai/, 'apt-get install fonts-noto-core fonts-noto-cjk');
const noCjk =
  skip || isMissing('fc-list', [':lang=ja', 'family'], /Noto Sans CJK JP/, 'apt-get install fonts-noto-cjk');

const ENGLISH =
  'Why is the sky blue? Sunlight looks white, but it carries every colour. Donaudampfschifffahrtsgesellschaft! ÅÇĘ gjpqy, WWWWWWWW.';
/** One pixel of the small render. */
const TOLERANCE = 3;

function expectInside(box: Box, film: Film, zone: ReturnType<typeof safeZoneOf>): void {
  const { width, height } = canvasOf(film.aspectRatio);
  expect(box.left).toBeGreaterThanOrEqual(zone.left - TOLERANCE);
  expect(box.right).toBeLessThanOrEqual(width - zone.right + TOLERANCE);
  expect(box.top).toBeGreaterThanOrEqual(zone.top - TOLERANCE);
  expect(box.bottom).toBeLessThanOrEqual(height - zone.bottom + TOLERANCE);
}

describe.skipIf(skip)('every frame’s captions are in the safe zone', () => {
  it.each(Object.keys(captionPresets))('%s, 9:16', async (preset) => {
    const film = caption(ENGLISH, 'en', captionStyle(preset));
    const boxes = await boxesOf(film);
    expect(boxes.size).toBeGreaterThan(60);
    for (const box of boxes.values()) expectInside(box, film, safeZoneOf('universal', '9:16'));
  });

  it.each(['active', 'boxed'])('%s, 16:9', async (preset) => {
    const film = caption(ENGLISH, 'en', captionStyle(preset), '16:9');
    for (const box of (await boxesOf(film)).values()) expectInside(box, film, safeZoneOf('universal', '16:9'));
  });

  it.each([
    ['tiktok', 'upper', 240],
    ['shorts', 'middle', 180],
    ['reels', 'lower', 24],
  ] as const)('%s, %s, font size %i', async (platform, position, fontSize) => {
    const film = caption(ENGLISH, 'en', captionStyle('marker', { platform, position, fontSize }));
    for (const box of (await boxesOf(film)).values()) expectInside(box, film, safeZoneOf(platform, '9:16'));
  });

  it.skipIf(noNoto).each([
    ['th', 'แสงอาทิตย์ดูเป็นสีขาว แต่มีทุกสีของรุ้งอยู่ในนั้น ปู่ย่าตายายรู้เรื่องนี้มานานแล้ว'],
    ['ar', 'يبدو ضوء الشمس أبيض، لكنه يحمل كل ألوان قوس قزح. فالسماء زرقاء.'],
    ['he', 'אור השמש נראה לבן, אבל יש בו את כל צבעי הקשת. לכן השמיים כחולים.'],
    ['hi', 'सूरज की रोशनी सफ़ेद दिखती है, पर उसमें इंद्रधनुष के सभी रंग होते हैं। क्षत्रिय विद्यार्थी।'],
  ])('active in %s', async (language, dialogue) => {
    const film = caption(dialogue, language, captionStyle());
    const boxes = await boxesOf(film);
    expect(boxes.size).toBeGreaterThan(40);
    for (const box of boxes.values()) expectInside(box, film, safeZoneOf('universal', '9:16'));
  });

  it.skipIf(noCjk).each([
    ['zh', '天空为什么是蓝色的？阳光看起来是白色的，其实包含了所有的颜色。'],
    ['ja', '太陽の光は白く見えますが、実は虹のすべての色を含んでいます。ｶﾅもＡＢＣも。'],
    ['ko', '햇빛은 하얗게 보이지만 무지개의 모든 색을 담고 있습니다.'],
  ])('active in %s', async (language, dialogue) => {
    const film = caption(dialogue, language, captionStyle());
    for (const box of (await boxesOf(film)).values()) expectInside(box, film, safeZoneOf('universal', '9:16'));
  });
});

describe.skipIf(skip)('ffmpeg finds every cue and no other', () => {
  const hostile = [
    '{\\b1}x\\N',
    '-->',
    '1\n\n2\n00:00:01,000 --> 00:00:09,000\nx',
    'NOTE a',
    '<b>',
    'Dialogue: 0,0:00:00.00,9:00:00.00,,,0,0,0,,x',
  ];
  const cues = hostile.map((text, index) => {
    const [startMs, endMs] = [index * 1000 + 100, index * 1000 + 900];
    return { startMs, endMs, lines: [[{ text, startMs, endMs, source: 'heard' as const, block: 1 }]] };
  });
  const times = cues.map(({ startMs, endMs }) => [startMs, endMs]);

  it('in SubRip', async () => {
    expect(await cueTimesIn(toSrt(cues), 'srt')).toEqual(times);
  });

  it('in WebVTT', async () => {
    expect(await cueTimesIn(toVtt(cues), 'vtt')).toEqual(times);
  });

  it('in ASS, a hundredth early so that no frame is missed', async () => {
    const ass = toAss(cues, { style: captionStyle('classic', { shadow: 0 }), aspectRatio: '9:16', language: 'en' });
    expect(await cueTimesIn(ass, 'ass')).toEqual(times.map(([from = 0, to = 0]) => [from - 10, to - 10]));
  });
});

describe.skipIf(skip)('libass draws what was meant', () => {
  it('on exactly the frames of each cue', async () => {
    const film = caption('One line. Another line here. And the last one.', 'en', captionStyle('classic'));
    const boxes = await boxesOf(film);
    for (let frame = 0; frame < (film.durationMs / 1000) * FRAMES_PER_SECOND; frame++) {
      const atMs = (frame * 1000) / FRAMES_PER_SECOND + 1;
      const shown = film.cues.some(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
      expect([frame, boxes.has(frame)]).toEqual([frame, shown]);
    }
  });

  it('as wide as the font’s advances say', async () => {
    const style = captionStyle('classic', { shadow: 0, outline: 0, fontSize: 80 });
    for (const text of ['Sunlight hides', 'Ночное небо', 'Άνεμος και φως']) {
      const film = caption(text, 'en', style);
      const [box] = [...(await boxesOf(film)).values()];
      const width = (box?.right ?? 0) - (box?.left ?? 0);
      expect(width / textWidth(text, style.fontSize)).toBeGreaterThan(0.94);
      expect(width / textWidth(text, style.fontSize)).toBeLessThan(1.01);
    }
  });

  it('with no word moving when the next one lights up', async () => {
    // Another colour for libass, the same for the eye: whatever differs has moved.
    const film = caption(
      'Tomorrow AV Toyota waves, Yvonne!',
      'en',
      captionStyle('active', { shadow: 0, maxWords: 8, activeColour: '#FEFEFE' }),
    );
    const [cue] = film.cues;
    const words = cue?.lines.flat() ?? [];
    const dark = async (ms: number) => (await frameOf(film.ass, '9:16', ms)).map((value) => (value < 60 ? 1 : 0));
    const [first, ...others] = await Promise.all(words.map(({ startMs, endMs }) => dark((startMs + endMs) / 2)));
    const outline = first?.reduce((sum, value) => sum + value, 0) ?? 0;
    expect(outline).toBeGreaterThan(1000);
    for (const other of others) {
      const moved = other.reduce((sum, value, index) => sum + (value === first?.[index] ? 0 : 1), 0);
      expect(moved / outline).toBeLessThan(0.001);
    }
  });

  it.skipIf(noNoto).each([
    ['ar', 'يبدو ضوء الشمس أبيض، NASA لكنه'],
    ['hi', 'क्षत्रिय विद्यार्थी की रोशनी'],
    ['th', 'ปู่ย่าตายายรู้เรื่องนี้'],
  ])('%s with the same letters and in the same places as a render without any tags', async (language, dialogue) => {
    const active = caption(dialogue, language, captionStyle('active', { shadow: 0, maxWords: 8 }));
    const [cue] = active.cues;
    if (cue === undefined) throw new Error('no cue');
    const still = toAss([cue], {
      style: captionStyle('active', { shadow: 0, activeColour: '#FFFFFF' }),
      aspectRatio: '9:16',
      language,
    })
      .split('\n')
      .filter(
        (line, index, all) =>
          !line.startsWith('Dialogue') || index === all.findIndex((other) => other.startsWith('Dialogue')),
      )
      .join('\n')
      .replace(/Dialogue: (\d),[^,]+,[^,]+,/, 'Dialogue: $1,0:00:00.00,0:01:00.00,')
      .replace(/\{[^}]*\}/g, '');
    const ms = cue.startMs + 50;
    const [one, other] = await Promise.all([frameOf(active.ass, '9:16', ms), frameOf(still, '9:16', ms)]);
    const outline = one.filter((value) => value < 60).length;
    const different = one.reduce((sum, value, index) => sum + (value < 60 === (other[index] ?? 0) < 60 ? 0 : 1), 0);
    expect(outline).toBeGreaterThan(500);
    expect(different / outline).toBeLessThan(0.05);
  });

  it('without a warning, braces, backslashes and emoji included', async () => {
    const film = caption('A {\\b1} brace, a \\N slash 🌍 and “quotes” — done…', 'en', captionStyle());
    expect(await warningsOf(film)).not.toMatch(/glyph|fallback|parse/i);
    expect(joinWords(film.cues.flatMap(({ lines }) => lines.flat()))).toContain('🌍');
  });
});
