import { describe } from 'vitest';

/**
 * Cases against the vendors themselves. They run with REELSTATE_LIVE=1 and the variables that they name, because a key that lies in the
 * environment for something else is no permission to spend; otherwise they are skipped and say why.
 */
export function live(name: string, needs: readonly string[], cases: () => void): void {
  const missing = ['REELSTATE_LIVE', ...needs].filter((variable) => !process.env[variable]);
  if (missing.length > 0) console.warn(`${name}: skipped, not set: ${missing.join(', ')}`);
  describe.skipIf(missing.length > 0)(`${name}, live`, cases);
}
