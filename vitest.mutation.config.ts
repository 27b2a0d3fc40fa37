import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The fast tests that judge `src/core` in mutation testing (`npm run mutation`). */
export default defineConfig({ ...base, test: { ...base.test, include: ['test/core/**/*.test.ts'] } });
