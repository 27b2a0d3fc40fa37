import { describe, expect, it } from 'vitest';
import {
  cleanText,
  isKnownLanguage,
  isRightToLeft,
  renderableText,
  renderableWords,
  scriptsIn,
  shippedFontCovers,
  speakable,
  withoutEmoji,
} from '../../src/core/captions/index.ts';

it.each([
  ['a 👨‍👩‍👧‍👦 b 🇫🇷 c 1️⃣ d 👍🏽 e ❤️ f ☀ g', 'a b c d e f g'],
  ['5 # * © ™ → € 100%', '5 # * © ™ → € 100%'],
  ['क्‍ष और می‌خواهم', 'क्‍ष और می‌خواهم'],
])('withoutEmoji(%s)', (text, expected) => {
  expect(withoutEmoji(text)).toBe(expected);
});

it('cleanText leaves no control, line end or bidi override', () => {
  expect(cleanText(' a\u0000b\r\nc\u202ed\u2066e\ufeff\u2028f\ud800 ')).toBe('a b c d e f');
});

describe('renderableText', () => {
  const latin = (codePoint: number) => codePoint < 0x180;

  it('prefers a plain form to nothing', () => {
    expect(renderableText('“ﬁve” ǎpples…', latin)).toEqual({ text: '"five" apples...', dropped: [] });
  });

  it('says what is gone', () => {
    expect(renderableText('日 a 日', latin)).toEqual({ text: 'a', dropped: ['日 (U+65E5)'] });
  });

  it('drops words of which nothing is left', () => {
    const result = renderableWords(
      [
        { text: '日本', at: 1 },
        { text: 'ok', at: 2 },
      ],
      latin,
    );
    expect(result).toEqual({ words: [{ text: 'ok', at: 2 }], dropped: ['日 (U+65E5)', '本 (U+672C)'] });
  });
});

it('the font that ships has Latin, Greek, Cyrillic and the signs of prices', () => {
  for (const character of 'AzßœğşțĐ“”«»…—€£¥₹₽₺₴°′ΑωάΐЯёїђқ₫ếữ')
    expect(shippedFontCovers(character.codePointAt(0) ?? 0)).toBe(true);
  for (const character of '日あגعไक😀') expect(shippedFontCovers(character.codePointAt(0) ?? 0)).toBe(false);
});

it.each([
  ['Hello, мир', ['Cyrl', 'Latn'], false],
  ['日本語 カナ', ['Hani', 'Hira', 'Kana'].filter((script) => script !== 'Hira'), false],
  ['नमस्ते', ['Deva'], true],
  ['שלום', ['Hebr'], true],
  ['สวัสดี', ['Thai'], true],
  ['é', ['Latn'], false],
  ['x\u0331', ['Latn'], true],
  ['', [], false],
])('scriptsIn(%s)', (text, scripts, needsShaping) => {
  expect(scriptsIn(text)).toEqual({ scripts, needsShaping });
});

it.each([
  ['en', true],
  ['pt-BR', true],
  ['zh-Hant-TW', true],
  ['xx', false],
  ['en_US', false],
  ['', false],
  ['und', false],
])('isKnownLanguage(%s)', (tag, known) => {
  expect(isKnownLanguage(tag)).toBe(known);
});

it('knows which languages run from right to left', () => {
  expect(['ar', 'he', 'fa', 'ur', 'az-Arab', 'en', 'ja', 'not a tag'].map(isRightToLeft)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

describe('speakable', () => {
  it('takes a dialogue of twenty words for eight seconds', () => {
    const dialogue =
      'Why is the sky blue? Sunlight looks white, but it carries every colour of the rainbow, and air scatters blue.';
    expect(speakable(dialogue, 'en', 8).ok).toBe(true);
    expect(speakable(dialogue, 'en', 4).ok).toBe(false);
  });

  it('counts numbers as they are said', () => {
    const digits = speakable('In 1969, 384400 km.', 'en', 8).estimatedSeconds;
    expect(digits).toBeGreaterThan(3);
  });

  it('counts Chinese by syllables', () => {
    expect(speakable('天空为什么是蓝色的阳光看起来是白色的其实包含了所有的颜色', 'zh', 4).ok).toBe(false);
  });
});
