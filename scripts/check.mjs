// Everything that is checked without running the tests, in one command; all steps run, so that one look shows all that is wrong.
// `npm run check -- lint types` runs a part.
import { spawnSync } from 'node:child_process';

const steps = {
  lint: 'biome check --error-on-warnings .',
  types: 'tsc --noEmit',
  unused: 'knip --no-config-hints',
  build: 'tsup --silent',
  publint: 'publint --strict',
  attw: 'attw --pack . --profile esm-only --format table-flipped',
  pack: 'node scripts/pack-smoke.mjs',
  docs: 'typedoc',
  snippets: 'vitest run test/docs-snippets.test.ts test/architecture.test.ts',
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in steps));
if (unknown.length > 0) throw new Error(`No such step: ${unknown.join(', ')}. Steps: ${Object.keys(steps).join(', ')}`);

const failed = [];
const names = wanted.length > 0 ? wanted : Object.keys(steps);
for (const name of names) {
  const start = Date.now();
  console.log(`\n== ${name}: ${steps[name]}`);
  // Run by npm, node_modules/.bin is on PATH.
  const { status } = spawnSync(steps[name], { shell: true, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) failed.push(name);
  console.log(`== ${name} ${status === 0 ? 'ok' : 'FAILED'} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}
console.log(
  `\ncheck: ${names.length - failed.length} ok, ${failed.length} not${failed.length > 0 ? `: ${failed.join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
