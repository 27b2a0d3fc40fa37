import { describe, expect, test } from 'vitest';
import { gemini, modelNotice, textModels, veo, videoModels } from '../../src/adapters/google-genai/index.ts';
import { priceOn, textModel } from '../../src/adapters/google-genai/text-models.ts';
import { caught } from './helpers.ts';

describe('the registry of video models', () => {
  test.for([
    ['veo-3.1-fast-generate-001', { '720p': 100_000, '1080p': 120_000, '4k': 300_000 }],
    ['veo-3.1-generate-001', { '720p': 400_000, '1080p': 400_000, '4k': 600_000 }],
    ['veo-3.1-lite-generate-001', { '720p': 50_000, '1080p': 80_000 }],
  ] as const)('%s has its prices and the limits of Vertex AI', ([id, pricePerSecond]) => {
    const { model } = veo(id);
    expect(model).toMatchObject({ id, pricePerSecond, failedTakeCharge: 'not-charged' });
    expect(model.limits).toMatchObject({
      startSeconds: [4, 6, 8],
      extendSeconds: 7,
      maxInputSeconds: 30,
      maxChainSeconds: 37,
      maxPromptTokens: 1024,
    });
  });

  test('every entry is dated and offers no resolution without a price', () => {
    for (const { asOf, limits, pricePerSecond } of videoModels) {
      expect(asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
      for (const resolution of limits.resolutions) expect(pricePerSecond[resolution]).toBeGreaterThan(0);
    }
  });

  test('an unknown id wants its facts', () => {
    const error = caught(() => veo('veo-9'));
    expect(error).toMatchObject({ kind: 'permanent', code: 'model-unknown' });
    expect(error.cure).toContain('pricePerSecond');
    const { limits, timing } = veo().model;
    const { model } = veo('veo-9', { model: { limits, timing, pricePerSecond: { '720p': 1 }, asOf: '2026-11-01' } });
    expect(model).toMatchObject({ id: 'veo-9', pricePerSecond: { '720p': 1 } });
  });

  test("the host's own price wins", () => {
    expect(veo(undefined, { model: { pricePerSecond: { '720p': 150_000 } } }).model.pricePerSecond).toEqual({
      '720p': 150_000,
    });
  });
});

describe('the registry of text models', () => {
  test('the default is the named successor of gemini-2.5-pro, which stays usable', () => {
    expect(gemini().id).toBe('gemini-3.8-flash');
    expect(textModels.find((model) => model.id === 'gemini-2.5-pro')?.successor).toBe(gemini().id);
    expect(gemini('gemini-2.5-pro').price({ input: 1_000_000, output: 1_000_000 })).toBe(11_250_000);
  });

  test('a price that ends on a day is the other one from then on', () => {
    const model = textModel('gemini-3.8-flash');
    expect(priceOn(model, '2026-12-31')).toMatchObject({ inputUsd: 0.75, outputUsd: 3.75 });
    expect(priceOn(model, '2027-01-01')).toMatchObject({ inputUsd: 1.5, outputUsd: 7.5 });
  });

  test('an unknown id wants its price', () => {
    expect(caught(() => gemini('gemini-9'))).toMatchObject({ code: 'model-unknown', kind: 'permanent' });
    const model = { prices: [{ from: '2026-01-01', inputUsd: 2, outputUsd: 4 }], asOf: '2026-11-01' };
    expect(gemini('gemini-9', { model }).price({ input: 10, output: 10 })).toBe(60);
  });
});

describe('what doctor says', () => {
  test.for([
    ['veo-3.1-fast-generate-001', '2026-11-16', 'retiring'],
    ['veo-3.1-fast-generate-001', '2026-11-17', 'may-be-retired'],
    ['gemini-2.5-pro', '2026-11-23', 'may-be-retired'],
    ['gemini-3.8-flash', '2026-11-23', 'current'],
    ['gemini-9', '2026-11-23', 'unknown'],
  ] as const)('%s on %s is %s', ([id, day, status]) => {
    const notice = modelNotice(id, day);
    expect(notice.status).toBe(status);
    expect(notice.message).toContain(id);
    if (status === 'may-be-retired') expect(notice.message).toContain(String(notice.successor));
  });
});
