import { defineConfig } from 'tsup';

// The declarations' bundler takes no patterns.
const adapters = ['memory', 'testing', 'local', 'simulated', 'ffmpeg', 'google-cloud', 'google-genai', 'openai'];
const library = ['index', 'hosts/index', 'admin/index', ...adapters.map((name) => `adapters/${name}/index`)].map(
  (name) => `src/${name}.ts`,
);

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
