import { parse } from 'ass-compiler';
import fc from 'fast-check';

import { describe, expect, it } from 'vitest';
import {
  type CaptionWord,
  type Cue,
  captionPresets,
  captionStyle,
  cleanText,
  joinWords,
  toAss,
  toSrt,
  toVtt,
  toWordJson,
  withoutEmoji,
} from '../../src/core/captions/index.ts';
import { parseText } from './media-captions.ts';

const word = (text: string, startMs: number, endMs: number, more: Partial<CaptionWord> = {}): CaptionWord => ({
  text,
  startMs,
  endMs,
  source: 'aligned',
  block: 1,
  ...more,
});
const hostile = [
  '{\\b1}bold',
  'a\\Nb\\hc\\n',
  '{\\p1}m 0 0 l 9 9{\\p0}',
  '}{',
  '\\{',
  '-->',
  '00:00:01,000 --> 00:00:02,000',
  'line\nbreak\r\n\r\n2',
  'Dialogue: 0,0:00:00.00,9:00:00.00,Caption,,0,0,0,,x',
  '[Events]',
  '<b>&amp;</b><00:01.000>',
  'NOTE',
  'WEBVTT',
  'STYLE ::cue{}',
  'a,b,,c',
  '\u202eevil\u2066',
  '\u0000\u2028\u0085',
  '👩‍🚀',
];
const anyText = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme' }),
);
const anyCues = fc.array(fc.array(anyText, { minLength: 1, maxLength: 4 }), { maxLength: 6 }).map((texts): Cue[] =>
  texts.map((line, index) => {
    const startMs = index * 1000 + 42;
    return {
      startMs,
      endMs: startMs + 900,
      lines: [line.map((text, place) => word(text, startMs + place * 200, startMs + place * 200 + 150))],
    };
  }),
);

/** What a reader should see of a cue. */
const seen = (cue: Cue): string =>
  cleanText(cue.lines.map((line) => joinWords(line.map((each) => ({ text: cleanText(each.text) })))).join(' '));
const withText = (cues: readonly Cue[]): readonly Cue[] => cues.filter((cue) => seen(cue) !== '');
const oneBlank = (text: string): string => text.replace(/\s+/g, ' ').trim();

describe('ASS', () => {
  const dialogues = (ass: string): string[] => ass.split('\n').filter((line) => line.startsWith('Dialogue:'));

  it.each(Object.keys(captionPresets))('in %s no text becomes an override, a line or an event', (preset) => {
    fc.assert(
      fc.property(anyCues, fc.constantFrom('en', 'ar', 'ja'), (cues, language) => {
        const style = captionStyle(preset);
        const ass = toAss(cues, { style, aspectRatio: '9:16', language });
        const burned = cues.filter((cue) => cue.lines.flat().some(({ text }) => withoutEmoji(cleanText(text)) !== ''));
        const body = ass.slice(ass.indexOf('[Events]')).trimEnd().split('\n').slice(2);
        expect(body).toEqual(dialogues(ass));
        expect(new Set(dialogues(ass).map((line) => line.split(',')[1])).size).toBeGreaterThanOrEqual(
          burned.length > 0 ? 1 : 0,
        );
        for (const line of dialogues(ass)) {
          const text = line.split(',').slice(9).join(',');
          // Ours are at the start of words and name only what the writer uses; the rest must be escaped.
          for (const [, tags = ''] of text.matchAll(/(?<!\\)\{([^}]*)\}/g))
            expect(tags).toMatch(/^(?:\\(?:fscx?y?|fs|blur|[13][ca]|kf|t|an|pos|bord|shad|p)[\w&.,()\\-]*)+$/);
          const rest = text.replace(/(?<!\\)\{[^}]*\}/g, '').replaceAll('\\N', ' ');
          expect(rest).not.toMatch(/(?<!\\)[{}]/);
          expect(rest).not.toMatch(/\\(?![{}\u2060])/);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('ass-compiler reads every event, its times and its text', () => {
    const cue: Cue = {
      startMs: 1000,
      endMs: 2000,
      lines: [[word('Hello,', 1000, 1400), word('world', 1500, 1900)], [word('again!', 1900, 1990)]],
    };
    const ass = toAss([cue], { style: captionStyle('classic', { shadow: 0 }), aspectRatio: '9:16', language: 'en' });
    const { info, styles, events } = parse(ass);
    expect(info).toMatchObject({ PlayResX: '1080', PlayResY: '1920', WrapStyle: '2' });
    expect(styles.style.map(({ Name }) => Name)).toEqual(['Caption', 'Shadow', 'Marker', 'Box']);
    expect(events.dialogue).toHaveLength(1);
    expect(events.dialogue[0]).toMatchObject({
      Start: 0.99,
      End: 1.99,
      Style: 'Caption',
      Text: { raw: 'Hello, world\\Nagain!' },
    });
  });

  it('lights each word up in its turn, without a gap', () => {
    const cue: Cue = {
      startMs: 1000,
      endMs: 2000,
      lines: [[word('one', 1000, 1200), word('two', 1400, 1500), word('three', 1600, 1900)]],
    };
    const style = captionStyle('active', { shadow: 0 });
    const { events } = parse(toAss([cue], { style, aspectRatio: '9:16', language: 'en' }));
    expect(events.dialogue.map(({ Start, End }) => [Start, End])).toEqual([
      [0.99, 1.39],
      [1.39, 1.59],
      [1.59, 1.99],
    ]);
    expect(events.dialogue.map(({ Text: { raw } }) => raw.match(/1c&H0AD6FF&[^}]*\}(\w+)/)?.[1])).toEqual([
      'one',
      'two',
      'three',
    ]);
  });

  it('sweeps over the whole cue', () => {
    const cue: Cue = { startMs: 1000, endMs: 2000, lines: [[word('one', 1100, 1200), word('two', 1400, 1500)]] };
    const ass = toAss([cue], { style: captionStyle('karaoke'), aspectRatio: '9:16', language: 'en' });
    const times = [...ass.matchAll(/\\kf(\d+)/g)].map(([, time]) => Number(time));
    expect(times).toEqual([40, 60]);
  });

  it('names the right Han font for the language', () => {
    const fontOf = (language: string) =>
      /Style: Caption,([^,]+)/.exec(toAss([], { style: captionStyle(), aspectRatio: '9:16', language }))?.[1];
    expect(['en', 'ja', 'zh', 'zh-TW', 'zh-HK', 'ko'].map(fontOf)).toEqual([
      'Inter ExtraBold',
      'Noto Sans CJK JP',
      'Noto Sans CJK SC',
      'Noto Sans CJK TC',
      'Noto Sans CJK HK',
      'Noto Sans CJK KR',
    ]);
  });
});

describe('SubRip and WebVTT', () => {
  it('media-captions reads as many cues as there are, with their times, whatever the text', async () => {
    await fc.assert(
      fc.asyncProperty(anyCues, async (cues) => {
        for (const type of ['srt', 'vtt'] as const) {
          const file = type === 'srt' ? toSrt(cues) : toVtt(cues);
          const { cues: read, errors } = await parseText(file, { type, strict: false, errors: true });
          expect(errors).toEqual([]);
          expect(read.map(({ startTime, endTime }) => [startTime, endTime])).toEqual(
            withText(cues).map(({ startMs, endMs }) => [startMs / 1000, endMs / 1000]),
          );
        }
      }),
      { numRuns: 150 },
    );
  });

  it('media-captions gives WebVTT’s text back letter for letter', async () => {
    await fc.assert(
      fc.asyncProperty(anyCues, async (cues) => {
        const { cues: read } = await parseText(toVtt(cues), { type: 'vtt' });
        const unescaped = read.map(({ text }) =>
          text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
        );
        expect(unescaped.map(oneBlank)).toEqual(withText(cues).map((cue) => oneBlank(seen(cue))));
      }),
      { numRuns: 150 },
    );
  });

  it('keep emoji, which burned captions leave out', () => {
    const cues: Cue[] = [{ startMs: 0, endMs: 1000, lines: [[word('Hi', 0, 400), word('👩‍🚀🇫🇷', 400, 900)]] }];
    expect(toSrt(cues)).toContain('Hi 👩‍🚀🇫🇷');
    expect(toVtt(cues)).toContain('Hi 👩‍🚀🇫🇷');
    expect(toAss(cues, { style: captionStyle('classic'), aspectRatio: '9:16', language: 'en' })).not.toMatch(
      /\p{Extended_Pictographic}/u,
    );
  });

  it('no SubRip text begins a tag', () => {
    fc.assert(
      fc.property(anyCues, (cues) => {
        expect(toSrt(cues).replaceAll(' --> ', '')).not.toMatch(/[<>{}]|\\(?!\u2060)/);
      }),
    );
  });
});

it('word JSON has the shape that Remotion’s captions take', () => {
  const words = [
    word('Hello,', 0, 400, { confidence: 0.9 }),
    word('world', 400, 901),
    word('。', 901, 950, { joined: true }),
  ];
  expect(toWordJson(words)).toEqual([
    { text: 'Hello,', startMs: 0, endMs: 400, timestampMs: 200, confidence: 0.9, source: 'aligned', block: 1 },
    { text: ' world', startMs: 400, endMs: 901, timestampMs: 651, confidence: null, source: 'aligned', block: 1 },
    { text: '。', startMs: 901, endMs: 950, timestampMs: 926, confidence: null, source: 'aligned', block: 1 },
  ]);
});
