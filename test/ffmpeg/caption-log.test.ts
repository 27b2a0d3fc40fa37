import { expect, test } from 'vitest';
import { captionLog } from '../../src/adapters/ffmpeg/caption-log.ts';
import { dialogueOf, needsShaping } from '../../src/adapters/ffmpeg/glyphs.ts';

const read = (...lines: readonly string[]) => {
  const log = captionLog();
  for (const line of lines) log.onStderrLine(`[Parsed_ass_0 @ 0x5600374d9bc0] ${line}`);
  return log.missing();
};

const SEEKING = (code: string) => `Glyph 0x${code} not found, selecting one more font for (Inter, 400, 0)`;
const FOUND = 'fontselect: (Inter, 400, 0) -> NotoSansJP-Regular, 0, NotoSansJP-Regular';

test('a glyph that a fallback font has is not missing', () => {
  expect(read(SEEKING('3042'), FOUND)).toEqual([]);
});

test('a newer libass says that there is no fallback', () => {
  expect(
    read(SEEKING('3042'), 'fontselect: failed to find any fallback with glyph 0x3042 for font: (Inter, 400, 0)'),
  ).toEqual(['あ']);
});

test('an older one only goes on', () => {
  expect(read(SEEKING('3042'))).toEqual(['あ']);
  expect(read(SEEKING('3042'), SEEKING('6F22'), FOUND, SEEKING('1F600'))).toEqual(['あ', '😀']);
});

test('a fallback without the glyph after all counts', () => {
  expect(read(SEEKING('3042'), FOUND, 'Glyph 0x3042 not found in font for (Inter, 400, 0)')).toEqual(['あ']);
});

test('no font at all is a missing glyph 0', () => {
  expect(read('fontselect: failed to find any fallback with glyph 0x0 for font: (X, 400, 0)')).toEqual(['\0']);
});

test('lines of others say nothing', () => {
  const log = captionLog();
  log.onStderrLine('frame=   48 fps=0.0 q=-1.0');
  expect(log.missing()).toEqual([]);
});

test('the dialogue of an ASS file is its text without commands', () => {
  const ass =
    'Style: A,b\nDialogue: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,{\\k20\\1c&HFF&}One, {\\b1}two\\Nthree \\{four\\}\n';
  expect(dialogueOf(ass)).toBe('One, two three four');
});

test.each([
  ['مرحبا', true],
  ['नमस्ते', true],
  ['สวัสดี', true],
  ['שלום', false],
  ['Привет', false],
  ['日本語', false],
])('%s needs a shaper: %s', (text, needed) => {
  expect(needsShaping(text)).toBe(needed);
});
