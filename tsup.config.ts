import { defineConfig } from 'tsup';

const library = ['src/index.ts', 'src/adapters/*/index.ts', 'src/hosts/index.ts', 'src/admin/index.ts'];

export default defineConfig({
  entry: [...library, 'src/cli/main.ts'],
  outDir: 'dist',
  format: ['esm'],
  platform: 'node',
  target: 'node22',
  dts: { entry: library },
  splitting: true,
  clean: true,
  // There is no bare `sqlite` module: stripping the prefix would break `node:sqlite`.
  removeNodeProtocol: false,
});
