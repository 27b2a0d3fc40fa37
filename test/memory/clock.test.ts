import { describe, expect, it } from 'vitest';
import { manualClock } from '../../src/adapters/memory/index.ts';

describe('manualClock', () => {
  it('wakes sleepers in the order of their times, each at its own time', async () => {
    const clock = manualClock({ now: 0 });
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.now()}`);
    };
    void sleeper('late', 30);
    void sleeper('early', 10);
    await clock.advance(20);
    expect(woken).toEqual(['early at 10']);
    expect(clock.now()).toBe(20);
    expect(await clock.advanceToNext()).toBe(true);
    expect(woken).toEqual(['early at 10', 'late at 30']);
    expect(await clock.advanceToNext()).toBe(false);
  });

  it('lets a woken sleeper sleep again within the same advance', async () => {
    const clock = manualClock({ now: 0 });
    const ticks: number[] = [];
    void (async () => {
      for (let tick = 0; tick < 3; tick++) {
        await clock.sleep(10);
        ticks.push(clock.now());
      }
    })();
    await clock.advance(100);
    expect(ticks).toEqual([10, 20, 30]);
    expect(clock.sleepers).toBe(0);
  });

  it('moves the wall clock of a suspended host and not its monotonic clock', async () => {
    const clock = manualClock({ now: 0 });
    const host = clock.host({ skewMs: 5000 });
    await host.suspend(60_000);
    expect([host.now(), host.monotonic()]).toEqual([65_000, 0]);
    expect([clock.now(), clock.monotonic()]).toEqual([60_000, 60_000]);
    host.skew(-5000);
    expect(host.now()).toBe(60_000);
  });

  it('gives the same chance and ids for the same seed', () => {
    const draw = (seed: number) => {
      const clock = manualClock({ seed });
      return [clock.random(), clock.uuid(), clock.random()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('forgets a sleeper whose signal aborts', async () => {
    const clock = manualClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(100, controller.signal);
    controller.abort(new Error('left'));
    await expect(sleeping).rejects.toThrow('left');
    expect(clock.sleepers).toBe(0);
  });
});
