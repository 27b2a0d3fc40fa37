import { describe, expect, it } from 'vitest';
import { captionPresets, captionStyle, defaultPreset, safeZoneOf } from '../../src/core/captions/index.ts';
import { ReelstateError } from '../../src/core/errors.ts';

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (ReelstateError.is(error)) {
      expect(error.cure).toBeTruthy();
      return error.code;
    }
  }
  return 'none';
};

describe('captionStyle', () => {
  it('gives the default preset', () => {
    expect(captionStyle()).toEqual(captionPresets[defaultPreset]);
  });

  it('changes what is asked for and leaves undefined alone', () => {
    const style = captionStyle('pop', { colour: '#FF000080', fontSize: 96 });
    expect(style).toEqual({ ...captionPresets.pop, colour: '#FF000080', fontSize: 96 });
  });

  it.each([
    ['an unknown preset', () => captionStyle('disco'), 'unknown-caption-preset'],
    ['a name of Object’s own', () => captionStyle('constructor'), 'unknown-caption-preset'],
    ['an unknown option', () => captionStyle('pop', { colr: '#FFFFFF' } as object), 'unknown-caption-option'],
    ['a colour that is none', () => captionStyle('pop', { colour: 'red' }), 'bad-caption-option'],
    ['a font that would end the style line', () => captionStyle('pop', { font: 'Arial,99' }), 'bad-caption-option'],
    ['a size that nobody can read', () => captionStyle('pop', { fontSize: 3 }), 'bad-caption-option'],
    ['no number', () => captionStyle('pop', { outline: Number.NaN }), 'bad-caption-option'],
    ['a position that is none', () => captionStyle('pop', { position: 'left' as 'lower' }), 'bad-caption-option'],
    ['half a word', () => captionStyle('pop', { maxWords: 1.5 }), 'bad-caption-option'],
  ])('refuses %s', (_, act, code) => {
    expect(codeOf(act)).toBe(code);
  });
});

it('the universal safe zone is inside every platform’s', () => {
  const universal = safeZoneOf('universal', '9:16');
  for (const platform of ['tiktok', 'reels', 'shorts'] as const) {
    const zone = safeZoneOf(platform, '9:16');
    for (const side of ['top', 'bottom', 'left', 'right'] as const)
      expect(universal[side]).toBeGreaterThanOrEqual(zone[side]);
  }
});
