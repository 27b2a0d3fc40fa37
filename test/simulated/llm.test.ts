import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  type LanguageFault,
  readJournal,
  type SimulatedLlmOptions,
  simulatedLlm,
  simulatedModel,
} from '../../src/adapters/simulated/index.ts';
import { speakable } from '../../src/core/captions/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { planBlocks } from '../../src/core/plan.ts';
import { temporaryFolder } from './support.ts';

interface Script {
  readonly title: string;
  readonly blocks: readonly { readonly dialogue: string; readonly visual: string; readonly continuity: string }[];
}

const SCHEMA: JsonObject = { type: 'object' };

const blocksOf = (...seconds: readonly number[]) => seconds.map((each, i) => ({ block: i + 1, seconds: each }));

async function ask(order: JsonObject, options: SimulatedLlmOptions = {}): Promise<Script> {
  const input = `The film, as data:\n${JSON.stringify(order)}\nThat is all {really}.`;
  const { value, text } = await simulatedLlm(options).generate({ instructions: 'Write.', input, schema: SCHEMA });
  expect(JSON.parse(text)).toEqual(value);
  return value as unknown as Script;
}

const order = (changes: JsonObject = {}): JsonObject => ({
  task: 'script',
  theme: 'Why is the sky blue?',
  language: 'en',
  blocks: blocksOf(8, 7, 7),
  ...changes,
});

/** A theme per language, and letters that its dialogue has to be written in. */
const LANGUAGES: readonly (readonly [language: string, theme: string, letters: RegExp])[] = [
  ['en', 'Why is the sky blue?', /\p{Script=Latin}/gu],
  ['fr', 'Intelligence artificielle', /\p{Script=Latin}/gu],
  ['de', 'Warum ist der Himmel blau?', /\p{Script=Latin}/gu],
  ['es', 'El mar', /\p{Script=Latin}/gu],
  ['it', 'Perché il cielo è blu?', /\p{Script=Latin}/gu],
  ['pt-BR', 'A lua', /\p{Script=Latin}/gu],
  ['nl', 'Fietsen', /\p{Script=Latin}/gu],
  ['pl', 'Kawa', /\p{Script=Latin}/gu],
  ['tr', 'Gökyüzü neden mavi?', /\p{Script=Latin}/gu],
  ['ru', 'Почему небо голубое?', /\p{Script=Cyrillic}/gu],
  ['uk', 'Чому небо блакитне?', /\p{Script=Cyrillic}/gu],
  ['ja', '空はなぜ青い？', /[\p{Script=Han}\p{Script=Hiragana}]/gu],
  ['zh-Hans', '天空为什么是蓝色的？', /\p{Script=Han}/gu],
  ['ko', '하늘은 왜 파란가?', /\p{Script=Hangul}/gu],
  ['ar', 'لماذا السماء زرقاء؟', /\p{Script=Arabic}/gu],
  ['he', 'למה השמיים כחולים?', /\p{Script=Hebrew}/gu],
  ['hi', 'आसमान नीला क्यों है?', /\p{Script=Devanagari}/gu],
  ['th', 'ทำไมท้องฟ้าเป็นสีฟ้า', /\p{Script=Thai}/gu],
];

describe('a script', () => {
  test.each(LANGUAGES)('in %s is spoken in that language and fits its seconds', async (language, theme, letters) => {
    for (const durationSeconds of [8, 15, 36, 78]) {
      const plan = planBlocks(durationSeconds, simulatedModel().limits);
      const wanted = plan.map(({ block, seconds }) => ({ block, seconds }));
      const { blocks } = await ask(order({ language, theme, blocks: wanted }));
      expect(blocks).toHaveLength(plan.length);
      for (const [i, { dialogue, visual, continuity }] of blocks.entries()) {
        expect(speakable(dialogue, language, plan[i]?.seconds ?? 0)).toMatchObject({ ok: true });
        const all = dialogue.match(/[\p{L}]/gu)?.length ?? 0;
        expect((dialogue.match(letters)?.length ?? 0) / all, dialogue).toBeGreaterThan(0.75);
        expect(visual).toMatch(/^[A-Z][a-z]+ /);
        expect(continuity).toBe(blocks[0]?.continuity);
      }
      expect(blocks[0]?.dialogue).toContain(theme);
    }
  });

  test('is the same for the same seed and another for another', async () => {
    expect(await ask(order())).toEqual(await ask(order()));
    expect(await ask(order(), { seed: 2 })).not.toEqual(await ask(order()));
  });

  test('in a language without sentences of its own is told in English, with the theme', async () => {
    const { blocks } = await ask(order({ language: 'sw', theme: 'Bahari' }));
    expect(blocks[0]?.dialogue).toMatch(/^Bahari: /);
    expect(blocks[1]?.dialogue).toMatch(/\b(the|it|and|you)\b/i);
  });

  test.each([
    ['very long', 'word '.repeat(2000)],
    ['one endless word', 'x'.repeat(10_000)],
    ['marked up', '**"Why" is the [sky](https://example.com) blue?**'],
    ['nothing to say', '🌊🌊 … !'],
    ['with line breaks', 'Why\nis the\r\nsky blue?'],
    ['like an option', '--help'],
  ])('of a theme that is %s can be spoken', async (_, theme) => {
    const { title, blocks } = await ask(order({ theme }));
    expect(title).not.toBe('');
    for (const [i, { dialogue, visual }] of blocks.entries()) {
      expect(dialogue).toMatch(/^[\p{L}\p{N}]/u);
      expect(dialogue).not.toMatch(/["“”*_`#\n[\]]|https?:/);
      expect(speakable(dialogue, 'en', i === 0 ? 8 : 7).ok).toBe(true);
      expect(visual.length).toBeLessThan(1200);
    }
  });

  test('keeps the style notes in what is seen', async () => {
    const { blocks } = await ask(order({ style: 'grainy film' }));
    for (const { visual } of blocks) expect(visual).toContain('grainy film');
  });

  test('is written anew where the last answer had a problem', async () => {
    expect(await ask(order({ problem: 'too long' }))).not.toEqual(await ask(order()));
  });
});

describe('other tasks', () => {
  test('revise writes the blocks that the notes name and keeps the others', async () => {
    const script = await ask(order());
    const { blocks } = await ask(order({ task: 'revise', notes: 'Block 2 is dull.', script: script as never }));
    expect([blocks[0], blocks[2]]).toEqual([script.blocks[0], script.blocks[2]]);
    expect(blocks[1]?.dialogue).not.toBe(script.blocks[1]?.dialogue);
  });

  test('revise without a number writes all blocks anew', async () => {
    const script = await ask(order());
    const { blocks } = await ask(order({ task: 'revise', notes: 'Friendlier.', script: script as never }));
    expect(blocks).toHaveLength(3);
    expect(blocks).not.toEqual(script.blocks);
  });

  test('soften gives other words of the same language that fit, and keeps the continuity', async () => {
    const request = {
      task: 'soften',
      language: 'fr',
      seconds: 7,
      dialogue: 'Il y a du sang.',
      visual: 'Blood.',
      continuity: 'hills',
    };
    const softened = (await ask(request)) as unknown as Script['blocks'][number];
    expect(softened).toMatchObject({ continuity: 'hills' });
    expect(softened.dialogue).not.toContain('sang');
    expect(speakable(softened.dialogue, 'fr', 7).ok).toBe(true);
  });

  test('any other request is answered by its schema', async () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: 3 }, names: { type: 'array', items: { enum: ['a'] } } },
    };
    const { value } = await simulatedLlm().generate({ instructions: '', input: '{"no":"task"', schema });
    expect(value).toEqual({ n: 3, names: ['a'] });
  });
});

describe('misbehaviour', () => {
  const ill = (fault: LanguageFault) => ask(order(), { misbehave: [{ when: ({ task }) => task === 'script', fault }] });

  test('blocks too few or too many', async () => {
    expect((await ill('too-few-blocks')).blocks).toHaveLength(2);
    expect((await ill('too-many-blocks')).blocks).toHaveLength(4);
  });

  test('dialogue that is empty, endless, quoted or marked up', async () => {
    expect((await ill('empty-dialogue')).blocks[0]?.dialogue).toBe('');
    expect(speakable((await ill('long-dialogue')).blocks[0]?.dialogue ?? '', 'en', 8).ok).toBe(false);
    expect((await ill('quotes')).blocks[0]?.dialogue).toMatch(/^“.*”$/);
    const llm = simulatedLlm({ misbehave: [{ when: 1, fault: 'markdown-fences' }] });
    const { text } = await llm.generate({ instructions: '', input: JSON.stringify(order()), schema: SCHEMA });
    expect(text).toMatch(/^```json\n.*\*\*.*\n```$/s);
  });

  test.each([
    ['throttled', { kind: 'throttled', code: 'rate-limited' }],
    ['refused', { kind: 'refused', code: 'prompt-blocked' }],
    ['unavailable', { kind: 'retryable', code: 'vendor-unavailable' }],
    ['invalid-json', { kind: 'retryable', code: 'answer-not-json' }],
  ] as const)('%s', async (fault, expected) => {
    await expect(ill(fault)).rejects.toMatchObject(expected);
  });

  test('comes at the call that the rule names, and the next one is well again', async () => {
    const llm = simulatedLlm({ misbehave: [{ when: 1, fault: 'refused' }] });
    const request = { instructions: '', input: JSON.stringify(order()), schema: SCHEMA };
    await expect(llm.generate(request)).rejects.toMatchObject({ kind: 'refused' });
    await expect(llm.generate(request)).resolves.toBeDefined();
  });
});

test('calls are priced, and kept where there is a folder', async () => {
  const folder = join(await temporaryFolder(), 'vendor');
  const llm = simulatedLlm({ folder });
  const { usage } = await llm.generate({ instructions: 'Write.', input: JSON.stringify(order()), schema: SCHEMA });
  expect(await readJournal(folder)).toMatchObject([{ event: 'generated', number: 1, microUsd: llm.price(usage) }]);
});
