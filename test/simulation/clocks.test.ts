import { expect, test } from 'vitest';
import { explain, type FaultKind, scenarios, simulate } from '../../src/adapters/testing/simulate/index.ts';

// Found by this test: a clock corrected by 20 minutes between a read and a launch made the launch look 20 minutes older, and it was bought again.
test.each([
  ['a corrected clock', ['clock-back', 'clock-forward'], 'error-after'],
  ['a machine that stands still', ['freeze-after', 'suspend-after'], 'error-after'],
  ['an answer that comes late', ['slow'], 'crash-late'],
] as const)(
  '%s at any call and a launch whose answer is lost: nothing is bought twice',
  { timeout: 120_000 },
  async (_, kinds, second) => {
    const known = scenarios.find(({ name }) => name === 'one-block');
    if (known === undefined) throw new Error('no scenario one-block');
    const options = {
      scenario: { ...known, latencyMs: [200_000, 210_000] as const },
      workers: 2,
      events: 'once' as const,
    };
    const base = await simulate(options);
    const broken: string[] = [];
    for (const { number, process } of base.calls) {
      if (process === 'judge') break;
      for (const kind of kinds) {
        const first = { call: number, kind: kind as FaultKind, ms: 400_000 };
        const once = await simulate({ ...options, faults: [first] });
        const launch = once.calls.find((call) => call.method === 'video.launch' && call.number > number);
        const faults = launch ? [first, { call: launch.number, kind: second }] : [first];
        const run = await simulate({ ...options, faults });
        if (run.violations.length > 0 || run.paid > 1) broken.push(explain(run));
      }
    }
    expect(broken.slice(0, 2).join('\n\n')).toBe('');
  },
);
