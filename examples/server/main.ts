/**
 * One long-lived server with everything in one process: simulated vendors, local files, SQLite. It needs no key:
 * `npm run example -- examples/server/main.ts`, then
 * `curl -X POST localhost:8787/videos -H 'x-user: ada' -d '{"theme":"Bees","durationSeconds":15}'` and
 * `curl -N localhost:8787/videos/ID/events -H 'x-user: ada'`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '@hono/node-server';
import { createPipeline } from 'reelstate';
import { ffmpeg } from 'reelstate/ffmpeg';
import { jsonLogger, logEvents } from 'reelstate/hosts';
import { folder, sqlite } from 'reelstate/local';
import { simulated } from 'reelstate/simulated';
import { createApp } from './app.ts';

const { OUT: out = 'films', PORT: port = '8787', SPEED_UP: speedUp = '30', SIZE: size } = process.env;
const [width = 0, height = 0] = (size ?? '').split('x').map(Number);
const logger = jsonLogger();
const state = sqlite(`${out}/.reelstate-data/films.db`);

const films = createPipeline({
  storage: folder(out),
  state: logEvents(state, logger),
  ...simulated({
    folder: `${out}/.reelstate-data/simulated`,
    speedUp: Number(speedUp),
    ...(width > 0 && height > 0 ? { size: { width, height } } : {}),
  }),
  media: ffmpeg(),
  logger,
});

const app = createApp(films, (request) => request.headers.get('x-user') ?? undefined);
const server = serve({ fetch: app.fetch, port: Number(port), hostname: '127.0.0.1' }, (info) =>
  logger.info('listening', { port: info.port }),
);

// The tick of this process: whatever is due, of all films, until the process is told to go.
const stop = new AbortController();
const ticking = (async () => {
  while (!stop.signal.aborted) {
    await films.tick({ budgetMs: 30_000, signal: stop.signal });
    await sleep(100, undefined, { signal: stop.signal }).catch(() => undefined);
  }
})();

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close();
    stop.abort();
    // What was bought is written down before the process ends.
    await ticking;
    await state.close?.();
    process.exit(0);
  });
}
