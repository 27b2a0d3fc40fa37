import { expect, it } from 'vitest';
import { alignWords, captionStyle, layoutCues, toAss } from '../../src/core/captions/index.ts';
import type { HeardWord } from '../../src/core/ports.ts';

const dialogues = [
  'Why is the sky blue? Sunlight looks white, but it carries every colour of the rainbow.',
  'When it meets the air, tiny molecules scatter the short blue waves far more than the red ones.',
  'So wherever you look, blue light reaches your eyes. And at sunset, only the red is left.',
];
const cuts = [0, 8000, 15_000, 22_000];

/** The film's first blocks, every seventh word missed by the transcriber. */
function firstBlocks(count: number) {
  const blocks = dialogues.slice(0, count).map((dialogue, index) => ({
    block: index + 1,
    dialogue,
    fromMs: cuts[index] ?? 0,
    toMs: cuts[index + 1] ?? 0,
  }));
  const words = blocks.flatMap(({ dialogue, fromMs }) => {
    let at = fromMs + 300;
    return dialogue.split(' ').flatMap((text, index): HeardWord[] => {
      const startMs = at;
      at += 80 + text.length * 55 + (/[.?!,]/.test(text) ? 250 : 20);
      return index % 7 === 6
        ? []
        : [{ text: text.replace(/[.,?]/g, ''), startMs, endMs: startMs + 60 + text.length * 55 }];
    });
  });
  const durationMs = cuts[count] ?? 0;
  const aligned = alignWords({ blocks, heard: { words, segments: [] }, language: 'en', durationMs });
  const options = {
    language: 'en',
    style: captionStyle(),
    aspectRatio: '9:16' as const,
    blockCutsMs: cuts.slice(1, count),
    durationMs,
    framesPerSecond: 24,
  };
  return toAss(layoutCues(aligned.words, options), options);
}

it('a later block leaves the captions of the blocks before it as they were', () => {
  const whole = firstBlocks(3);
  for (const count of [1, 2]) {
    const part = firstBlocks(count).trimEnd();
    expect(part.split('\n').length).toBeGreaterThan(20);
    expect(whole.slice(0, part.length)).toBe(part);
  }
});
