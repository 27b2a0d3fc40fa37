import { describe, expect, it } from 'vitest';
import { captionStyle, type Cue, toAss, toSrt, toVtt } from '../../src/core/captions/index.ts';

const word = (text: string, startMs: number, endMs: number) =>
  ({ text, startMs, endMs, source: 'aligned', block: 1 }) as const;
const cues: readonly Cue[] = [
  { startMs: 0, endMs: 1000, lines: [[word('{\\b1}a\\Nb', 0, 500), word('-->\n\n2', 500, 1000)]] },
];

describe('caption text cannot become markup', () => {
  it('in ASS', () => {
    const dialogue = toAss(cues, { style: captionStyle('classic'), aspectRatio: '9:16', language: 'en' })
      .split('\n')
      .filter((line) => line.startsWith('Dialogue:'));
    expect(dialogue).toHaveLength(1);
    expect(dialogue[0]).toContain('\\{\\\u2060b1\\}a\\\u2060Nb --> 2');
  });

  it('in SubRip and WebVTT', () => {
    expect(toSrt(cues).split('\n\n')).toHaveLength(1);
    expect(toSrt(cues).match(/-->/g)).toHaveLength(1);
    expect(toVtt(cues)).toContain('--&gt; 2');
  });
});
