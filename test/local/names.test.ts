import { describe, expect, it } from 'vitest';
import { checkObjectName, checkPrefix } from '../../src/core/object-name.ts';

describe('object names', () => {
  it('may be long, in bytes and not in characters', () => {
    const segment = 'x'.repeat(180);
    expect(checkObjectName(segment)).toBe(segment);
    expect(() => checkObjectName(`${segment}x`)).toThrow(expect.objectContaining({ code: 'bad-object-name' }));
    expect(() => checkObjectName('空'.repeat(61))).toThrow('180 bytes');
    expect(() => checkObjectName(Array.from({ length: 6 }, () => segment).join('/'))).toThrow('1024 bytes');
  });

  it('may not be those of the folder’s own notes, in any case', () => {
    for (const name of ['.reelstate/a', 'film/.reelstate', 'film/.ReelState/a']) {
      expect(() => checkObjectName(name)).toThrow('.reelstate');
    }
  });

  it('as a prefix may end anywhere but outside', () => {
    for (const prefix of ['', 'film/', 'film/takes/1-']) expect(checkPrefix(prefix)).toBe(prefix);
    for (const prefix of ['../', '/', 'film//', 'film/../']) expect(() => checkPrefix(prefix)).toThrow();
  });
});
