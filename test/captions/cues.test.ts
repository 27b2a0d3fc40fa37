import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CaptionWord,
  type Cue,
  captionPresets,
  captionStyle,
  joinWords,
  type LayoutOptions,
  layoutCues,
  textWidth,
  withoutEmoji,
} from '../../src/core/captions/index.ts';
import { lineWidth } from '../../src/core/captions/style.ts';

/** Words of 55 ms a letter, 40 ms apart; `|` is a pause of half a second. */
function said(text: string, fromMs = 200): CaptionWord[] {
  let at = fromMs;
  return text.split(' ').flatMap((part): CaptionWord[] => {
    if (part === '|') at += 500;
    if (part === '|') return [];
    const startMs = at;
    at += 60 + part.length * 55;
    const word = { text: part, startMs, endMs: at, source: 'aligned', block: 1 } as const;
    at += 40;
    return [word];
  });
}

const options = (more: Partial<LayoutOptions> = {}): LayoutOptions => ({
  language: 'en',
  style: captionStyle(),
  aspectRatio: '9:16',
  blockCutsMs: [],
  durationMs: 20_000,
  framesPerSecond: 24,
  ...more,
});
const texts = (cues: readonly Cue[]): string[] =>
  cues.map(({ lines }) => lines.map((line) => joinWords(line)).join(' / '));

describe('cues follow the sense', () => {
  it('break at sentences and commas, not after an article', () => {
    const words = said('Why is the sky blue? Sunlight looks white, but it carries every colour.');
    const all = texts(layoutCues(words, options()));
    expect(all[0]).toBe('Why is the / sky blue?');
    for (const text of all) expect(text).not.toMatch(/\b(?:the|a|of)$/);
  });

  it('break where the speaker pauses', () => {
    const all = texts(layoutCues(said('he looked up | and it was gone'), options({ style: captionStyle('classic') })));
    expect(all.map((text) => text.replace(' / ', ' '))).toEqual(['he looked up', 'and it was gone']);
  });

  it('leave no word alone', () => {
    const words = said('one long river runs through seven green valleys and then finally into the sea');
    for (const { lines } of layoutCues(words, options())) expect(lines.flat().length).toBeGreaterThan(1);
  });

  it('show two words at once in the reference style', () => {
    const all = layoutCues(said('the sky is blue and so is the sea'), options({ style: captionStyle('reference') }));
    for (const { lines } of all) expect(lines.flat().length).toBeLessThanOrEqual(2);
  });

  it('balance two lines', () => {
    const style = captionStyle('classic');
    const [cue] = layoutCues(said('every colour of the rainbow hides in one white beam'), options({ style }));
    const [top = 0, bottom = 0] = cue?.lines.map((line) => textWidth(joinWords(line), style.fontSize)) ?? [];
    expect(Math.abs(top - bottom) / Math.max(top, bottom)).toBeLessThan(0.35);
  });

  it('cross a cut only with a sentence that runs on', () => {
    const cut = 1500;
    const ended = layoutCues(
      [...said('It is over.'), ...said('A new day begins.', 1550)],
      options({ blockCutsMs: [cut] }),
    );
    for (const { startMs, endMs } of ended) expect(endMs <= cut || startMs >= cut - 42).toBe(true);
    const words = said('It is over and done now.');
    const crossing = layoutCues(words, {
      ...options({ style: captionStyle('classic') }),
      blockCutsMs: [(words[2]?.endMs ?? 0) + 20],
    });
    expect(texts(crossing).map((text) => text.replace(' / ', ' '))).toEqual(['It is over and done now.']);
  });

  it('keep Japanese particles and small signs with their word', () => {
    const segments = [
      '太陽',
      'の',
      '光',
      'は',
      '白く',
      '見え',
      'ます',
      'が、',
      '実は',
      'すべて',
      'の',
      '色',
      'を',
      '含ん',
      'で',
      'い',
      'ます。',
    ];
    const words = said(segments.join(' ')).map((word, index) =>
      index === 0 ? word : { ...word, joined: true as const },
    );
    for (const { lines } of layoutCues(words, options({ language: 'ja' })))
      for (const line of lines) expect(joinWords(line)).not.toMatch(/^[、。のはをがで]/u);
  });
});

describe('cues can be read', () => {
  it('close short gaps and hold the last word', () => {
    const words = said('one two three four. five six seven eight.');
    const cues = layoutCues(words, options());
    expect(cues.length).toBeGreaterThan(1);
    for (const [index, cue] of cues.slice(1).entries()) expect(cue.startMs).toBe(cues[index]?.endMs);
    expect(cues.at(-1)?.endMs).toBeGreaterThan(words.at(-1)?.endMs ?? 0);
  });

  it('stay at least five sixths of a second where there is time', () => {
    const [cue] = layoutCues([{ text: 'No!', startMs: 1000, endMs: 1150, source: 'aligned', block: 1 }], options());
    expect((cue?.endMs ?? 0) - (cue?.startMs ?? 0)).toBeGreaterThanOrEqual(790);
  });
});

const anyText = fc.oneof(
  fc.constantFrom(
    'the',
    'Sea',
    'was',
    'calm.',
    'and',
    '800',
    'Donaudampfschifffahrtsgesellschaftskapitän',
    '🌍',
    'ночь',
    '空は',
    'نور',
    'WWWWWWWWWWWW',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 14 }).filter((text) => text.trim() !== ''),
);
const anyWords = fc
  .array(
    fc.record({ text: anyText, gap: fc.integer({ min: 0, max: 900 }), length: fc.integer({ min: 40, max: 900 }) }),
    { maxLength: 40 },
  )
  .map((list) => {
    let at = 0;
    return list.map(({ text, gap, length }): CaptionWord => {
      const startMs = at + gap;
      at = startMs + length;
      return { text, startMs, endMs: at, source: 'aligned', block: 1 };
    });
  });

describe('for any words', () => {
  const anyLayout = fc.record({
    preset: fc.constantFrom(...Object.keys(captionPresets)),
    aspectRatio: fc.constantFrom('9:16' as const, '16:9' as const),
    language: fc.constantFrom('en', 'de', 'ja', 'ar', 'th'),
    cut: fc.integer({ min: 1, max: 20_000 }),
    framesPerSecond: fc.constantFrom(24, 25, 30, 30_000 / 1001, 60),
  });

  it('every word is shown once, in order, in time and on the frame grid', () => {
    fc.assert(
      fc.property(anyWords, anyLayout, (words, { preset, aspectRatio, language, cut, framesPerSecond }) => {
        const durationMs = (words.at(-1)?.endMs ?? 0) + 500;
        const style = captionStyle(preset);
        const cues = layoutCues(words, {
          style,
          aspectRatio,
          language,
          blockCutsMs: [cut],
          durationMs,
          framesPerSecond,
        });
        expect(cues.flatMap(({ lines }) => lines.flat())).toEqual(words);
        let last = 0;
        for (const { startMs, endMs } of cues) {
          expect(startMs).toBeGreaterThanOrEqual(last);
          expect(endMs).toBeGreaterThan(startMs);
          const frames = (startMs * framesPerSecond) / 1000;
          expect(Math.abs(frames - Math.round(frames)) * (1000 / framesPerSecond)).toBeLessThan(0.51);
          last = endMs;
        }
        expect(last).toBeLessThanOrEqual(durationMs + 1000 / framesPerSecond);
      }),
      { numRuns: 150 },
    );
  });

  it('no line with more than one word is wider than the safe zone', () => {
    fc.assert(
      fc.property(anyWords, anyLayout, (words, { preset, aspectRatio, language }) => {
        const style = captionStyle(preset);
        const cues = layoutCues(words, { ...options(), style, aspectRatio, language, durationMs: 60_000 });
        for (const line of cues.flatMap(({ lines }) => lines)) {
          const text = withoutEmoji(joinWords(line));
          const drawn = style.case === 'upper' ? text.toUpperCase() : text;
          if (line.length > 1)
            expect(textWidth(drawn, style.fontSize)).toBeLessThanOrEqual(lineWidth(style, aspectRatio));
        }
      }),
      { numRuns: 150 },
    );
  });
});
