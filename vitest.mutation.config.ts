import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Which of them, by name: `MUTATION_TESTS=watch npm run mutation -- --mutate src/core/watch.ts` takes a tenth of the time. */
const names = process.env.MUTATION_TESTS?.split(',') ?? ['**/*'];

/**
 * The fast tests that judge `src/core` in mutation testing (`npm run mutation`). A mutant that makes a test wait for ever is told by the test's
 * own end, which is sooner than that of its process.
 */
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: names.map((name) => `test/core/${name}.test.ts`),
    isolate: false,
    testTimeout: 6_000,
    hookTimeout: 6_000,
  },
});
