/** Whoever runs the hosts: rebuilds films after an accident with the database, and stops all launches while something is wrong. */
import { ReelstateError } from '../../../core/errors.ts';
import { KILL_SWITCH } from '../../../core/ledger.ts';
import type { Pipeline } from '../../../core/pipeline.ts';
import type { Clock, StateStore } from '../../../core/ports.ts';
import type { FilmState } from '../../../core/state.ts';
import type { Scenario } from './scenario.ts';
import type { Host } from './stage.ts';
import type { World } from './world.ts';

const RETRY_MS = 3_000;
const LOOK_AGAIN_MS = 300_000;

/** Until it is answered; what is refused for good is the caller's. */
async function insist(clock: Clock, act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (ReelstateError.is(error) && error.kind === 'permanent') throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}

const unless =
  (...codes: readonly string[]) =>
  (error: unknown): void => {
    if (!ReelstateError.is(error) || !codes.includes(error.code)) throw error;
  };

/** As `killSwitch` of `reelstate/admin` does it. */
async function switchLaunches({ counters }: StateStore, off: boolean): Promise<void> {
  const [present = 0] = await counters.read([KILL_SWITCH]);
  const wanted = off ? 1 : 0;
  if (present !== wanted) await counters.change([{ key: KILL_SWITCH, add: wanted - present }]);
}

export interface Rebuilder {
  live(host: Host): Promise<void>;
}

/** Rebuilds every film and lets it go on; begins again from the first one when the program dies. */
export function createRebuilder(
  films: readonly string[],
  rebuild: (pipeline: Pipeline, videoId: string) => Promise<unknown>,
  { hostsRun, done }: { readonly hostsRun: boolean; readonly done: () => void },
): Rebuilder {
  let isDone = false;

  async function rebuildOne({ process, pipeline }: Host, videoId: string): Promise<void> {
    // A film that was never fully ordered is ordered again by whoever wanted it.
    await insist(process.clock, () => rebuild(pipeline, videoId)).catch(unless('film-not-found'));
    await insist(process.clock, () => pipeline.send(videoId, { type: 'resume' })).catch(
      unless('film-not-found', 'command-not-applicable'),
    );
  }

  /** A host that goes on with the older database meanwhile may say once more that it is one. */
  async function asksAgain({ process, pipeline }: Host, videoId: string): Promise<boolean> {
    let asks = false;
    const look = async (): Promise<void> => {
      const film = await pipeline.get(videoId);
      asks = film.status === 'needs-input' && film.reason.code === 'rebuild';
    };
    await insist(process.clock, look).catch(unless('film-not-found'));
    return asks;
  }

  return {
    live: async (host) => {
      if (isDone) return;
      for (const videoId of films) await rebuildOne(host, videoId);
      if (hostsRun) await host.process.clock.sleep(LOOK_AGAIN_MS);
      for (const videoId of hostsRun ? films : []) if (await asksAgain(host, videoId)) await rebuildOne(host, videoId);
      isDone = true;
      done();
    },
  };
}

export interface Switchman {
  live(host: Host): Promise<void>;
  notice(film: FilmState): void;
  isDone(): boolean;
}

/** Stops all launches at the scenario's moment, and allows them again when its time has passed. */
export function createSwitchman(world: World, { when, forMs }: NonNullable<Scenario['killSwitch']>): Switchman {
  let phase: 'waits' | 'stops' | 'holds' | 'done' = 'waits';
  let until = 0;
  let wake: (() => void) | undefined;
  return {
    isDone: () => phase === 'done',
    notice: (film) => {
      if (phase !== 'waits' || !when(film)) return;
      phase = 'stops';
      wake?.();
    },
    live: async ({ process, ports }) => {
      if (phase === 'waits') {
        await new Promise<void>((resolve) => {
          wake = () => void world.after(500, () => process.deliver(resolve));
        });
      }
      if (phase === 'stops') {
        await insist(process.clock, () => switchLaunches(ports.state, true));
        phase = 'holds';
        until = world.elapsed + forMs;
      }
      if (phase === 'holds') {
        await process.clock.sleep(until - world.elapsed);
        await insist(process.clock, () => switchLaunches(ports.state, false));
        phase = 'done';
      }
    },
  };
}
