import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignWords, joinWords } from '../../src/core/captions/index.ts';
import type { HeardSegment, Transcript } from '../../src/core/ports.ts';

const SOUND = { averageLogProbability: -0.2, compressionRatio: 1.4, noSpeechProbability: 0.02 };

/** Words heard one after the other, 300 ms each from 200 ms on; `|` is a second of silence. */
function heard(text: string, figures: Partial<HeardSegment> = SOUND): Transcript {
  let at = 200;
  const words = text.split(' ').flatMap((part) => {
    if (part === '|') at += 1000;
    if (part === '|' || part === '') return [];
    const word = { text: part, startMs: at, endMs: at + 280 };
    at += 300;
    return [word];
  });
  return { words, segments: words.length === 0 ? [] : [{ text, startMs: 0, endMs: at, ...figures }] };
}

const align = (dialogue: string | readonly string[], transcript: Transcript, language = 'en', blockMs = 8000) => {
  const blocks = [dialogue].flat().map((text, index) => ({
    block: index + 1,
    dialogue: text,
    fromMs: index * blockMs,
    toMs: (index + 1) * blockMs,
  }));
  return alignWords({ blocks, heard: transcript, language, durationMs: blocks.length * blockMs });
};
const shown = (result: ReturnType<typeof align>): string => joinWords(result.words);

describe('the script’s spelling at the heard times', () => {
  it('keeps case and punctuation of the script', () => {
    const result = align('Why, “oh” why?', heard('why oh why'));
    expect(shown(result)).toBe('Why, “oh” why?');
    expect(result.words.map(({ startMs }) => startMs)).toEqual([200, 500, 800]);
    expect(result).toMatchObject({ source: 'script', coverage: 1, dropped: 0, unsaid: [] });
  });

  it('spells a misheard name as the script does', () => {
    const result = align('Then Aoife ran home alone.', heard('then Eva ran home alone'));
    expect(shown(result)).toBe('Then Aoife ran home alone.');
    expect(result.words[1]).toMatchObject({ startMs: 500, source: 'aligned' });
  });

  it.each([
    ['en', 'In 1969 about 800 came.', 'in nineteen sixty nine about eight hundred came'],
    ['en', 'It costs $2.50 or 90% less.', 'it costs two point five oh dollars or ninety percent less'],
    ['en', 'Eight hundred people left early.', '800 people left early'],
    [
      'fr',
      'En 1789, 21 hommes et 80 000 voix.',
      'en mille sept cent quatre-vingt-neuf vingt et un hommes et quatre-vingt mille voix',
    ],
    [
      'de',
      'Seit 1989 sind es 155 Kilometer.',
      'seit neunzehnhundertneunundachtzig sind es hundertfünfundfünfzig kilometer',
    ],
    ['es', 'En 1492 eran 36 días de mar.', 'en mil cuatrocientos noventa y dos eran treinta y seis días de mar'],
    ['it', 'Nel 1861 erano 22 milioni.', 'nel milleottocentosessantuno erano ventidue milioni'],
    ['pt', 'Em 1500 eram 1200 homens.', 'em mil e quinhentos eram mil e duzentos homens'],
    ['fr', 'Le 1er mai, il y a 3 h, déjà.', 'le premier mai il y a trois heures déjà'],
    ['de', 'Über 3,5 Millionen Menschen kamen.', 'über dreieinhalb millionen menschen kamen'],
    ['zh', '今天是2026年11月23日。', '今 天 是 二 零 二 六 年 十 一 月 二 十 三 日'],
    ['ja', '東京に1500人と20000円。', '東京 に 千五百 人 と 二万 円'],
  ])('pairs numbers with their words (%s: %s)', (language, dialogue, said) => {
    const result = align(dialogue, heard(said), language);
    expect(shown(result)).toBe(dialogue);
    expect(result.words.every(({ source }) => source === 'aligned')).toBe(true);
  });

  it.each([
    ['en', "I'm sure they don't know.", 'I am sure they do not know'],
    ['en', 'I am going to stay.', "I'm gonna stay"],
    ['fr', "T'es là, l'homme s'en va.", "tu es là l' homme s' en va"],
    ['de', "Geht's dir im Haus gut?", 'geht es dir in dem haus gut'],
    ['it', "C'è un po' d'acqua.", "ci è un poco d' acqua"],
    ['pt', 'Ele gosta da praia.', 'ele gosta de a praia'],
  ])('pairs short and long forms (%s: %s)', (language, dialogue, said) => {
    expect(shown(align(dialogue, heard(said), language))).toBe(dialogue);
  });

  it('tells repeated lines apart by their blocks', () => {
    const line = 'The sea was calm.';
    const result = align([line, line], heard(`| | | | | | | | ${line.toLowerCase().replace('.', '')}`));
    expect(result.words.map(({ block }) => block)).toEqual([2, 2, 2, 2]);
    expect(result.unsaid).toEqual(['The', 'sea', 'was', 'calm.']);
  });

  it('pairs Chinese and Japanese by character, without blanks', () => {
    const zh = align('天空为什么是蓝色的？', heard('天空 为什么 是 兰色 的'), 'zh');
    expect(shown(zh)).toBe('天空为什么是蓝色的？');
    const ja = align('空はなぜ青いの？', heard('そら は ナゼ 青い の'), 'ja');
    expect(shown(ja)).toBe('空はなぜ青いの？');
  });

  it('gives its confidence a source', () => {
    const [word] = align('Hello there', heard('hello there')).words;
    expect(word).toMatchObject({ confidence: 0.819, confidenceSource: 'segment' });
    const vendor = heard('hello there');
    const words = vendor.words.map((each) => ({ ...each, confidence: 0.9 }));
    expect(align('Hello there', { words, segments: [] }).words[0]).toMatchObject({
      confidence: 0.9,
      confidenceSource: 'vendor',
    });
  });
});

describe('what was said wins over what was written', () => {
  it('shows an added word', () => {
    expect(shown(align('We built a house.', heard('we built a beautiful house')))).toBe('We built a beautiful house.');
  });

  it('leaves out a sentence that nobody says, and says so', () => {
    const result = align(
      'The door opened. Nobody had touched it for years. Inside, a lamp burned.',
      heard('the door opened inside a lamp burned'),
    );
    expect(shown(result)).toBe('The door opened. Inside, a lamp burned.');
    expect(result.unsaid.join(' ')).toBe('Nobody had touched it for years.');
  });

  it('fills in a word that the transcriber missed where there is time for it', () => {
    const full = heard('the old house was cold');
    const result = align('The old house was cold.', {
      ...full,
      words: full.words.filter(({ text }) => text !== 'house'),
    });
    expect(result.words[2]).toMatchObject({ text: 'house', source: 'interpolated' });
    expect(result.words[2]?.startMs).toBeGreaterThanOrEqual(780);
  });

  it('follows the film in the one block that says something else', () => {
    const script = ['The river turned green that morning.', 'By noon the whole valley had come.'];
    const result = align(
      script,
      heard('the river turned green that morning | | | | | | grandmother kept three clocks beside her bed'),
    );
    expect(shown(result)).toBe('The river turned green that morning. grandmother kept three clocks beside her bed');
    expect(result.source).toBe('script');
  });

  it('takes the transcriber’s text, with its punctuation, where the film says something else', () => {
    const transcript = heard('Grandmother kept three clocks, beside her bed.');
    const words = transcript.words.map((word) => ({ ...word, text: word.text.replace(/[.,]/, '') }));
    const result = align('The river turned green that morning.', { ...transcript, words });
    expect(result.source).toBe('transcription');
    expect(shown(result)).toBe('Grandmother kept three clocks, beside her bed.');
  });

  it('works without a script', () => {
    expect(align('', heard('hello there')).source).toBe('transcription');
  });

  it('leaves thinking sounds out', () => {
    expect(shown(align('We built a house.', heard('we um built uh a house')))).toBe('We built a house.');
  });
});

describe('nobody said it', () => {
  const music = { averageLogProbability: -0.8, compressionRatio: 1.1, noSpeechProbability: 0.8 };

  it('has no captions for music', () => {
    const result = align('The night falls.', heard('thanks for watching', music));
    expect(result).toMatchObject({ words: [], source: 'none', dropped: 3 });
  });

  it('has no captions for silence', () => {
    expect(align('The night falls.', { words: [], segments: [] })).toMatchObject({ words: [], source: 'none' });
  });

  it('drops what a decoder says over the end’s music', () => {
    const speech = heard('the night falls on the town');
    const words = [4000, 4300, 4600].map((startMs, index) => ({
      text: ['thanks', 'for', 'watching'][index] ?? '',
      startMs,
      endMs: startMs + 200,
    }));
    const segments = [
      ...speech.segments,
      { text: 'Thanks for watching', startMs: 4000, endMs: 6000, ...SOUND, noSpeechProbability: 0.5 },
    ];
    expect(shown(align('The night falls on the town.', { words: [...speech.words, ...words], segments }))).toBe(
      'The night falls on the town.',
    );
  });

  it('cuts a decoder’s loop, but not a refrain of the script', () => {
    expect(shown(align('', heard('so so so so so far away')))).toBe('so far away');
    expect(shown(align('Merrily, merrily, merrily, merrily!', heard('merrily merrily merrily merrily')))).toBe(
      'Merrily, merrily, merrily, merrily!',
    );
  });

  it('drops words without time, of endless time, and past the end', () => {
    const words = [
      { text: 'zero', startMs: 100, endMs: 100 },
      { text: 'fine', startMs: 200, endMs: 600 },
      { text: 'endless', startMs: 700, endMs: 6000 },
      { text: 'late', startMs: 9000, endMs: 9200 },
    ];
    expect(shown(align('', { words, segments: [] }))).toBe('fine');
  });
});

const anyWord = fc.oneof(
  fc.constantFrom('the', 'sea', 'was', 'calm.', '800', 'Nobody', '😀', '—', "don't", '空は', '{\\b1}'),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);
const anyTranscript = fc.array(
  fc.record({
    text: anyWord,
    startMs: fc.integer({ min: -500, max: 20_000 }),
    length: fc.integer({ min: -50, max: 3000 }),
  }),
  { maxLength: 30 },
);

it('times are always in order, apart and within the film, whatever is written and heard', () => {
  fc.assert(
    fc.property(
      fc.array(anyWord, { maxLength: 25 }),
      anyTranscript,
      fc.constantFrom('en', 'fr', 'ja', 'ar', 'xx'),
      (dialogue, list, language) => {
        const words = list.map(({ text, startMs, length }) => ({ text, startMs, endMs: startMs + length }));
        const result = align([dialogue.join(' '), 'The end.'], { words, segments: [] }, language);
        let last = 0;
        for (const { startMs, endMs, text } of result.words) {
          expect(startMs).toBeGreaterThanOrEqual(last);
          expect(endMs).toBeGreaterThan(startMs);
          expect(endMs).toBeLessThanOrEqual(16_000);
          expect(text.trim()).not.toBe('');
          last = endMs;
        }
        expect(result.coverage).toBeGreaterThanOrEqual(0);
        expect(result.coverage).toBeLessThanOrEqual(1);
      },
    ),
  );
});
