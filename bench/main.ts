/** `npm run bench -- NAME`: each prints what it measured and, as its last line, one JSON object. */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  assembly: async () => (await import('./assembly.ts')).assemblyBench(),
  core: async () => (await import('./core.ts')).coreBench(),
  captions: async () => (await import('./captions.ts')).captionsBench(),
  simulation: async () => (await import('./simulation.ts')).simulationBench(),
};

const name = process.argv[2] ?? '';
const bench = benches[name];
if (bench === undefined) {
  console.error(`There is no bench "${name}". Take one of ${Object.keys(benches).join(', ')}.`);
  process.exitCode = 1;
} else await bench();
