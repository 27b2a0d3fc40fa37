import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./src/${path}/index.ts`, import.meta.url));

export default defineConfig({
  resolve: {
    // Examples import the package by its public name; tests run them on the sources.
    alias: [
      { find: /^reelstate$/, replacement: fileURLToPath(new URL('./src/index.ts', import.meta.url)) },
      { find: /^reelstate\/(hosts|admin)$/, replacement: source('$1') },
      { find: /^reelstate\/(.+)$/, replacement: source('adapters/$1') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // By default one core is left idle, which on two is half the machine.
    maxWorkers: '100%',
    // Real ffmpeg runs on two busy cores need more than vitest's 5 s.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
