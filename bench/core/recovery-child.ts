/** A worker that dies: `node recovery-child.ts FOLDER begin|resume`. Each step's effect is a line in a file and 20 ms. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sqlite } from '../../src/adapters/local/index.ts';
import { fakeLlm, fakeVideo, memoryStorage } from '../../src/adapters/memory/index.ts';
import { defineStep } from '../../src/core/define-step.ts';
import { createPipeline } from '../../src/core/pipeline.ts';
import { systemClock } from '../../src/system-clock.ts';

const [folder = '', mode = ''] = process.argv.slice(2);
const FILMS = 100;
const STEPS = 6;
const AT_ONCE = 50;

const films = createPipeline({
  storage: memoryStorage(),
  state: sqlite(join(folder, 'state.db')),
  llm: fakeLlm(),
  video: fakeVideo(),
  clock: systemClock(),
  steps: Array.from({ length: STEPS }, (_, index) =>
    defineStep({
      name: `step-${index + 1}`,
      after: index === 0 ? [] : [`step-${index}`],
      role: 'script',
      input: () => 'once',
      perform: async ({ film }) => {
        appendFileSync(join(folder, 'effects.log'), `${mode} ${film.videoId} ${index}\n`);
        await sleep(20);
        return { n: index };
      },
    }),
  ),
});

if (mode === 'begin') {
  await Promise.all(
    Array.from({ length: FILMS }, () => films.create({ theme: 'nothing', durationSeconds: 8, captions: false })),
  );
}
await films.tick({ limit: AT_ONCE, budgetMs: 60_000 });
