import fc from 'fast-check';
import { expect, test } from 'vitest';
import { estimateTokens, videoPromptText } from '../../src/adapters/google-genai/prompt.ts';
import { caught } from './helpers.ts';

const prompt = { dialogue: 'Bonjour à tous', language: 'fr', visual: 'A baker opens her shop' };

test('what is seen in English, what is said after a colon with its language', () => {
  const text = videoPromptText({ ...prompt, style: 'Warm film grain', continuity: 'The same baker as before.' }, 1024);
  expect(text).toBe(
    'A baker opens her shop. Warm film grain. The same baker as before. The speaker says in French: Bonjour à tous. No subtitles, no captions, no on-screen text.',
  );
});

test('no quotation marks reach the model, apostrophes do', () => {
  const text = videoPromptText({ ...prompt, dialogue: '« L’été », dit-elle, "c\'est fini" — „ja“' }, 1024);
  expect(text).not.toMatch(/["“”„«»]/);
  expect(text).toContain("L’été , dit-elle, c'est fini — ja.");
});

test.for([
  ['pt-BR', 'Brazilian Portuguese'],
  ['ar', 'Arabic'],
  ['zh-Hant', 'Traditional Chinese'],
  ['not a tag!', 'not a tag!'],
])('the language %s is named %s', ([language, name]) => {
  expect(videoPromptText({ ...prompt, language: language ?? '' }, 1024)).toContain(`says in ${name}:`);
});

test('a silent block says that nobody speaks', () => {
  expect(videoPromptText({ ...prompt, dialogue: '  ' }, 1024)).toContain('Nobody speaks.');
});

test('line breaks and control characters do not reach the model', () => {
  expect(videoPromptText({ ...prompt, visual: 'A\nB\u0000C\u2028' }, 1024)).toMatch(/^A B C/);
});

test('style goes first where it does not fit, then continuity, then the end of the picture', () => {
  const long = { ...prompt, style: 'grain '.repeat(200), continuity: 'Same baker' };
  expect(videoPromptText(long, 100)).toContain('Same baker');
  expect(videoPromptText(long, 100)).not.toContain('grain');
  const text = videoPromptText({ ...prompt, visual: 'blue '.repeat(2000), continuity: 'x'.repeat(9000) }, 1024);
  expect(text).toMatch(/^(blue )+blue\. The speaker says in French: Bonjour à tous\./);
  expect(estimateTokens(text)).toBeGreaterThan(900);
});

test('what is said is never cut: too much of it is an error', () => {
  const error = caught(() => videoPromptText({ ...prompt, dialogue: 'mot '.repeat(3000) }, 1024));
  expect(error).toMatchObject({ kind: 'permanent', code: 'prompt-too-long', effect: 'none' });
});

test('whatever the script holds, the prompt keeps the dialogue and its limit', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 1500 });
  fc.assert(
    fc.property(text, text, text, (visual, style, continuity) => {
      const made = videoPromptText({ ...prompt, visual, style, continuity }, 200);
      expect(estimateTokens(made)).toBeLessThanOrEqual(200);
      expect(made).toContain('The speaker says in French: Bonjour à tous.');
    }),
    { numRuns: 200 },
  );
});
