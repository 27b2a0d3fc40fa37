/** The moments of a take, from its intent on, for tests of what is done then. */
import type { Context } from '../../src/core/context.ts';
import type { Fact } from '../../src/core/facts.ts';
import { intend, launch } from '../../src/core/launch.ts';
import { paths } from '../../src/core/paths.ts';
import { engineOf } from '../../src/core/pipeline.ts';
import type { Ports, VideoVendor } from '../../src/core/ports.ts';
import { blockOf, type Take } from '../../src/core/state.ts';
import { momentOf } from '../../src/core/store-time.ts';
import { studio } from './studio.ts';

export const videoId = 'bees-film';

/** A film of two blocks, its script approved, with the intent of its first take saved. */
export async function intended(
  changes: (ports: Pick<Ports, 'storage'> & { readonly video: VideoVendor }) => Partial<Ports> = () => ({}),
) {
  const base = studio();
  const { films } = base;
  await films.create({ videoId, theme: 'Bees', durationSeconds: 15, approval: true });
  const asked = await films.advance(videoId);
  const scriptHash = (asked.status === 'needs-input' && asked.reason.scriptHash) || '';
  await films.send(videoId, { type: 'approve', scriptHash });
  const engine = engineOf(base.host(changes(base)));
  const { clock } = base;
  const stop = new AbortController();
  const context: Context = {
    ...engine,
    signal: stop.signal,
    claimedAt: momentOf(clock),
    now: () => clock.now(),
    latest: () => clock.now(),
  };
  const stored = await engine.films.load(videoId);
  const [planned] = stored.film.plan;
  if (planned === undefined) throw new Error('no plan');
  const { film } = await engine.films.update(videoId, (present) => intend(present, planned, context));
  const take = blockOf(film, 1).takes[0] as Take;
  const tell = (...facts: readonly Fact[]) => engine.films.update(videoId, () => facts);
  const post = () => launch(film, planned, context);
  const outcome = async () => {
    const mark = await base.storage.text(paths.outcome(videoId, 1, 1));
    return mark && (JSON.parse(mark.text) as { kind: string; code: string; token: string });
  };
  return { ...base, films, engine, context, stop, film, planned, take, tell, post, outcome };
}

export type Intended = Awaited<ReturnType<typeof intended>>;
