/** How the workers of a simulated world go about their films. */
import type { SimulateOptions } from './options.ts';
import type { Host, Stage } from './stage.ts';

/** A process that keeps its films going by itself. */
async function advanceLoop({ process, pipeline }: Host, films: readonly string[]): Promise<void> {
  const { clock } = process;
  for (;;) {
    let wait = 60_000;
    for (const videoId of films) {
      try {
        const film = await pipeline.advance(videoId);
        wait = Math.min(wait, film.status === 'waiting' ? Math.max(1000, film.wakeAt - clock.now()) : 30_000);
      } catch {
        // The database was away, or the film is not there yet: look again.
        wait = Math.min(wait, 5000);
      }
    }
    await clock.sleep(wait);
  }
}

const TICK_LIMIT = 8;
/** What a host leaves a tick of its minute. */
const TICK_BUDGET_MS = 50_000;

/** A function that a scheduler calls once a minute: for one round, or for as long as its budget lasts. */
async function tickLoop({ process, pipeline }: Host, { world, auditor }: Stage, budgetMs: number): Promise<void> {
  for (;;) {
    const { elapsed } = world;
    const stood = process.stoodMs();
    await pipeline.tick({ limit: TICK_LIMIT, budgetMs }).catch(() => undefined);
    const tookMs = world.elapsed - elapsed - (process.stoodMs() - stood);
    auditor.ticked?.({ by: process.name, limit: TICK_LIMIT, budgetMs, tookMs });
    await process.clock.sleep(Math.max(10_000, 60_000 - tookMs));
  }
}

export function startWorkers(stage: Stage, films: readonly string[], { workers = 1, hosting }: SimulateOptions): void {
  for (let index = 1; index <= workers; index += 1) {
    const ticks = hosting === 'tick' || (hosting === 'mixed' && index % 2 === 0);
    const budgetMs = index % 3 === 1 ? 0 : TICK_BUDGET_MS;
    stage.start(`worker-${index}`, (host) => (ticks ? tickLoop(host, stage, budgetMs) : advanceLoop(host, films)));
  }
}

/** Tells the workers of new objects, as storage notifications do. */
export function announceObjects(stage: Stage, { events = 'none' }: SimulateOptions): void {
  if (events === 'none') return;
  const { world, chance } = stage;
  stage.onWritten(({ object }) => {
    const times = events === 'once' ? 1 : Math.floor(chance() * 3);
    for (let time = 0; time < times; time += 1) {
      world.after(events === 'once' ? 100 : chance() * 300_000, () => {
        const hosts = stage.hosts().filter(({ process }) => process.name.startsWith('worker'));
        const host = hosts[Math.floor(chance() * hosts.length)];
        const videoId = object.name.split('/')[0] ?? '';
        host?.pipeline.advance(videoId, { hint: { object: object.name } }).catch(() => undefined);
      });
    }
  });
}

/** Corrections of wall clocks, now and then, until things calm down. */
export function moveClocks(stage: Stage, { skewMs = 0 }: SimulateOptions, untilMs: number): void {
  const { world, chance } = stage;
  const move = (): void => {
    if (skewMs === 0 || world.elapsed > untilMs) return;
    const hosts = stage.hosts();
    hosts[Math.floor(chance() * hosts.length)]?.process.skew(Math.round((2 * chance() - 1) * skewMs));
    world.after(chance() * 120_000, move);
  };
  if (skewMs > 0) world.after(chance() * 60_000, move);
}
