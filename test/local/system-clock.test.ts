import { describe, expect, it } from 'vitest';
import { clockContract } from '../../src/adapters/testing/index.ts';
import { systemClock } from '../../src/system-clock.ts';

describe('systemClock keeps its contract', () => {
  for (const { name, run } of clockContract(() => ({ clock: systemClock() }))) it(name, run);

  it('sleeps longer than a timer can', async () => {
    const controller = new AbortController();
    const sleeping = systemClock().sleep(2 ** 31 + 1000, controller.signal);
    const first = await Promise.race([
      sleeping.then(() => 'woke'),
      systemClock()
        .sleep(5)
        .then(() => 'sleeps'),
    ]);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect(first).toBe('sleeps');
  });
});
