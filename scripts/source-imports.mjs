// `node --import ./scripts/source-imports.mjs examples/x.ts`: examples say `reelstate/memory` as a user would, and run on src/
// without a build.
import { registerHooks } from 'node:module';

const src = new URL('../src/', import.meta.url);

registerHooks({
  resolve(specifier, context, next) {
    const entry = /^reelstate(?:\/([\w-]+))?$/.exec(specifier);
    return next(entry ? new URL(sourceOf(entry[1]), src).href : specifier, context);
  },
});

function sourceOf(name) {
  if (name === undefined) return 'index.ts';
  return name === 'hosts' || name === 'admin' ? `${name}/index.ts` : `adapters/${name}/index.ts`;
}
